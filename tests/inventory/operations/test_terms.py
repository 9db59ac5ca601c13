"""Terms of buying at work: advice, learned lead times, classes, breaks, budgets, modes and limits."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group

from config.kernel import invariants
from config.kernel.errors import Conflict, Invalid
from config.kernel.models import User
from config.kernel.roles import Role
from inventory.models import (
    ApprovalLimit,
    DemandAdvice,
    LearnedLeadTime,
    Mode,
    PolicyChange,
    PriceBreak,
    PurchaseOrder,
    ReorderPolicy,
    ReplenishmentProposal,
    ServiceClass,
    StockClass,
    StockingRules,
    Supplier,
    SupplierOffer,
    Variant,
    Warehouse,
)
from inventory.operations import advice, approving, classes, lead_times, purchasing, receiving, replenishment, service_levels
from inventory.operations.advice import Advice
from inventory.operations.approving import AboveLimit
from inventory.operations.purchasing import TermsMissed, Wanted
from inventory.queries import automatic, demand, incoming
from inventory.queries.automatic import Hindrance
from tests.builders import a_policy, a_supplier, a_variant, an_offer, shipped, stocked
from tests.inventory.operations.proposals import State, a_seller, line_of, only, open_proposals

pytestmark = pytest.mark.django_db

YESTERDAY = date(2026, 11, 20)  # the builders' moment lies on the Saturday after it


def rules(**values: object) -> None:
    StockingRules.objects.update_or_create(pk=StockingRules.ONLY, defaults=values)


def advised(variant: Variant, store: Warehouse, *daily: float, at: datetime, origin: date = YESTERDAY) -> None:
    advice.apply_advice(origin=origin, advice=[Advice(variant.pk, store.pk, daily, 1.2, "mean")], at=at)


def told(variant: Variant) -> dict[str, object]:
    return only(variant).explanation


def broken(at: datetime) -> list[str]:
    return [one.detail for one in invariants.check_all(at=at) if one.invariant == "I12"]


class TestAdvice:
    def test_fresh_advice_drives_the_plan(self, store: Warehouse, at: datetime) -> None:
        cup = a_seller(store, at, each_day=2, left=5)
        advised(cup, store, *[6.0] * 28, at=at)

        replenishment.propose(at=at)

        proposal = only(cup)
        assert proposal.explanation["basis"] == "ADVICE"
        assert proposal.explanation["plan"]["expected_demand"] == 6 * 8
        assert proposal.explanation["advice"]["method"] == "mean"
        assert proposal.quantity == proposal.explanation["plan"]["target"] - 5
        assert broken(at) == []

    def test_without_fresh_advice_the_recorded_demand_counts(self, store: Warehouse, at: datetime) -> None:
        cup = a_seller(store, at)
        advised(cup, store, *[6.0] * 28, at=at, origin=YESTERDAY - timedelta(days=8))

        replenishment.propose(at=at)

        assert told(cup)["basis"] == "RECORDED"
        assert only(cup).quantity == 25

    def test_days_that_have_passed_since_are_left_out(self, store: Warehouse, at: datetime) -> None:
        cup = a_seller(store, at)
        advised(cup, store, 90.0, 90.0, *[6.0] * 26, at=at, origin=YESTERDAY - timedelta(days=2))

        replenishment.propose(at=at)

        assert told(cup)["plan"]["mean"] == 6.0  # type: ignore[index]

    def test_it_replaces_what_was_advised_before_and_never_by_something_older(self, store: Warehouse, at: datetime) -> None:
        cup = a_variant()
        advised(cup, store, 1.0, at=at, origin=YESTERDAY - timedelta(days=1))
        advised(cup, store, 2.0, at=at)
        advised(cup, store, 3.0, at=at, origin=YESTERDAY - timedelta(days=1))

        (row,) = DemandAdvice.objects.all()
        assert (row.daily, row.origin) == ([2.0], YESTERDAY)

    @pytest.mark.parametrize("daily", [[], [-1.0], [float("nan")]])
    def test_what_makes_no_sense_is_refused(self, store: Warehouse, at: datetime, daily: list[float]) -> None:
        with pytest.raises(Invalid):
            advised(a_variant(), store, *daily, at=at)

        assert not DemandAdvice.objects.exists()


class TestLeadTimes:
    def deliver(self, supplier: Supplier, store: Warehouse, cup: Variant, at: datetime, *, days: int, parts: int = 1) -> None:
        sent = at - timedelta(days=days + 20)
        order = purchasing.draft(
            supplier_id=supplier.pk, warehouse_id=store.pk, lines=[Wanted(cup.pk, 10)], actor=None, at=sent
        )
        purchasing.approve(number=order.number, actor=None, at=sent)
        purchasing.send(number=order.number, actor=None, at=sent)
        if parts > 1:  # a small part first, too little to be of use
            self.receive(order, cup, 2, sent + timedelta(days=1))
        self.receive(order, cup, 8, sent + timedelta(days=days))

    def receive(self, order: PurchaseOrder, cup: Variant, units: int, at: datetime) -> None:
        receiving.receive_goods(
            number=order.number, delivery_note=f"D{at:%m%d}", quantities={cup.sku: units}, actor=None, at=at
        )

    def test_they_are_drawn_to_the_promise_while_deliveries_are_few(self, store: Warehouse, at: datetime) -> None:
        supplier, cup = a_supplier(), a_variant()
        an_offer(cup, supplier, lead_time_days=7)
        for days in (10, 12):
            self.deliver(supplier, store, cup, at, days=days)

        done = lead_times.learn(at=at)

        row = LearnedLeadTime.objects.get(offer__variant=cup)
        assert (done.suppliers, done.offers, row.receipts) == (1, 1, 2)
        assert (row.observed_mean, row.promised, row.mean) == (11.0, 7.0, 8.3)  # (4 x 7 + 10 + 12) / 6
        assert row.deviation > row.observed_deviation

    def test_the_first_useful_part_counts_and_each_purchase_order_once(self, store: Warehouse, at: datetime) -> None:
        supplier, cup = a_supplier(), a_variant()
        an_offer(cup, supplier, lead_time_days=7)
        self.deliver(supplier, store, cup, at, days=9, parts=2)

        lead_times.learn(at=at)

        assert set(LearnedLeadTime.objects.values_list("observed_mean", "receipts")) == {(9.0, 1)}

    def test_plans_reckon_with_them_and_other_goods_of_the_supplier_in_proportion(self, store: Warehouse, at: datetime) -> None:
        supplier, known = a_supplier(), a_variant()
        an_offer(known, supplier, lead_time_days=7)
        self.deliver(supplier, store, known, at, days=12)
        lead_times.learn(at=at)
        other = a_seller(store, at, supplier=supplier, lead_time_days=14)

        replenishment.propose(at=at)

        # 8.0 days were learned where 7 are promised: 16.0 where 14 are.
        explanation = told(other)
        assert explanation["lead"] == {"promised": 14, "receipts": 1, "source": "SUPPLIER"}
        assert explanation["terms"]["lead_time_days"] == 16.0  # type: ignore[index]
        assert explanation["plan"]["protected_days"] == 17.0  # type: ignore[index]

    def test_learned_again_nothing_changes_and_what_is_too_old_is_forgotten(self, store: Warehouse, at: datetime) -> None:
        supplier, cup = a_supplier(), a_variant()
        an_offer(cup, supplier)
        self.deliver(supplier, store, cup, at, days=9)
        lead_times.learn(at=at)
        before = list(LearnedLeadTime.objects.order_by("pk").values())

        lead_times.learn(at=at + timedelta(hours=1))
        assert list(LearnedLeadTime.objects.order_by("pk").values()) == before

        assert lead_times.learn(at=at + timedelta(days=400)).forgotten == 2
        assert not LearnedLeadTime.objects.exists()


class TestClasses:
    def test_a_class_promises_its_level_unless_staff_say_otherwise(self, store: Warehouse, at: datetime) -> None:
        by_class, by_staff = a_seller(store, at), a_seller(store, at, service_level="0.9")
        ServiceClass.objects.update_or_create(abc="A", xyz="Z", defaults={"service_level": "0.99", "mode": Mode.APPROVE})
        ServiceClass.objects.update_or_create(abc="B", xyz="Z", defaults={"service_level": "0.99", "mode": Mode.APPROVE})
        done = classes.learn(at=at)

        replenishment.propose(at=at)

        assert done.classed == 2
        assert StockClass.objects.get(variant=by_class).turnover == 56 * 12_000
        name = StockClass.objects.get(variant=by_class)
        assert told(by_class)["service"] == {"source": "CLASS", "class": f"{name.abc}{name.xyz}", "mode": "APPROVE"}
        assert told(by_staff)["service"]["source"] == "POLICY"  # type: ignore[index]
        assert told(by_staff)["terms"]["service_level"] == 0.9  # type: ignore[index]

    def test_learned_again_nothing_is_written(self, store: Warehouse, at: datetime) -> None:
        a_seller(store, at)
        classes.learn(at=at)

        assert classes.learn(at=at + timedelta(minutes=1)).changed == 0


class TestPricesAndCalendars:
    def test_a_price_break_that_pays_is_drafted_at_its_price(self, store: Warehouse, at: datetime) -> None:
        cup = a_seller(store, at)  # 25 are missing
        PriceBreak.objects.create(offer=SupplierOffer.objects.get(variant=cup), from_quantity=30, unit_cost=4_000)

        replenishment.propose(at=at)

        line = line_of(only(cup))
        assert (line.quantity, line.unit_cost, only(cup).explanation["unit_cost"]) == (30, 4_000, "4000.0000")
        assert broken(at) == []
        assert replenishment.propose(at=at + timedelta(minutes=1)).changed == 0

    def test_a_quantity_that_staff_set_gets_its_own_price(self, store: Warehouse, at: datetime, buyer: User) -> None:
        cup = a_seller(store, at)
        PriceBreak.objects.create(offer=SupplierOffer.objects.get(variant=cup), from_quantity=500, unit_cost=4_990)
        replenishment.propose(at=at)
        assert line_of(only(cup)).unit_cost == 5_000

        replenishment.override(proposal_id=only(cup).pk, quantity=600, reason="Chuseok", actor=buyer, at=at)
        assert line_of(only(cup)).unit_cost == 4_990

        replenishment.undo_override(proposal_id=only(cup).pk, actor=buyer, at=at)
        assert line_of(only(cup)).unit_cost == 5_000

    def test_a_supplier_of_one_order_day_is_bought_from_for_longer(self, store: Warehouse, at: datetime) -> None:
        supplier = a_supplier(order_weekdays=[0], order_cutoff=time(12))
        cup = a_seller(store, at, supplier=supplier)

        replenishment.propose(at=at)

        # Saturday: next on Monday the 23rd, then on the 30th, so that the stock has to last nine days and the lead time.
        assert told(cup)["order_days"] == {"weekdays": [0], "next_on": "2026-11-23", "after_on": "2026-11-30"}
        assert told(cup)["plan"]["protected_days"] == 16  # type: ignore[index]

    def test_less_than_the_minimum_order_value_is_approved_with_a_reason_only(
        self, store: Warehouse, at: datetime, buyer: User
    ) -> None:
        cup = a_seller(store, at, supplier=a_supplier(minimum_order_value=200_000))
        replenishment.propose(at=at)
        number = line_of(only(cup)).purchase_order.number

        with pytest.raises(TermsMissed, match="₩75,000"):
            purchasing.approve(number=number, actor=buyer, at=at)

        assert purchasing.approve(number=number, actor=buyer, at=at, reason="agreed by phone").state == "APPROVED"


class TestSharing:
    def test_the_budget_of_the_month_goes_to_the_more_urgent(self, store: Warehouse, at: datetime) -> None:
        calm, urgent = a_seller(store, at, left=14), a_seller(store, at, left=0)
        rules(monthly_budget=30 * 5_000)

        replenishment.propose(at=at)

        # Both are lifted above the reorder point of 16; what is left then lasts for later, where it is worth most.
        assert (only(urgent).quantity, only(calm).quantity) == (17 + 10, 3)
        assert broken(at) == []
        assert replenishment.propose(at=at).changed == 0

        rules(monthly_budget=17 * 5_000)
        assert replenishment.propose(at=at).nothing == {"BUDGET": 1}
        assert [(one.variant_id, one.quantity) for one in open_proposals()] == [(urgent.pk, 17)]

    def test_what_was_approved_this_month_is_spent(self, store: Warehouse, at: datetime, buyer: User) -> None:
        order = purchasing.draft(
            supplier_id=a_supplier().pk, warehouse_id=store.pk, lines=[Wanted(a_variant().pk, 10)], actor=buyer, at=at
        )
        purchasing.approve(number=order.number, actor=buyer, at=at)
        cup = a_seller(store, at)
        rules(monthly_budget=70_000)  # of which 50,000 are spent

        replenishment.propose(at=at)

        assert only(cup).quantity == 4
        assert told(cup)["share"] == {"because": "BUDGET", "quantity": 4}
        assert broken(at) == []

    def test_a_delivery_holds_so_much(self, store: Warehouse, at: datetime) -> None:
        supplier = a_supplier(volume_cap=20)
        cup = a_seller(store, at, supplier=supplier, order_multiple=3)
        Variant.objects.filter(pk=cup.pk).update(volume=1_000)

        replenishment.propose(at=at)

        assert only(cup).quantity == 18

    def test_what_staff_set_is_never_cut(self, store: Warehouse, at: datetime, buyer: User) -> None:
        cup = a_seller(store, at)
        replenishment.propose(at=at)
        replenishment.override(proposal_id=only(cup).pk, quantity=500, reason="Chuseok", actor=buyer, at=at)
        rules(monthly_budget=0)

        replenishment.propose(at=at)

        assert line_of(only(cup)).quantity == 500


class TestModes:
    def test_a_suggestion_stands_in_no_purchase_order_until_it_is_taken(
        self, store: Warehouse, at: datetime, buyer: User
    ) -> None:
        cup = a_seller(store, at, mode=Mode.SUGGEST)
        replenishment.propose(at=at)
        proposal = only(cup)
        assert (proposal.is_suggestion, proposal.line, PurchaseOrder.objects.count()) == (True, None, 0)
        assert replenishment.propose(at=at).kept == 1

        replenishment.accept(proposal_id=proposal.pk, actor=buyer, at=at)

        assert line_of(only(cup)).quantity == 25
        done = replenishment.propose(at=at + timedelta(minutes=1))
        assert (done.changed, only(cup).is_suggestion, broken(at)) == (0, False, [])
        with pytest.raises(Conflict):
            replenishment.accept(proposal_id=proposal.pk, actor=buyer, at=at)

    def test_a_suggestion_is_dismissed_and_overridden_like_any_other(self, store: Warehouse, at: datetime, buyer: User) -> None:
        cups = [a_seller(store, at, mode=Mode.SUGGEST) for _ in range(2)]
        replenishment.propose(at=at)
        replenishment.dismiss(proposal_id=only(cups[0]).pk, reason="no", actor=buyer, at=at)
        replenishment.override(proposal_id=only(cups[1]).pk, quantity=40, reason="more", actor=buyer, at=at)

        done = replenishment.propose(at=at + timedelta(minutes=1))

        assert done.nothing == {"DISMISSED": 1}
        replenishment.accept(proposal_id=only(cups[1]).pk, actor=buyer, at=at)
        assert line_of(only(cups[1])).quantity == 40

    def bought_before(self, supplier: Supplier, store: Warehouse, cup: Variant, at: datetime) -> None:
        """Twenty were bought and have come, and were sold since."""
        order = purchasing.draft(
            supplier_id=supplier.pk, warehouse_id=store.pk, lines=[Wanted(cup.pk, 20)], actor=None, at=at - timedelta(days=50)
        )
        purchasing.approve(number=order.number, actor=None, at=at - timedelta(days=50))
        PurchaseOrder.objects.filter(pk=order.pk).update(state=PurchaseOrder.State.CLOSED)

    def test_within_the_limits_it_orders_by_itself_and_only_once(self, store: Warehouse, at: datetime) -> None:
        supplier = a_supplier()
        cup = a_seller(store, at, supplier=supplier, mode=Mode.AUTOMATIC)
        self.bought_before(supplier, store, cup, at)

        done = replenishment.propose(at=at)

        order = PurchaseOrder.objects.get(is_proposed=True)
        assert (done.ordered, order.state, order.approved_by) == (1, "APPROVED", None)
        assert ReplenishmentProposal.objects.get(variant=cup).state == State.ORDERED
        assert list(order.timeline.values_list("kind", "details"))[-1] == ("APPROVED", {"by_itself": True})
        again = replenishment.propose(at=at + timedelta(minutes=1))
        assert (again.opened, again.ordered, again.nothing) == (0, 0, {"ENOUGH": 1})
        assert broken(at) == []

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            (lambda cup: rules(automatic_amount=100_000), Hindrance.AMOUNT),
            (lambda cup: rules(automatic_factor=1), Hindrance.UNUSUAL),
            # Whoever may set the mode shall not spend more by it than he may approve himself.
            (lambda cup: ApprovalLimit.objects.create(role=Role.BUYER, amount=10_000), Hindrance.LIMIT),
            (lambda cup: Supplier.objects.update(order_weekdays=[1]), Hindrance.NOT_TODAY),
            (lambda cup: Supplier.objects.update(minimum_order_value=900_000), Hindrance.BELOW_MINIMUM),
            (lambda cup: ReorderPolicy.objects.update(mode=Mode.APPROVE), Hindrance.MODE),
        ],
    )
    def test_beyond_a_limit_it_waits_for_a_person(self, store: Warehouse, at: datetime, change: object, why: Hindrance) -> None:
        supplier = a_supplier()
        cup = a_seller(store, at, supplier=supplier, mode=Mode.AUTOMATIC)
        self.bought_before(supplier, store, cup, at)
        change(cup)  # type: ignore[operator]

        done = replenishment.propose(at=at)

        (judged,) = automatic.judged(at=at)
        assert (done.ordered, why in judged.hindrances, only(cup).state) == (0, True, State.OPEN)

    def test_what_was_never_bought_before_and_what_staff_changed_wait(
        self, store: Warehouse, at: datetime, buyer: User
    ) -> None:
        cup = a_seller(store, at, mode=Mode.AUTOMATIC)
        assert replenishment.propose(at=at).ordered == 0
        assert list(automatic.judged(at=at)[0].hindrances) == [Hindrance.UNUSUAL]

        replenishment.override(proposal_id=only(cup).pk, quantity=3, reason="less", actor=buyer, at=at)

        assert replenishment.propose(at=at).ordered == 0
        assert list(automatic.judged(at=at)[0].hindrances) == [Hindrance.BY_STAFF]

    def two_suppliers(self, store: Warehouse, at: datetime) -> tuple[Variant, Variant]:
        """Each SKU has a draft of its own, which today's weekday keeps from being ordered by itself."""
        cups = []
        for _ in range(2):
            supplier = a_supplier()
            cups.append(a_seller(store, at, supplier=supplier, mode=Mode.AUTOMATIC))
            self.bought_before(supplier, store, cups[-1], at)
        rules(automatic_factor=10)
        Supplier.objects.update(order_weekdays=[1])
        replenishment.propose(at=at)
        Supplier.objects.update(order_weekdays=[])
        return cups[0], cups[1]

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            (lambda supplier: SupplierOffer.objects.filter(supplier=supplier).update(minimum_quantity=500), Hindrance.TERMS),
            (lambda supplier: Supplier.objects.filter(pk=supplier).update(is_active=False), Hindrance.NOT_BOUGHT),
        ],
    )
    def test_another_level_for_one_sku_does_not_fail_over_the_draft_of_another(
        self, store: Warehouse, at: datetime, buyer: User, change: object, why: Hindrance
    ) -> None:
        cup, other = self.two_suppliers(store, at)
        order = line_of(only(other)).purchase_order
        change(order.supplier_id)  # type: ignore[operator]
        policy = ReorderPolicy.objects.get(variant=cup)

        done = service_levels.change(policy_id=policy.pk, level=Decimal("0.99"), reason="sells well", actor=buyer, at=at)

        assert done.ordered == 1
        assert [list(one.hindrances) for one in automatic.judged(at=at) if one.order == order] == [[why]]

    def test_another_level_for_one_sku_orders_nothing_else(self, store: Warehouse, at: datetime, buyer: User) -> None:
        cup, other = self.two_suppliers(store, at)
        policy = ReorderPolicy.objects.get(variant=cup)

        done = service_levels.change(policy_id=policy.pk, level=Decimal("0.99"), reason="sells well", actor=buyer, at=at)

        assert (done.ordered, only(other).state) == (1, State.OPEN)
        assert replenishment.propose(at=at).ordered == 1

    def test_a_draft_that_is_refused_stays_a_draft_and_the_night_goes_on(
        self, store: Warehouse, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(2):
            supplier = a_supplier()
            cup = a_seller(store, at, supplier=supplier, mode=Mode.AUTOMATIC)
            self.bought_before(supplier, store, cup, at)
        supplier.minimum_order_value = Decimal(900_000)
        supplier.save()
        # As if the minimum had been raised between the look and the approval.
        monkeypatch.setattr(automatic.Judged, "is_free", True)

        done = replenishment.propose(at=at)

        assert (done.opened, done.ordered, done.refused, only(cup).state) == (2, 1, 1, State.OPEN)


class TestApprovalLimits:
    def order(self, store: Warehouse, buyer: User, at: datetime) -> str:
        lines = [Wanted(a_variant().pk, 10, Decimal(6_000))]
        return purchasing.draft(supplier_id=a_supplier().pk, warehouse_id=store.pk, lines=lines, actor=buyer, at=at).number

    @pytest.fixture
    def limited(self, buyer: User) -> User:
        buyer.groups.add(Group.objects.get_or_create(name=Role.BUYER.value)[0])
        ApprovalLimit.objects.create(role=Role.BUYER.value, amount=50_000)
        return buyer

    def test_a_role_approves_up_to_its_limit_and_the_refusal_names_it(
        self, store: Warehouse, limited: User, at: datetime
    ) -> None:
        number = self.order(store, limited, at)

        with pytest.raises(AboveLimit, match=r"₩60,000.*₩50,000") as refused:
            purchasing.approve(number=number, actor=limited, at=at)
        assert refused.value.details == {"amount": "60000", "limit": "50000"}
        assert PurchaseOrder.objects.get(number=number).state == "DRAFT"

        ApprovalLimit.objects.update(amount=60_000)
        assert purchasing.approve(number=number, actor=limited, at=at).state == "APPROVED"

    def test_the_highest_of_several_roles_counts_and_an_owner_has_none(
        self, store: Warehouse, limited: User, at: datetime
    ) -> None:
        limited.groups.add(Group.objects.get_or_create(name=Role.OWNER.value)[0])

        assert purchasing.approve(number=self.order(store, limited, at), actor=limited, at=at).state == "APPROVED"

    @pytest.mark.parametrize("known", ["own offer", "preferred offer", "last cost", "price break"])
    def test_a_cost_that_is_typed_too_low_passes_no_limit(
        self, store: Warehouse, limited: User, at: datetime, known: str
    ) -> None:
        house, other = a_supplier(), a_supplier()
        sku = a_variant(cost=6_000 if known == "last cost" else 1)
        if known != "last cost":
            is_own = known != "preferred offer"
            offer = an_offer(sku, house if is_own else other, unit_cost=Decimal(6_000), is_preferred=not is_own)
            if known == "price break":
                PriceBreak.objects.create(offer=offer, from_quantity=10, unit_cost=Decimal(5_500))
                PriceBreak.objects.create(offer=offer, from_quantity=11, unit_cost=Decimal(1))
        number = purchasing.draft(
            supplier_id=house.pk, warehouse_id=store.pk, lines=[Wanted(sku.pk, 10, Decimal(0))], actor=limited, at=at
        ).number

        with pytest.raises(AboveLimit) as refused:
            purchasing.approve(number=number, actor=limited, at=at)

        assert refused.value.details["amount"] == ("55000" if known == "price break" else "60000")

    def test_whoever_may_approve_without_a_role_has_the_lowest_limit(self, store: Warehouse, buyer: User, at: datetime) -> None:
        assert approving.limit_of(buyer) is None, "no limit is set yet"
        ApprovalLimit.objects.create(role=Role.BUYER.value, amount=50_000)
        ApprovalLimit.objects.create(role=Role.OWNER.value, amount=900_000)

        assert approving.limit_of(buyer) == 50_000
        with pytest.raises(AboveLimit):
            purchasing.approve(number=self.order(store, buyer, at), actor=buyer, at=at)

    def test_a_role_that_approves_nothing_lifts_no_limit(self, store: Warehouse, limited: User, at: datetime) -> None:
        limited.groups.add(Group.objects.get_or_create(name=Role.VIEWER.value)[0])

        with pytest.raises(AboveLimit):
            purchasing.approve(number=self.order(store, limited, at), actor=limited, at=at)


class TestServiceLevels:
    def test_another_level_proposes_anew_for_this_sku_alone_and_is_taken_back(
        self, store: Warehouse, at: datetime, buyer: User
    ) -> None:
        cup, other = a_seller(store, at), a_seller(store, at)
        for day in (3, 9, 15):
            stocked(cup, store, 5, at - timedelta(days=day, hours=1))
            shipped(cup, store, 5, at - timedelta(days=day))
        replenishment.propose(at=at)
        before, untouched = only(cup), only(other)
        shipped(other, store, 3, at)  # a night would buy more of it
        policy = ReorderPolicy.objects.get(variant=cup)

        done = service_levels.change(
            policy_id=policy.pk, level=Decimal("0.995"), reason="key customer", actor=buyer, at=at + timedelta(hours=1)
        )

        after = only(cup)
        assert (done.opened, done.superseded) == (1, 1)
        assert after.quantity > before.quantity
        assert after.explanation["service"]["source"] == "POLICY"
        assert only(other) == untouched
        assert only(other).quantity == untouched.quantity
        assert list(PolicyChange.objects.values_list("before", "after", "reason")) == [(None, Decimal("0.995"), "key customer")]

        service_levels.undo(policy_id=policy.pk, reason="gone", actor=buyer, at=at + timedelta(hours=2))

        policy.refresh_from_db()
        assert (policy.service_level, only(cup).quantity) == (None, before.quantity)
        assert PolicyChange.objects.count() == 2

    def test_a_level_without_a_reason_out_of_bounds_or_unchanged_is_refused(
        self, store: Warehouse, at: datetime, buyer: User
    ) -> None:
        policy = a_policy(a_variant(), store)
        for level, reason in ((Decimal("0.9"), " "), (Decimal("0.4"), "x"), (None, "x")):
            with pytest.raises(Invalid):
                service_levels.change(policy_id=policy.pk, level=level, reason=reason, actor=buyer, at=at)
        with pytest.raises(Conflict):
            service_levels.undo(policy_id=policy.pk, reason="x", actor=buyer, at=at)


def test_incoming_counts_purchase_orders_but_not_the_draft_being_thought_over(
    store: Warehouse, at: datetime, buyer: User
) -> None:
    cup = a_seller(store, at)
    replenishment.propose(at=at)
    (policy,) = cup.policies.all()

    def on_order() -> int:
        return demand.positions(policies=[policy.pk])[policy.pk].on_order

    assert on_order() == 0

    purchasing.draft(supplier_id=a_supplier().pk, warehouse_id=store.pk, lines=[Wanted(cup.pk, 8)], actor=buyer, at=at)

    assert on_order() == 8
    assert incoming.agreed() == {}

    purchasing.approve(number=PurchaseOrder.objects.get(is_proposed=False).number, actor=buyer, at=at)

    assert incoming.agreed() == incoming.agreed(variants=[cup.pk]) == {(cup.pk, store.pk): 8}
    assert incoming.agreed(variants=[]) == {}


def test_a_budget_is_shared_with_what_other_proposals_hold(store: Warehouse, at: datetime, buyer: User) -> None:
    first, second = a_seller(store, at), a_seller(store, at)
    rules(monthly_budget=50 * 5_000)
    replenishment.propose(at=at)
    assert [one.quantity for one in open_proposals()] == [25, 25]

    replenishment.override(proposal_id=only(first).pk, quantity=40, reason="more", actor=buyer, at=at)
    replenishment.propose(at=at, policies=[ReorderPolicy.objects.get(variant=second).pk])

    assert only(second).quantity == 10
