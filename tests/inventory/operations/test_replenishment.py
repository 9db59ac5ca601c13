"""The nightly proposal: what it drafts, and what it leaves alone."""

from datetime import date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.kernel import clock, invariants, jobs
from config.kernel.errors import Invalid
from config.kernel.models import JobRun, User
from inventory.models import (
    PurchaseOrder,
    PurchaseOrderEvent,
    ReorderPolicy,
    ReplenishmentProposal,
    SupplierOffer,
    Warehouse,
)
from inventory.operations import purchasing, replenishment
from inventory.operations.purchasing import Wanted
from inventory.operations.replenishment import Proposed
from inventory.queries import replenishment as queries
from tests.builders import a_policy, a_supplier, a_variant, a_warehouse, an_offer, shipped, stocked
from tests.inventory.operations.proposals import State, a_seller, line_of, lines, only, open_proposals

pytestmark = pytest.mark.django_db


def test_a_need_becomes_a_proposal_in_a_draft_at_the_suppliers_cost(store: Warehouse, at: datetime) -> None:
    cup = a_seller(store, at, each_day=2, left=5)

    done = replenishment.propose(at=at)

    # 56 sold in 28 days, never short: mean 2, no deviation; 2 x 8 = 16 to reorder at, 16 + 2 x 7 = 30 to fill up to.
    proposal = only(cup)
    assert (done.opened, done.drafts_opened) == (1, 1)
    assert proposal.quantity == 30 - 5
    order = line_of(proposal).purchase_order
    assert (order.state, order.is_proposed, order.warehouse_id, order.currency) == ("DRAFT", True, store.pk, "KRW")
    assert (line_of(proposal).quantity, line_of(proposal).unit_cost) == (25, cup.cost)
    assert list(order.timeline.values_list("kind", "details")) == [("DRAFTED", {"added": 1})]


def test_the_explanation_holds_every_figure_and_can_be_recounted(store: Warehouse, at: datetime) -> None:
    cup = a_seller(store, at)
    replenishment.propose(at=at)

    told = only(cup).explanation

    assert told["last_on"] == "2026-11-20"
    assert sum(told["shipped"]) == told["plan"]["units"] == 56
    assert told["plan"]["days_left_out"] == 56 - 28  # before it first lay there
    assert told["stock"] == {"on_hand": 5, "reserved": 0, "on_order": 0, "in_transit": 0}
    assert told["terms"]["lead_time_days"] == 7
    assert (told["plan"]["reorder_point"], told["plan"]["target"], told["plan"]["position"]) == (16, 30, 5)


def test_run_again_it_changes_nothing_and_writes_nothing(store: Warehouse, at: datetime) -> None:
    for _ in range(3):
        a_seller(store, at)
    first = replenishment.propose(at=at)

    with CaptureQueriesContext(connection) as captured:
        second = replenishment.propose(at=at + timedelta(minutes=5))

    assert (first.opened, second.changed, second.kept) == (3, 0, 3)
    written = [one["sql"] for one in captured if one["sql"].startswith(("INSERT", "DELETE", "UPDATE"))]
    assert written == []


def test_one_draft_gathers_what_one_supplier_sends_to_one_warehouse(store: Warehouse, at: datetime) -> None:
    other = a_warehouse()
    potter, weaver = a_supplier(), a_supplier()
    for supplier in (potter, potter, weaver):
        a_seller(store, at, supplier=supplier)
    a_seller(other, at, supplier=potter)

    done = replenishment.propose(at=at)

    assert (done.opened, done.drafts_opened) == (4, 3)
    sizes = [order.lines.count() for order in PurchaseOrder.objects.order_by("supplier", "warehouse")]
    assert sizes == [2, 1, 1]


def test_the_cost_of_a_night_in_queries_does_not_grow_with_the_skus(store: Warehouse, at: datetime) -> None:
    potter = a_supplier()

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            replenishment.propose(at=at)
        return len(captured)

    for _ in range(2):
        a_seller(store, at, supplier=potter)
    few = cost()
    PurchaseOrder.objects.update(state=PurchaseOrder.State.CANCELED)
    ReplenishmentProposal.objects.update(state=State.SUPERSEDED)
    for _ in range(6):
        a_seller(store, at, supplier=potter)

    assert cost() == few


def test_purchase_orders_of_any_kind_are_supply_but_the_draft_being_thought_over(
    store: Warehouse, at: datetime, buyer: User
) -> None:
    cup = a_seller(store, at)
    by_hand = purchasing.draft(
        supplier_id=a_supplier().pk, warehouse_id=store.pk, lines=[Wanted(cup.pk, 8)], actor=buyer, at=at
    )

    replenishment.propose(at=at)

    assert only(cup).quantity == 30 - 5 - 8
    assert by_hand.lines.get().quantity == 8
    assert PurchaseOrderEvent.objects.filter(purchase_order=by_hand).count() == 1


