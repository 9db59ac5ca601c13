"""The pages of categories and SKUs: how deep, at which price, and why it changed."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from config.kernel.roles import Role
from inventory import promises
from inventory.admin.catalog import PricedForm
from inventory.models import (
    Category,
    PriceChange,
    Product,
    Variant,
)
from inventory.operations import catalog
from tests.builders import (
    a_category,
    a_product,
)
from tests.inventory.admin.pages import address, press, someone

pytestmark = pytest.mark.django_db


class TestCategories:
    def test_a_fourth_level_is_refused_on_the_form(self, owner: Client) -> None:
        third = a_category("3", parent=a_category("2", parent=a_category("1")))

        page = owner.post(address(Category, "add"), {"name": "4", "code": "four", "parent": third.pk})

        assert page.status_code == 200
        assert list(page.context["adminform"].form.errors) == ["parent"]
        assert not Category.objects.filter(code="four").exists()

    def test_a_category_with_children_is_not_moved_below_the_third_level_nor_below_itself(self, owner: Client) -> None:
        top = a_category("1")
        second = a_category("2", parent=top)
        moved = a_category("a")
        child = a_category("b", parent=moved)

        for row, parent in [(moved, second), (moved, child)]:
            page = owner.post(address(Category, "change", row.pk), {"name": row.name, "code": row.code, "parent": parent.pk})
            assert list(page.context["adminform"].form.errors) == ["parent"]

    def test_a_category_is_saved(self, owner: Client) -> None:
        top = a_category("1")

        owner.post(address(Category, "add"), {"name": "찻잔", "code": "cups", "parent": top.pk})

        assert Category.objects.get(code="cups").parent == top


class TestPrices:
    def test_the_price_changes_by_its_button_and_leaves_a_trace(self, owner: Client, cup: Variant) -> None:
        page = owner.get(address(Variant, "change", cup.pk))
        seen = page.context["operation_buttons"][0]["seen"]

        answer = press(owner, cup, "change_price", amount="15000", reason="원가 인상", seen=seen)

        assert answer.status_code == 200
        cup.refresh_from_db()
        change = PriceChange.objects.get(variant=cup)
        assert (cup.list_price, change.before, change.reason) == (15_000, 12_000, "원가 인상")
        assert change.actor is not None

    @pytest.mark.parametrize("amount", ["-1", "abc", "1.5", "NaN", ""])
    def test_an_amount_that_is_none_is_refused_on_the_form(self, owner: Client, cup: Variant, amount: str) -> None:
        answer = press(owner, cup, "change_price", amount=amount, reason="인상", seen="12000.0000:5000.0000")

        assert list(answer.context["form"].errors) == ["amount"]
        assert not PriceChange.objects.exists()

    def test_the_form_of_the_sku_cannot_change_its_price(self, owner: Client, cup: Variant) -> None:
        values = {"product": cup.product_id, "sku": cup.sku, "name": "백색", "list_price": "1", "cost": "1", "is_active": "on"}

        owner.post(address(Variant, "change", cup.pk), values)

        cup.refresh_from_db()
        assert (cup.name, cup.list_price, cup.cost) == ("백색", 12_000, 5_000)

    @pytest.mark.parametrize("page", ["sku", "product"])
    def test_a_cost_that_comes_while_the_form_of_a_sku_is_saved_stays(
        self, owner: Client, cup: Variant, at: datetime, monkeypatch: pytest.MonkeyPatch, page: str
    ) -> None:
        def received_meanwhile(form: Any) -> None:
            if Variant.objects.get(pk=cup.pk).cost == 5_000:
                catalog.change_cost(variant_id=cup.pk, cost=Decimal(4_800), reason="GR-1", actor=None, at=at)

        monkeypatch.setattr(PricedForm, "clean", received_meanwhile)
        if page == "sku":
            owner.post(address(Variant, "change", cup.pk), {"product": cup.product_id, "sku": cup.sku, "name": "백색"})
        else:
            product = cup.product
            owner.post(address(Product, "change", product.pk), {
                "name": product.name, "category": product.category_id, "tax_class": product.tax_class, "is_active": "on",
                "variants-TOTAL_FORMS": 1, "variants-INITIAL_FORMS": 1, "variants-0-id": cup.pk,
                "variants-0-product": product.pk, "variants-0-sku": cup.sku, "variants-0-name": "백색",
            })  # fmt: skip

        cup.refresh_from_db()
        assert (cup.name, cup.is_active, cup.cost) == ("백색", False, 4_800)
        assert not list(promises.every_change_of_a_price_has_its_row(at))

    def test_a_new_sku_gets_its_price_on_the_form(self, owner: Client) -> None:
        product = a_product()
        values = {"product": product.pk, "sku": "NEW-1", "name": "", "list_price": "9900", "cost": "0", "is_active": "on"}

        owner.post(address(Variant, "add"), values)

        assert Variant.objects.get(sku="NEW-1").list_price == 9_900


def test_who_may_not_change_prices_reads_them_as_money(cup: Variant) -> None:
    buyer = someone(Role.BUYER)
    for row in (cup, cup.product):
        page = buyer.get(address(type(row), "change", row.pk)).content.decode()
        assert f"₩{cup.list_price:,.0f}" in page
        assert ".0000" not in page
