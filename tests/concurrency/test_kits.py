"""A SKU becomes a kit, lies on a shelf, is ordered or lies in a kit: one of these, never two, whoever comes at once."""

import time
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from config.kernel.errors import DomainError
from inventory.models import KitPart, PurchaseOrderLine, StockLevel, Variant
from inventory.operations import kits, purchasing, stock
from inventory.operations.purchasing import Wanted
from tests.builders import a_stocked_variant, a_supplier, a_variant, a_warehouse
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(at: datetime) -> tuple[bool, bool, list[str]]:
    """Whether the SKU has parts, whether it has a stock level, and who was refused."""
    part, store, sku = a_stocked_variant(5), a_warehouse(), a_variant()
    make = partial(kits.set_parts, variant_id=sku.pk, parts={part.sku: 2}, actor=None, at=at)
    find = partial(stock.adjust, variant_id=sku.pk, warehouse_id=store.pk, quantity=3, reason="found", actor=None, at=at)

    def tried(number: int) -> str:
        if number:
            time.sleep(0.1)
        try:
            (find if number else make)()
        except DomainError as refused:
            return refused.code
        return "done"

    answers = together(2, tried)
    return KitPart.objects.filter(kit=sku).exists(), StockLevel.objects.filter(variant=sku).exists(), sorted(answers)


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The moment between seeing that nothing lies there and making the kit, held open."""
    look = kits._require_no_stock

    def look_slowly(kit: Variant) -> Any:
        look(kit)
        time.sleep(0.5)

    monkeypatch.setattr(kits, "_require_no_stock", look_slowly)


@pytest.mark.usefixtures("slowly")
def test_a_kit_and_a_first_level_exclude_each_other(at: datetime) -> None:
    assert at_once(at) == (True, False, ["done", "lies_as_parts"])


@pytest.mark.usefixtures("slowly")
@pytest.mark.breaks_promises("a kit that lies on a shelf, on purpose")
def test_control_without_the_lock_it_is_both(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kits, "_locked", lambda pk, parts: Variant.objects.select_related("product").get(pk=pk))
    assert at_once(at) == (True, True, ["done", "done"])


def two_kits_at_once(at: datetime) -> tuple[int, list[str]]:
    """How many kits lie in kits when one SKU becomes a kit of another that becomes a kit itself, and who was refused."""
    bowl, cup, plate = a_variant(), a_variant(), a_variant()

    def tried(number: int) -> str:
        kit, part = (bowl, cup) if number else (cup, plate)
        try:
            kits.set_parts(variant_id=kit.pk, parts={part.sku: 2}, actor=None, at=at)
        except DomainError as refused:
            return refused.code
        return "done"

    answers = together(2, tried)
    return KitPart.objects.filter(part__parts__isnull=False).count(), sorted(answers)


@pytest.mark.usefixtures("slowly")
def test_two_kits_at_once_never_make_a_kit_within_a_kit(at: datetime) -> None:
    assert two_kits_at_once(at) == (0, ["done", "kit_invalid"])


@pytest.mark.usefixtures("slowly")
@pytest.mark.breaks_promises("a kit within a kit, on purpose")
def test_control_with_the_kit_alone_locked_a_kit_lies_in_a_kit(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = kits._locked
    monkeypatch.setattr(kits, "_locked", lambda pk, parts: alone(pk, ()))
    assert two_kits_at_once(at) == (1, ["done", "done"])


def order_at_once(at: datetime) -> tuple[bool, list[str]]:
    """Whether a SKU with parts is on order, when it became a kit while somebody ordered it, and who was refused."""
    part, store, sku, house = a_stocked_variant(5), a_warehouse(), a_variant(), a_supplier()
    make = partial(kits.set_parts, variant_id=sku.pk, parts={part.sku: 2}, actor=None, at=at)
    order = partial(purchasing.draft, supplier_id=house.pk, warehouse_id=store.pk, lines=[Wanted(sku.pk, 3)], actor=None, at=at)

    def tried(number: int) -> str:
        if number:
            time.sleep(0.1)
        try:
            (order if number else make)()
        except DomainError as refused:
            return refused.code
        return "done"

    answers = together(2, tried)
    return PurchaseOrderLine.objects.filter(variant__parts__isnull=False).exists(), sorted(answers)


@pytest.mark.usefixtures("slowly")
def test_a_kit_and_an_order_of_it_exclude_each_other(at: datetime) -> None:
    assert order_at_once(at) == (False, ["done", "purchase_invalid"])