def test_what_was_approved_is_not_proposed_again(store: Warehouse, at: datetime, buyer: User) -> None:
    cup = a_seller(store, at)
    replenishment.propose(at=at)
    proposal = only(cup)
    purchasing.approve(number=line_of(proposal).purchase_order.number, actor=buyer, at=at)

    done = replenishment.propose(at=at + timedelta(days=1))

    proposal.refresh_from_db()
    assert proposal.state == State.ORDERED
    assert (done.opened, done.nothing) == (0, {"ENOUGH": 1})


def test_a_changed_need_supersedes_the_proposal_and_changes_its_line(store: Warehouse, at: datetime) -> None:
    cup = a_seller(store, at, left=5)
    replenishment.propose(at=at)
    before = only(cup)
    shipped(cup, store, 3, at)

    done = replenishment.propose(at=at + timedelta(hours=1))

    after = only(cup)
    before.refresh_from_db()
    assert (done.opened, done.superseded) == (1, 1)
    assert (before.state, before.decided_by, after.quantity) == (State.SUPERSEDED, None, 28)
    assert line_of(after).pk == line_of(before).pk
    assert lines() == {("DRAFT", cup.pk): 28}


def test_the_same_quantity_for_other_reasons_keeps_the_proposal_and_tells_the_new_reasons(
    store: Warehouse, at: datetime
) -> None:
    cup = a_seller(store, at, left=5, order_multiple=40)
    replenishment.propose(at=at)
    before = only(cup)
    shipped(cup, store, 1, at)

    done = replenishment.propose(at=at + timedelta(hours=1))

    after = only(cup)
    assert (after.pk, after.quantity, done.refreshed) == (before.pk, 40, 1)
    assert after.explanation["stock"]["on_hand"] == 4
    assert after.as_of == at + timedelta(hours=1)


def test_a_vanished_need_takes_its_line_out_and_an_empty_draft_is_canceled(store: Warehouse, at: datetime) -> None:
    supplier = a_supplier()
    cup, bowl = (a_seller(store, at, supplier=supplier) for _ in range(2))
    replenishment.propose(at=at)
    stocked(cup, store, 500, at)

    first = replenishment.propose(at=at)
    left = lines()
    stocked(bowl, store, 500, at)
    second = replenishment.propose(at=at)

    assert (first.superseded, first.drafts_canceled, left) == (1, 0, {("DRAFT", bowl.pk): 25})
    assert (second.superseded, second.drafts_canceled, lines()) == (1, 1, {})
    order = PurchaseOrder.objects.get()
    assert order.state == PurchaseOrder.State.CANCELED
    assert list(order.timeline.order_by("id").values_list("kind", "details")) == [
        ("DRAFTED", {"added": 2}),
        ("CHANGED", {"removed": 1}),
        ("CANCELED", {"removed": 1}),
    ]


def test_a_need_that_comes_back_is_drafted_anew(store: Warehouse, at: datetime) -> None:
    cup = a_seller(store, at)
    replenishment.propose(at=at)
    stocked(cup, store, 500, at)
    replenishment.propose(at=at)
    shipped(cup, store, 500, at)

    replenishment.propose(at=at)

    assert only(cup).quantity == 25
    assert PurchaseOrder.objects.filter(state="DRAFT").count() == 1


def test_another_preferred_supplier_gets_the_proposal(store: Warehouse, at: datetime) -> None:
    cup = a_seller(store, at)
    replenishment.propose(at=at)
    SupplierOffer.objects.filter(variant=cup).update(is_preferred=False)
    cheaper = an_offer(cup, unit_cost=4000)

    done = replenishment.propose(at=at)

    proposal = only(cup)
    assert (done.opened, done.superseded, done.drafts_opened, done.drafts_canceled) == (1, 1, 1, 1)
    assert proposal.offer == cheaper
    assert line_of(proposal).unit_cost == 4000


def test_without_an_active_supplier_nothing_is_bought_and_the_run_says_so(store: Warehouse, at: datetime) -> None:
    cup = a_seller(store, at)
    replenishment.propose(at=at)
    supplier = SupplierOffer.objects.get(variant=cup).supplier
    supplier.is_active = False
    supplier.save()

    done = replenishment.propose(at=at)

    assert (done.superseded, done.nothing) == (1, {"NO_SUPPLIER": 1})
    assert open_proposals() == []


@pytest.mark.parametrize("off_sale", ["the SKU", "its product"])
def test_what_is_off_sale_is_not_bought(store: Warehouse, at: datetime, off_sale: str) -> None:
    cup = a_seller(store, at)
    replenishment.propose(at=at)
    row = cup if off_sale == "the SKU" else cup.product
    row.is_active = False
    row.save()

    done = replenishment.propose(at=at)

    assert (done.superseded, done.nothing, lines()) == (1, {"OFF_SALE": 1}, {})


def test_what_was_sold_out_for_longer_than_the_window_is_bought_by_what_it_sold_before(store: Warehouse, at: datetime) -> None:
    cup = a_seller(store, at - timedelta(days=90), each_day=2, left=0)

    replenishment.propose(at=at)

    plan = only(cup).explanation["plan"]
    # The day on which it ran out is left out too.
    assert (plan["mean"], plan["days_counted"], plan["days_left_out"]) == (2.0, 27, 364 - 27)
    assert only(cup).quantity == 30


