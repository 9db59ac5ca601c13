"""Two clicks on one button, and two people before one miscount, at the same moment: one of them acts (F08, U20).

Each promise has a control that takes its guard away from the test's side and shows the damage the guard prevents.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import pytest
from django.urls import reverse

from campaigns.models import Consent
from config.kernel.admin import slips
from config.kernel.errors import DomainError
from config.kernel.models import User
from inventory.models import StockLevel, StockMovement
from inventory.operations import stock
from tests.builders import a_customer, a_stocked_variant, a_warehouse
from tests.config.kernel.pages import a_client
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)

T = TypeVar("T")

CLICKS = 4
SAID = {"channel": "SMS", "purpose": "ADVERTISING", "is_given": "yes", "text_version": "v1", "source": "전화"}


@pytest.mark.parametrize("guarded", [True, False])
def test_clicks_at_once_on_one_form_write_a_consent_down_once(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    def unguarded(request: Any, call: Callable[[], T]) -> T:
        return call()

    if not guarded:
        monkeypatch.setattr(slips, "spend", unguarded)
    clerk, customer = User.objects.create_superuser("clerk"), a_customer()
    form = reverse("admin:campaigns_customer_press", args=[customer.pk, "state_consent"])
    slip = a_client(clerk).get(form).context["hidden"]["slip"]
    clients = [a_client(clerk) for _ in range(CLICKS)]

    answers = together(CLICKS, lambda number: clients[number].post(form, SAID | {"slip": slip}).status_code)

    assert answers == [302] * CLICKS
    assert Consent.objects.count() == 1 if guarded else Consent.objects.count() > 1, "not powered"


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("correct", [stock.adjust, stock.write_off])
def test_of_people_who_saw_the_same_miscount_one_corrects_it(
    at: datetime, monkeypatch: pytest.MonkeyPatch, correct: Callable[..., object], guarded: bool
) -> None:
    if not guarded:
        monkeypatch.setattr(stock, "_require_expected", lambda level, expected: None)
    warehouse = a_warehouse()
    cup = a_stocked_variant(50, warehouse)

    def try_it(_: int) -> str:
        try:
            correct(variant_id=cup.pk, warehouse_id=warehouse.pk, quantity=5, reason="정정", actor=None, at=at, expected=50)
        except DomainError as refusal:
            return refusal.code
        return "done"

    outcomes = sorted(together(CLICKS, try_it))

    corrections = StockMovement.objects.filter(variant=cup, reason="정정").count()
    moved = abs(StockLevel.objects.get(variant=cup).on_hand - 50)
    expected = ["done"] + ["stock_moved"] * (CLICKS - 1) if guarded else ["done"] * CLICKS
    assert outcomes == expected
    assert (corrections, moved) == ((1, 5) if guarded else (CLICKS, 5 * CLICKS))
