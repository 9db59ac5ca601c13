"""A SKU that becomes a kit while somebody puts it on a shelf ends as one of both, never as both."""

import time
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from config.kernel.errors import DomainError
from inventory.models import KitPart, StockLevel, Variant
from inventory.operations import kits, stock
from tests.builders import a_stocked_variant, a_variant, a_warehouse
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
    monkeypatch.setattr(kits, "_locked", lambda pk: Variant.objects.select_related("product").get(pk=pk))
    assert at_once(at) == (True, True, ["done", "done"])
