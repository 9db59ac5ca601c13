"""Settings that have no clear meaning are refused, each at its field."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from campaigns.pricing.settings import Settings, objections
from tests.campaigns.pricing.shapes import AT

GOOD = Settings(name="sale", benefit="PERCENT", percent=Decimal(10), starts_at=AT)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"benefit": "AMOUNT", "percent": None, "amount": Decimal(500)},
        {"benefit": "FIXED_PRICE", "percent": None, "amount": Decimal(0)},
        {"benefit": "BUY_X_GET_Y", "percent": None, "buy": 2, "get": 1},
        {"benefit": "FREE_SHIPPING", "percent": None},
        {"weekdays": (5, 6), "from_hour": 22, "until_hour": 2},
        {"covers": "CHOSEN", "products": (1,)},
        {"percent": Decimal("0.01"), "budget": Decimal(1), "usage_limit": 1},
    ],
)
def test_settings_with_one_meaning_are_fine(values: dict[str, Any]) -> None:
    assert objections(replace(GOOD, **values), "KRW") == ()


@pytest.mark.parametrize(
    ("values", "field", "reason"),
    [
        ({"name": " "}, "name", "required"),
        ({"benefit": "HALF"}, "benefit", "required"),
        ({"percent": None}, "percent", "required"),
        ({"percent": Decimal(0)}, "percent", "too_small"),
        ({"percent": Decimal("100.01")}, "percent", "above_hundred"),
        ({"percent": Decimal("0.001")}, "percent", "too_fine"),
        ({"amount": Decimal(5)}, "amount", "not_with_this_benefit"),
        ({"buy": 1}, "buy", "not_with_this_benefit"),
        ({"benefit": "FREE_SHIPPING"}, "percent", "not_with_this_benefit"),
        ({"benefit": "BUY_X_GET_Y", "percent": None, "buy": 2}, "get", "required"),
        ({"benefit": "AMOUNT", "percent": None, "amount": Decimal(0)}, "amount", "too_small"),
        ({"benefit": "AMOUNT", "percent": None, "amount": Decimal("0.5")}, "amount", "not_whole_units"),
        ({"benefit": "AMOUNT", "percent": None, "amount": Decimal(10) ** 12}, "amount", "too_large"),
        ({"ends_at": AT}, "ends_at", "ends_before_start"),
        ({"ends_at": AT - timedelta(days=1)}, "ends_at", "ends_before_start"),
        ({"weekdays": (7,)}, "weekdays", "unknown_weekday"),
        ({"from_hour": 9}, "until_hour", "hours_go_together"),
        ({"until_hour": 9}, "from_hour", "hours_go_together"),
        ({"from_hour": 9, "until_hour": 9}, "until_hour", "no_hours"),
        ({"from_hour": 9, "until_hour": 25}, "from_hour", "unknown_hour"),
        ({"covers": "CHOSEN"}, "covers", "nothing_chosen"),
        ({"products": (1,)}, "products", "chosen_beside_everything"),
        ({"categories": (1,)}, "categories", "chosen_beside_everything"),
        ({"minimum_amount": Decimal(-1)}, "minimum_amount", "too_small"),
        ({"minimum_amount": Decimal("0.1")}, "minimum_amount", "not_whole_units"),
        ({"usage_limit": 0}, "usage_limit", "too_small"),
        ({"usage_limit": 2**31}, "usage_limit", "too_large"),
        ({"usage_limit_per_customer": 0}, "usage_limit_per_customer", "too_small"),
        ({"budget": Decimal(0)}, "budget", "too_small"),
        ({"priority": -1}, "priority", "too_small"),
        ({"priority": 40_000}, "priority", "too_large"),
        ({"stacking_group": "x" * 41}, "stacking_group", "too_long"),
    ],
)
def test_settings_without_a_clear_meaning_are_named(values: dict[str, Any], field: str, reason: str) -> None:
    assert [(one.field, one.reason) for one in objections(replace(GOOD, **values), "KRW")] == [(field, reason)]


def test_every_reason_has_its_words() -> None:
    from campaigns.operations.promotions import WORDS

    named = {"required", "too_long", "ends_before_start", "unknown_weekday", "hours_go_together", "unknown_hour", "no_hours"}
    assert named <= set(WORDS)
