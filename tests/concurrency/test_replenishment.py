"""Two nights at once, and a night while staff decide: every need is drafted once, and nobody's word is lost."""

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, connections, transaction

from config.kernel import invariants
from config.kernel.errors import DomainError
from inventory.models import Mode, PurchaseOrder, PurchaseOrderLine, ReorderPolicy, ReplenishmentProposal
from inventory.operations import purchasing, replenishment
from inventory.operations.drafting import Drafts
from inventory.queries import replenishment as queries
from inventory.queries import sharing
from tests.builders import a_policy, a_supplier, a_variant, a_warehouse, an_offer
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)
State = ReplenishmentProposal.State


def twelve_needs() -> int:
    """Twelve SKUs of one supplier that lie below their minimum."""
    store, supplier = a_warehouse(), a_supplier()
    for _ in range(12):
        variant = a_variant()
        an_offer(variant, supplier)
        a_policy(variant, store, minimum_stock=10)
    return 12


@pytest.fixture
def needs(at: datetime) -> Iterator[int]:
    """How many; afterwards the promise about proposals is recounted."""
    yield twelve_needs()
    assert [one for one in invariants.check_all(at=at) if one.invariant == "I12"] == []


def drafted() -> tuple[int, int, int]:
    """Open proposals, their lines, their drafts."""
    return (
        ReplenishmentProposal.objects.filter(state=State.OPEN).count(),
        PurchaseOrderLine.objects.filter(purchase_order__state="DRAFT").count(),
        PurchaseOrder.objects.filter(state="DRAFT").count(),
    )


def test_runs_at_once_draft_every_need_once(needs: int, at: datetime) -> None:
    done = together(4, lambda _: replenishment.propose(at=at))

    assert sorted(one.opened for one in done) == [0, 0, 0, needs]
    assert sorted(one.kept for one in done) == [0, needs, needs, needs]
    assert drafted() == (needs, needs, 1)