def test_a_policy_that_is_switched_off_buys_nothing(store: Warehouse, at: datetime) -> None:
    cup = a_seller(store, at)
    replenishment.propose(at=at)
    ReorderPolicy.objects.filter(variant=cup).update(is_enabled=False)

    assert replenishment.propose(at=at).superseded == 1
    assert lines() == {}


def test_a_price_change_of_the_offer_reaches_the_draft(store: Warehouse, at: datetime) -> None:
    cup = a_seller(store, at)
    replenishment.propose(at=at)
    SupplierOffer.objects.filter(variant=cup).update(unit_cost=5500)

    done = replenishment.propose(at=at)

    assert (done.opened, done.refreshed) == (0, 1)
    assert line_of(only(cup)).unit_cost == 5500


def test_an_earlier_day_moves_the_window_and_a_later_one_is_refused(store: Warehouse, at: datetime) -> None:
    cup = a_seller(store, at)

    replenishment.propose(at=at, as_of=date(2026, 11, 14))
    assert only(cup).explanation["last_on"] == "2026-11-13"
    assert only(cup).explanation["stock"]["on_hand"] == 5

    with pytest.raises(Invalid) as refusal:
        replenishment.propose(at=at, as_of=date(2026, 11, 22))
    assert refusal.value.details["field"] == "as_of"


def test_why_tells_the_proposal_behind_each_line_in_one_query(store: Warehouse, at: datetime) -> None:
    supplier = a_supplier()
    for _ in range(2):
        a_seller(store, at, supplier=supplier)
    replenishment.propose(at=at)
    order = PurchaseOrder.objects.get()

    with CaptureQueriesContext(connection) as captured:
        told = queries.why(purchase_order_id=order.pk)

    assert len(captured) == 1
    assert {pk: one.plan["wanted"] for pk, one in told.items()} == dict(order.lines.values_list("pk", "quantity"))


def test_an_empty_shop_proposes_nothing(at: datetime) -> None:
    assert replenishment.propose(at=at) == Proposed(0, 0, 0, 0, 0, 0)


class TestTheNight:
    def test_the_job_tells_what_it_did(self, store: Warehouse, at: datetime) -> None:
        a_seller(store, at)

        done = jobs.known()["inventory.propose_replenishment"].body(at=at)
        again = jobs.known()["inventory.propose_replenishment"].body(at=at, as_of="2026-11-21")

        assert (done.rows, done.summary) == (1, {"opened": 1, "drafts_opened": 1})
        assert (again.rows, again.summary) == (0, {"kept": 1})

    def test_the_command_tells_what_it_did(self, store: Warehouse) -> None:
        a_seller(store, clock.now())
        a_policy(a_variant(), store)
        said = StringIO()

        call_command("propose_replenishment", stdout=said)

        assert "Proposals: 1 new, 0 superseded" in said.getvalue()
        assert "NO_SUPPLIER: 1" in said.getvalue()

    @pytest.mark.parametrize("day", ["yesterday", "2999-01-01"])
    def test_the_command_refuses_a_day_it_cannot_use(self, day: str) -> None:
        with pytest.raises(CommandError):
            call_command("propose_replenishment", "--as-of", day)


class TestThePromise:
    def broken(self, at: datetime) -> list[str]:
        return [one.detail for one in invariants.check_all(at=at) if one.invariant == "I12"]

    def test_it_holds_after_a_night_and_after_staff_decided(self, store: Warehouse, at: datetime, buyer: User) -> None:
        skus = [a_seller(store, at, order_multiple=12) for _ in range(3)]
        replenishment.propose(at=at)
        replenishment.override(proposal_id=only(skus[0]).pk, quantity=500, reason="Seollal", actor=buyer, at=at)
        replenishment.dismiss(proposal_id=only(skus[1]).pk, reason="not now", actor=buyer, at=at)

        assert self.broken(at) == []

    @pytest.mark.breaks_promises("a proposal is tampered with")
    def test_a_proposal_of_more_than_was_missing_is_found(self, store: Warehouse, at: datetime) -> None:
        a_seller(store, at)
        replenishment.propose(at=at)
        ReplenishmentProposal.objects.update(quantity=26)

        assert self.broken(at) == ["26 proposed where 25 can be bought of what was missing"]

    @pytest.mark.breaks_promises("a proposal is tampered with")
    def test_an_open_proposal_in_an_approved_purchase_order_is_found(self, store: Warehouse, at: datetime) -> None:
        a_seller(store, at)
        replenishment.propose(at=at)
        PurchaseOrder.objects.update(state=PurchaseOrder.State.APPROVED)

        (detail,) = self.broken(at)
        assert detail.startswith("still open, but PO-")


def test_new_proposals_have_the_risks_looked_at_anew(store: Warehouse, at: datetime) -> None:
    a_seller(store, at)

    for _ in range(2):
        jobs.known()["inventory.propose_replenishment"].body(at=at)

    assert JobRun.objects.filter(name="inventory.assess_risks").count() == 1
