"""What each reorder policy asks for today, and why a purchase order holds what it holds."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from inventory import replenishment
from inventory.models import (
    DemandAdvice,
    Mode,
    PurchaseOrderLine,
    ReorderPolicy,
    ReplenishmentProposal,
    StockingRules,
    SupplierOffer,
)
from inventory.order_days import OrderDays
from inventory.queries import demand, expected
from inventory.queries.demand import Recorded
from inventory.queries.terms import Book, Lead, Service
from inventory.replenishment import Advised, Basis, Nothing, Plan, Position, Terms

# Named in each explanation, so that an old one is read by the rule it was made with.
RULE = "R,s,S 2"
# Policies that are read and planned together: enough that the statements' own cost vanishes, few enough for a small memory.
AT_ONCE = 5000
# Days of expected demand that an explanation shows.
SHOWN_DAYS = 28
Place = tuple[int, int]
Prices = Sequence[tuple[int, Decimal]]


@dataclass(frozen=True, slots=True)
class Need:
    """One policy thought through: what its preferred supplier would be asked for, and every figure behind it.

    `quantity` is what is left of the plan's after budget and deliveries were shared, `cut` says which of them took from it.
    """

    policy: ReorderPolicy
    offer: SupplierOffer
    plan: Plan | Advised
    terms: Terms
    position: Position
    service: Service
    lead: Lead
    days: OrderDays
    last_on: date
    prices: Prices
    book: Recorded | None
    advice: DemandAdvice | None
    quantity: int
    cut: Nothing | None = None

    @property
    def place(self) -> Place:
        return self.policy.variant_id, self.policy.warehouse_id

    @property
    def is_suggestion(self) -> bool:
        return self.service.mode == Mode.SUGGEST

    @property
    def nothing(self) -> Nothing | None:
        return None if self.quantity else self.plan.nothing or self.cut

    def shared(self, quantity: int, cut: Nothing) -> "Need":
        return replace(self, quantity=quantity, cut=cut)

    def explanation(self, units: int) -> dict[str, Any]:
        """Everything that led to the plan, as plain values; the unit cost is that of so many units."""
        service, days = self.service, self.days
        told: dict[str, Any] = {
            "rule": RULE,
            "basis": Basis.RECORDED if self.advice is None else Basis.ADVICE,
            "last_on": self.last_on.isoformat(),
            "unit_cost": str(price_of(units, self.prices)),
            "prices": [[quantity, str(cost)] for quantity, cost in self.prices],
            "stock": asdict(self.position),
            "terms": asdict(self.terms),
            "service": {"source": service.source, "class": service.name, "mode": service.mode},
            "lead": {"promised": self.lead.promised, "receipts": self.lead.receipts, "source": self.lead.source},
            "order_days": {
                "weekdays": list(self.offer.supplier.order_weekdays),
                "next_on": days.next_on.isoformat(),
                "after_on": days.after_on.isoformat(),
            },
            "plan": asdict(self.plan),
            "share": None if self.cut is None else {"because": self.cut, "quantity": self.quantity},
        }
        if self.book is not None:
            told["shipped"] = list(self.book.demand.shipped)
            told["sold_out"] = [int(one) for one in self.book.demand.sold_out]
        if self.advice is not None:
            told["advice"] = {
                "origin": self.advice.origin.isoformat(),
                "method": self.advice.method,
                "dispersion": self.advice.dispersion,
                "doubt": self.advice.doubt,
                "valid_until": self.advice.valid_until.isoformat(),
            }
            told["daily"] = [
                round(units, 2)
                for units in expected.outlook_of(self.advice, self.last_on + timedelta(days=1)).daily[:SHOWN_DAYS]
            ]
        # As it comes back from the database: what is compared with it is written alike.
        plain: dict[str, Any] = _plain(told)
        return plain


@dataclass(frozen=True, slots=True)
class Needs:
    """Those that buy something or were asked for, in a fixed order; the others by why they buy nothing.

    What is off sale is not bought, and without an active supplier that is preferred there is nobody to buy from.
    """

    rules: StockingRules
    needs: list[Need] = field(default_factory=list)
    nothing: Counter[str] = field(default_factory=Counter)
    off_sale: list[int] = field(default_factory=list)
    unsupplied: list[int] = field(default_factory=list)


def needs(
    *, at: datetime, as_of: date, policies: Collection[int] | None = None, keep: Collection[Place] | None = None
) -> Needs:
    """Each policy's plan from fresh advice, else from the demand of the days before `as_of`, and the stock of this moment.

    Without `policies`, of all that are enabled. Plans that buy nothing are only counted, unless they are of one of the places
    to `keep`; without `keep` all are kept. A fixed number of queries for each `AT_ONCE` policies.
    """
    last_on = as_of - timedelta(days=1)
    rows = ReorderPolicy.objects.order_by("variant_id", "warehouse_id")
    rows = rows.filter(is_enabled=True) if policies is None else rows.filter(pk__in=policies)
    ids = list(rows.values_list("pk", flat=True))
    variants = None if policies is None else list(rows.values_list("variant", flat=True))
    book = Book(at, variants)
    found = Needs(book.rules)
    for first in range(0, len(ids), AT_ONCE):
        for need in _chunk(ids[first : first + AT_ONCE], book, as_of, last_on, found):
            if need.quantity or keep is None or need.place in keep:
                found.needs.append(need)
            elif need.nothing:
                found.nothing[need.nothing.value] += 1
    return found


def _chunk(ids: Sequence[int], book: Book, as_of: date, last_on: date, found: Needs) -> Iterator[Need]:
    policies = list(
        ReorderPolicy.objects.filter(pk__in=ids).select_related("variant__product").order_by("variant_id", "warehouse_id")
    )
    wanted = []
    for policy in policies:
        if not policy.variant.is_on_sale:
            found.off_sale.append(policy.pk)
        elif policy.variant_id not in book.offers:
            found.unsupplied.append(policy.pk)
        else:
            wanted.append(policy)
    made = expected.fresh(as_of=as_of, variants={one.variant_id for one in wanted})
    by_place = {(one.variant_id, one.warehouse_id): one for one in made}
    advice = {one.pk: by_place[place] for one in wanted if (place := (one.variant_id, one.warehouse_id)) in by_place}
    positions = demand.positions(policies=[one.pk for one in wanted if one.pk in advice])
    books = demand.telling(last_on=last_on, policies=[one.pk for one in wanted if one.pk not in advice])
    for policy in wanted:
        advised, recorded = advice.get(policy.pk), books.get(policy.pk)
        position = recorded.position if recorded else positions.get(policy.pk)
        if position is not None:
            yield _need(policy, book, position, recorded, advised, last_on)


def price_of(units: int, prices: Prices) -> Decimal:
    """What each of so many units costs."""
    return next(cost for quantity, cost in reversed(prices) if quantity <= max(units, 1))


def prices_of(explanation: Mapping[str, Any]) -> list[tuple[int, Decimal]]:
    """The prices a proposal was made with."""
    return [(quantity, Decimal(cost)) for quantity, cost in explanation.get("prices", ())]


def _need(
    policy: ReorderPolicy,
    book: Book,
    position: Position,
    recorded: Recorded | None,
    advice: DemandAdvice | None,
    last_on: date,
) -> Need:
    offer = book.offers[policy.variant_id]
    service, lead = book.service(policy), book.lead(offer)
    terms = book.terms(policy, offer, service, lead)
    plan: Plan | Advised
    if advice is not None:
        plan = replenishment.advised(expected.outlook_of(advice, last_on + timedelta(days=1)), terms, position)
    else:
        assert recorded is not None  # noqa: S101  whoever has no advice was looked up in the ledger
        plan = replenishment.plan(recorded.demand, terms, position)
    return Need(
        policy=policy,
        offer=offer,
        plan=plan,
        terms=terms,
        position=position,
        service=service,
        lead=lead,
        days=book.days(offer),
        last_on=last_on,
        prices=book.prices(offer),
        book=recorded,
        advice=advice,
        quantity=plan.quantity,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Why:
    """The proposal behind one line of a purchase order."""

    proposal: ReplenishmentProposal
    line: PurchaseOrderLine

    @property
    def plan(self) -> dict[str, Any]:
        plan: dict[str, Any] = self.proposal.explanation.get("plan", {})
        return plan


def why(*, purchase_order_id: int) -> dict[int, Why]:
    """By line id: the proposal that put the line into the purchase order. Lines that staff wrote have none. One query."""
    behind = (
        ReplenishmentProposal.objects.filter(
            line__purchase_order_id=purchase_order_id,
            state__in=[ReplenishmentProposal.State.OPEN, ReplenishmentProposal.State.ORDERED],
        )
        .select_related("line", "variant", "warehouse", "override_by")
        .order_by("id")
    )
    return {one.line.pk: Why(one, one.line) for one in behind if one.line is not None}
