"""The table of a purchase order's life, seen from outside."""

import pytest

from inventory import lifecycle
from inventory.lifecycle import Step
from inventory.models import PurchaseOrder, PurchaseOrderEvent

STATES = [str(state) for state in PurchaseOrder.State.values]


def test_every_state_has_a_row_and_every_step_a_name_in_the_timeline() -> None:
    assert [state for state in STATES if lifecycle.allowed(state) is None] == []
    assert set(PurchaseOrderEvent.Kind.values) == {step.value for step in Step}


@pytest.mark.parametrize(
    ("step", "states"),
    [
        (Step.CHANGED, {"DRAFT"}),
        (Step.APPROVED, {"DRAFT"}),
        (Step.SENT, {"APPROVED"}),
        (Step.RECEIVED, {"SENT", "PARTLY_RECEIVED", "RECEIVED"}),
        (Step.CLOSED, {"PARTLY_RECEIVED", "RECEIVED"}),
        (Step.CANCELED, {"DRAFT", "APPROVED", "SENT"}),
    ],
)
def test_a_step_is_possible_in_exactly_these_states(step: Step, states: set[str]) -> None:
    assert {state for state in STATES if lifecycle.allows(state, step)} == states


def test_goods_complete_it_or_leave_some_outstanding() -> None:
    assert (lifecycle.after_receipt(0), lifecycle.after_receipt(1)) == ("RECEIVED", "PARTLY_RECEIVED")


def test_what_is_awaited_may_still_come_or_be_sent() -> None:
    for state in lifecycle.AWAITED:
        assert lifecycle.allowed(state) & {Step.SENT, Step.RECEIVED}
