"""What staff see and press around a purchase order's papers: files, confirmations, discrepancies, costs and scores."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from config.kernel import pdf
from config.kernel.exporting import MARK
from config.kernel.roles import Role
from inventory.models import GoodsReceipt, PurchaseOrder, ReceiptDiscrepancy, Supplier, SupplierConfirmation, Variant
from inventory.operations import costing, receiving
from inventory.operations.costing import Extra
from inventory.words import purchase_papers
from tests.inventory.admin.pages import address, level, press, someone, told

pytestmark = pytest.mark.django_db


def text(answer: object) -> str:
    content: bytes = answer.content  # type: ignore[attr-defined]
    return content.decode()


def seen(order: PurchaseOrder) -> str:
    order.refresh_from_db()
    return f"{order.state}:{order.timeline.count()}"


@pytest.mark.skipif(not pdf.is_there(), reason="documents need the package reportlab")
class TestTheDocument:
    @pytest.mark.parametrize("language", ["ko", "en"])
    def test_it_is_a_pdf_in_either_language_and_the_same_whenever_it_is_made(
        self, owner: Client, sent: PurchaseOrder, language: str
    ) -> None:
        file = owner.get(address(PurchaseOrder, f"paper_{language}", sent.pk))

        assert (file.status_code, file["Content-Type"], file.content[:5]) == (200, "application/pdf", b"%PDF-")
        assert file["Content-Disposition"] == f'attachment; filename="{sent.number}-{language}.pdf"'
        assert file.content == purchase_papers.paper(sent, language)

    @pytest.mark.parametrize(
        ("language", "words"), [("ko", ["발주서", "다원 도예", "합계"]), ("en", ["Purchase order", "Total"])]
    )
    def test_it_can_be_searched(self, sent: PurchaseOrder, language: str, words: list[str]) -> None:
        pypdf = pytest.importorskip("pypdf", reason="reading a PDF file needs the package pypdf, of the group prove")
        from io import BytesIO

        read = "\n".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(purchase_papers.paper(sent, language))).pages)

        assert [word for word in [*words, sent.number, "CUP-WHITE", "27,000"] if word not in read] == []

    def test_whoever_does_not_see_costs_gets_neither_document_nor_table(self, sent: PurchaseOrder) -> None:
        keeper = someone(Role.WAREHOUSE)

        for page in ("paper_ko", "lines"):
            assert keeper.get(address(PurchaseOrder, page, sent.pk)).status_code == 403
        assert "paper-ko" not in text(keeper.get(address(PurchaseOrder, "change", sent.pk)))


def test_the_table_of_lines_runs_no_formula(owner: Client, sent: PurchaseOrder, cup: Variant) -> None:
    cup.product.name = "=HYPERLINK(1)"
    cup.product.save()

    answer = owner.get(address(PurchaseOrder, "lines", sent.pk))

    table = b"".join(answer).decode()  # type: ignore[call-overload]
    assert table.startswith(MARK)
    assert "CUP-WHITE,,'=HYPERLINK(1) · 흰색,6,4500,KRW" in table


def test_staff_enter_what_the_supplier_said(sent: PurchaseOrder) -> None:
    buyer, line = someone(Role.BUYER), sent.lines.get()

    press(buyer, sent, "confirm", seen=seen(sent), note="전화", **{f"units-{line.pk}": 4, f"day-{line.pk}": "2026-12-01"})

    made = SupplierConfirmation.objects.get()
    assert (made.source, str(made.actor)) == ("STAFF", "one-buyer")
    page = text(buyer.get(address(PurchaseOrder, "change", sent.pk)))
    assert "CUP-WHITE × 4 (2026-12-01)" in page
    assert "주문보다 2개 적음" in page


def test_a_delivery_with_damage_is_received_and_settled(sent: PurchaseOrder, cup: Variant) -> None:
    keeper, buyer, line = someone(Role.WAREHOUSE), someone(Role.BUYER), sent.lines.get()
    values = {"delivery_note": "DN-1", f"line-{line.pk}": 3, f"damaged-{line.pk}": 2, "outcome": "RETURN", "gap_reason": ""}

    asked = press(keeper, sent, "receive_with_gaps", seen=seen(sent), **values)
    assert "무엇이 잘못되었는지" in text(asked)
    press(keeper, sent, "receive_with_gaps", seen=seen(sent), **values | {"gap_reason": "깨짐"})

    assert level(cup).on_hand == 13
    gap = ReceiptDiscrepancy.objects.get()
    assert (gap.kind, gap.quantity, gap.reason) == ("DAMAGED", 2, "깨짐")
    press(buyer, gap, "settle", seen="", settlement="교환 받음")
    gap.refresh_from_db()
    assert gap.settlement == "교환 받음"
    assert "처리 완료" in text(keeper.get(address(ReceiptDiscrepancy)))


def test_a_surplus_within_the_tolerance_is_not_asked_about(sent: PurchaseOrder, cup: Variant) -> None:
    Supplier.objects.update(over_tolerance=20)
    line = sent.lines.get()

    press(someone(Role.WAREHOUSE), sent, "receive", seen=seen(sent), delivery_note="DN-1", **{f"line-{line.pk}": 7})

    assert level(cup).on_hand == 17


def test_freight_raises_the_cost_that_buyers_see_and_the_warehouse_does_not(
    sent: PurchaseOrder, cup: Variant, at: datetime
) -> None:
    receipt = receiving.receive_goods(number=sent.number, delivery_note="DN-1", quantities={cup.sku: 6}, actor=None, at=at)
    buyer, keeper = someone(Role.BUYER), someone(Role.WAREHOUSE)

    answer = press(buyer, receipt, "add_cost", seen="0", kind="FREIGHT", amount="3200", basis="VALUE", reference="INV-1")

    assert "₩3,200" in told(answer)
    assert "₩3,200" in text(buyer.get(address(GoodsReceipt, "change", receipt.pk)))
    assert "3,200" not in text(keeper.get(address(GoodsReceipt, "change", receipt.pk)))
    page = text(buyer.get(address(Variant, "change", cup.pk)))
    assert "평균 원가와 마진" in page
    assert "평균 원가와 마진" not in text(keeper.get(address(Variant, "change", cup.pk)))


def test_without_a_mail_server_the_button_says_what_to_do(owner: Client, sent: PurchaseOrder, settings: object) -> None:
    settings.MAIL_IS_ON = False  # type: ignore[attr-defined]

    assert "직접 보내세요" in text(press(owner, sent, "mail", seen=seen(sent)))


def test_scores_lead_to_the_deliveries_behind_them(
    owner: Client, sent: PurchaseOrder, cup: Variant, supplier: Supplier, at: datetime
) -> None:
    receipt = receiving.receive_goods(
        number=sent.number, delivery_note="DN-1", quantities={cup.sku: 6}, actor=None, at=at + timedelta(minutes=1)
    )
    costing.add_cost(receipt=receipt.number, extra=Extra("DUTY", Decimal(10), "QUANTITY", "1"), actor=None, at=at)

    scores = text(owner.get(reverse("admin:inventory_supplier_scores")))
    page = text(owner.get(address(Supplier, "change", supplier.pk)))

    assert "다원 도예" in scores
    assert all(word in page for word in (sent.number, receipt.number, "6 / 6"))