def test_control_without_taking_turns_runs_at_once_collide(needs: int, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database would still refuse the twins, but the night would fail."""
    monkeypatch.setattr(replenishment, "_take_turns", lambda **_patience: None)
    look = queries.needs

    def look_slowly(**options: Any) -> Any:
        # The moment between seeing a need and drafting it, held open, so that the race does not hang on luck.
        found = look(**options)
        time.sleep(0.2)
        return found

    monkeypatch.setattr(queries, "needs", look_slowly)

    with pytest.raises(IntegrityError):
        together(4, lambda _: replenishment.propose(at=at))


def run_against(decide: Any, at: datetime) -> list[Any]:
    """A night and staff at the same moment; what each answered, a refusal included."""

    def act(index: int) -> Any:
        try:
            return replenishment.propose(at=at + timedelta(days=1)) if index == 0 else decide()
        except DomainError as refusal:
            return refusal

    return together(2, act)


def test_a_dismissal_during_a_run_is_kept(needs: int, at: datetime) -> None:
    replenishment.propose(at=at)
    for proposal in ReplenishmentProposal.objects.filter(state=State.OPEN).order_by("id")[:6]:
        run_against(partial(replenishment.dismiss, proposal_id=proposal.pk, reason="not now", actor=None, at=at), at)

        proposal.refresh_from_db()
        assert (proposal.state, proposal.line) == (State.DISMISSED, None)
    assert drafted() == (needs - 6, needs - 6, 1)


@pytest.fixture
def suggestion(at: datetime) -> ReplenishmentProposal:
    """One SKU that is only suggested; what it needs has changed a little since."""
    variant = a_variant()
    an_offer(variant, a_supplier())
    policy = a_policy(variant, a_warehouse(), minimum_stock=10, mode=Mode.SUGGEST, review_days=30)
    replenishment.propose(at=at)
    ReorderPolicy.objects.filter(pk=policy.pk).update(minimum_stock=12)
    return ReplenishmentProposal.objects.get()


def dismissed_after_the_look(proposal: ReplenishmentProposal, at: datetime, patch: pytest.MonkeyPatch) -> list[Any]:
    """What staff were answered who said no to it while a run had looked and not written yet."""
    share, answers, staff = sharing.shared, list[Any](), list[threading.Thread]()

    def dismiss() -> None:
        try:
            answers.append(replenishment.dismiss(proposal_id=proposal.pk, reason="not now", actor=None, at=at))
        except DomainError as refusal:
            answers.append(refusal)
        finally:
            connections.close_all()

    def share_and_let_staff_decide(*needs: Any, **options: Any) -> Any:
        found = share(*needs, **options)
        staff.append(threading.Thread(target=dismiss))
        staff[0].start()
        staff[0].join(1)
        return found

    patch.setattr(sharing, "shared", share_and_let_staff_decide)
    replenishment.propose(at=at + timedelta(days=1))
    staff[0].join(30)
    proposal.refresh_from_db()
    return answers


def test_who_dismisses_a_suggestion_during_a_run_is_told_that_it_has_been_superseded(
    suggestion: ReplenishmentProposal, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    (answer,) = dismissed_after_the_look(suggestion, at, monkeypatch)

    assert isinstance(answer, replenishment.ProposalClosed)
    assert suggestion.state == State.SUPERSEDED


def test_control_without_taking_turns_a_dismissed_suggestion_is_made_again(
    suggestion: ReplenishmentProposal, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replenishment, "_take_turns", lambda **_patience: None)

    (answer,) = dismissed_after_the_look(suggestion, at, monkeypatch)

    # What staff said stands in any case; only the same need lies before them again.
    assert (answer.state, suggestion.state) == (State.DISMISSED, State.DISMISSED)
    assert ReplenishmentProposal.objects.filter(state=State.OPEN).count() == 1


def test_nobody_waits_for_a_run_longer_than_for_any_row_but_a_run_does(needs: int, at: datetime) -> None:
    """A page is told to try again; the night's run may wait until the one before it is done."""
    policy = ReorderPolicy.objects.order_by("pk")[0]
    held, done = threading.Event(), threading.Event()

    def hold(_index: int) -> None:
        with transaction.atomic():
            replenishment._take_turns()
            held.set()
            done.wait(30)

    def ask(**options: Any) -> float:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '300ms'")
        began = time.monotonic()
        try:
            replenishment.propose(at=at, **options)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
        return time.monotonic() - began

    def act(index: int) -> Any:
        if index == 0:
            return hold(index)
        held.wait(30)
        try:
            if index == 1:
                with pytest.raises(OperationalError):
                    ask(policies=[policy.pk])
                time.sleep(0.5)
                return done.set()
            return ask()
        except BaseException:
            done.set()
            raise

    waited = max(one or 0 for one in together(3, act))

    assert waited > 0.6


def approve_during_a_run(at: datetime) -> tuple[set[str], set[int]]:
    """What became of the proposals, and the quantities that were approved, when the need changed at that moment."""
    replenishment.propose(at=at)
    order = PurchaseOrder.objects.get(state="DRAFT")
    ReorderPolicy.objects.update(minimum_stock=25)
    run_against(lambda: purchasing.approve(number=order.number, actor=None, at=at), at)
    order.refresh_from_db()
    approved = ReplenishmentProposal.objects.filter(line__purchase_order=order, state__in=[State.OPEN, State.ORDERED])
    assert order.state == PurchaseOrder.State.APPROVED
    wrong = {one.pk for one in approved.select_related("line") if one.line and one.line.quantity != one.units}
    return set(approved.values_list("state", flat=True)), wrong


def test_an_approval_during_a_run_orders_what_the_draft_held_and_the_rest_is_drafted_anew(needs: int, at: datetime) -> None:
    states, wrong = approve_during_a_run(at)

    assert states == {State.ORDERED}
    assert wrong == set()
    replenishment.propose(at=at + timedelta(days=1))
    per_sku = PurchaseOrderLine.objects.filter(purchase_order__state__in=["DRAFT", "APPROVED"]).values_list(
        "variant", "quantity"
    )
    units: dict[int, int] = {}
    for variant, quantity in per_sku:
        units[variant] = units.get(variant, 0) + quantity
    assert set(units.values()) == {25}


@pytest.mark.breaks_promises("the drafts are not locked")
def test_control_without_locking_the_drafts_an_approved_purchase_order_is_changed_behind_the_buyers_back(
    at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    twelve_needs()
    replenishment.propose(at=at)
    ReorderPolicy.objects.update(minimum_stock=25)
    order = PurchaseOrder.objects.get(state="DRAFT")

    def unlocked(*, actor: Any, at: datetime, line_id: int | None = None) -> Drafts:
        return Drafts(PurchaseOrder.objects.filter(state="DRAFT", is_proposed=True), actor, at)

    look = queries.needs

    def approved_after_the_look(**options: Any) -> Any:
        found = look(**options)
        together(1, lambda _: purchasing.approve(number=order.number, actor=None, at=at))
        return found

    monkeypatch.setattr(Drafts, "locked", unlocked)
    monkeypatch.setattr(queries, "needs", approved_after_the_look)

    replenishment.propose(at=at + timedelta(days=1))

    order.refresh_from_db()
    assert order.state == PurchaseOrder.State.APPROVED
    assert set(order.lines.values_list("quantity", flat=True)) == {25}, "not powered: the approved lines were left alone"
