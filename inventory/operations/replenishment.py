"""What to buy, thought over each night: one open proposal for each SKU and warehouse, in one draft for each supplier.

Only the replenishment's own drafts are changed here. Inside them, what staff changed stands: a changed line is a quantity they
chose, a line taken out is their no.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from config.kernel import shop
from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User
from inventory.models import PolicyChange, PurchaseOrderLine, ReorderPolicy, ReplenishmentProposal
from inventory.operations import automatic
from inventory.operations.drafting import Drafts
from inventory.operations.purchase_steps import MOST_UNITS
from inventory.queries import replenishment as queries
from inventory.queries import sharing
from inventory.queries.replenishment import Need, Needs
from inventory.replenishment import is_another_need

State = ReplenishmentProposal.State
Place = tuple[int, int]
# The number of the advisory lock: "repl" in ASCII. Nothing else in the shop's database takes one of this number.
_LOCK = 0x7265706C
# How long the night's run waits for the one before it. A person waits no longer than for any other row.
_PATIENCE = "300s"
_LONGEST_REASON = 300
# Proposals that are explained and written together.
_AT_ONCE = 500
LOWEST_SERVICE, HIGHEST_SERVICE = Decimal("0.5"), Decimal("0.9999")
MOST_REVIEW_DAYS = 365
# Why nothing is bought, beside the reasons of the rule.
OFF_SALE = "OFF_SALE"  # the SKU or its product cannot be ordered
NO_SUPPLIER = "NO_SUPPLIER"  # no active supplier is preferred for the SKU
DISMISSED = "DISMISSED"  # staff said no to it lately


class ProposalClosed(Conflict):
    """The proposal was ordered, dismissed or superseded meanwhile."""

    code = "proposal_closed"


@dataclass(frozen=True)
class Proposed:
    """What one run changed, and why the other policies buy nothing."""

    opened: int
    superseded: int
    refreshed: int
    kept: int
    drafts_opened: int
    drafts_canceled: int
    nothing: Mapping[str, int] = field(default_factory=dict)
    ordered: int = 0
    refused: int = 0

    @property
    def changed(self) -> int:
        return self.opened + self.superseded + self.refreshed


@transaction.atomic
def propose(
    *, at: datetime, as_of: date | None = None, actor: User | None = None, policies: Collection[int] | None = None
) -> Proposed:
    """Brings the open proposals and their drafts in line with what every enabled policy needs, or what these `policies` need.

    `as_of` moves the window of demand to the days before that day; stock and purchase orders are always those of now, since
    nobody can buy yesterday. Run again without a change of stock, sales or policies it changes nothing. All of it is one
    transaction: a run that dies leaves the proposals as they were.
    """
    day = _day(at, as_of)
    _take_turns(patient=policies is None)
    drafts = Drafts.locked(actor=actor, at=at)
    standing, others = _standing(at, policies)
    found = queries.needs(at=at, as_of=day, policies=policies, keep=standing)
    wanted, nothing = _sorted_out(found, standing, at)
    shares = sharing.shared(list(wanted.values()), standing=standing, others=others, rules=found.rules, at=at)
    wanted = {need.place: need for need in shares if need.quantity or _is_overridden(standing.get(need.place))}
    nothing += Counter(need.cut.value for need in shares if need.cut is not None and need.place not in wanted)
    gone = {place: one for place, one in standing.items() if place not in wanted or not _still_right(one, wanted[place])}
    own_lines = {one.line_id for one in (*standing.values(), *others)} - {None}
    costs = {(one.offer_id, one.warehouse_id): cost for one in standing.values() if (cost := _cost_by_staff(one)) is not None}
    for proposal in gone.values():
        if proposal.line is not None:
            drafts.drop(proposal.line)
    opened, refreshed = [], []
    told: list[Need] = []
    for place, need in wanted.items():
        before, line = standing.get(place), drafts.line(need.offer, place[1])
        # Staff may have written the SKU into the draft themselves.
        by_staff = line if line is not None and line.pk not in own_lines else None
        if before is None or place in gone:
            proposal = _new(need, before, by_staff, at)
            opened.append(proposal)
            told.append(need)
        else:
            proposal = before
            if _refresh(before, need, at):
                refreshed.append(before)
        if proposal.is_suggestion:
            continue
        unit_cost = by_staff.unit_cost if by_staff else costs.get((need.offer.pk, place[1]))
        unit_cost = queries.price_of(proposal.units, need.prices) if unit_cost is None else unit_cost
        proposal.line = drafts.put(need.offer, place[1], proposal.units, unit_cost=unit_cost)

    ReplenishmentProposal.objects.filter(pk__in=[one.pk for one in gone.values()], state=State.OPEN).update(
        state=State.SUPERSEDED, decided_at=at
    )
    drafts.write()
    ReplenishmentProposal.objects.bulk_update(refreshed, ["quantity", "explanation", "as_of"], batch_size=500)
    _write(opened, told)
    done = automatic.approve_within_limits(at=at, only=None if policies is None else drafts.touched)
    return Proposed(
        opened=len(opened),
        superseded=len(gone),
        refreshed=len(refreshed),
        kept=len(standing) - len(gone) - len(refreshed),
        drafts_opened=len(drafts.opened),
        drafts_canceled=len(drafts.canceled),
        ordered=len(done.ordered),
        refused=len(done.refused),
        nothing=dict(sorted(nothing.items())),
    )


@transaction.atomic
def accept(*, proposal_id: int, actor: User | None, at: datetime) -> ReplenishmentProposal:
    """Takes a suggestion into the draft for its supplier, where it waits for approval like any other."""
    _take_turns()
    drafts = Drafts.locked(actor=actor, at=at)
    proposal = _locked(proposal_id)
    if not proposal.is_suggestion:
        raise ProposalClosed(_("It stands in a purchase order already."), details={"proposal": proposal_id})
    cost = queries.price_of(proposal.units, queries.prices_of(proposal.explanation))
    proposal.is_suggestion = False
    proposal.line = drafts.put(proposal.offer, proposal.warehouse_id, proposal.units, unit_cost=cost)
    drafts.write()
    proposal.save(update_fields=["is_suggestion", "line"])
    return proposal


@transaction.atomic
def accept_all(*, supplier_id: int, warehouse_id: int, actor: User | None, at: datetime) -> int:
    """Takes every suggestion for a supplier and a warehouse into its draft; answers how many there were."""
    _take_turns()
    drafts = Drafts.locked(actor=actor, at=at)
    rows = ReplenishmentProposal.objects.filter(
        state=State.OPEN, is_suggestion=True, offer__supplier=supplier_id, warehouse=warehouse_id
    )
    found = list(rows.select_related("offer").select_for_update(of=("self",), no_key=True).order_by("pk"))
    if not found:
        raise ProposalClosed(_("Nothing is suggested there any more."))
    for proposal in found:
        cost = queries.price_of(proposal.units, queries.prices_of(proposal.explanation))
        proposal.is_suggestion = False
        proposal.line = drafts.put(proposal.offer, proposal.warehouse_id, proposal.units, unit_cost=cost)
    drafts.write()
    ReplenishmentProposal.objects.bulk_update(found, ["is_suggestion", "line"], batch_size=500)
    return len(found)


@transaction.atomic
def dismiss(*, proposal_id: int, reason: str, actor: User | None, at: datetime) -> ReplenishmentProposal:
    """Takes the proposal out of its draft. The same need is not proposed again until the policy's days to cover have passed."""
    proposal, drafts = _open_one(proposal_id, actor, at)
    if proposal.line is not None:
        drafts.drop(proposal.line)
    proposal.state, proposal.reason = State.DISMISSED, required(reason)
    proposal.decided_by, proposal.decided_at = actor, at
    proposal.line = None
    proposal.save(update_fields=["state", "reason", "decided_by", "decided_at", "line"])
    drafts.write()
    return proposal


@transaction.atomic
def override(*, proposal_id: int, quantity: int, reason: str, actor: User | None, at: datetime) -> ReplenishmentProposal:
    """Buys `quantity` instead of what was computed, also on later nights, until it is ordered or the override is undone."""
    if quantity < 1:
        raise Invalid(_("The quantity is at least one. To buy nothing, dismiss the proposal."), details={"field": "quantity"})
    if quantity > MOST_UNITS:
        raise Invalid(_("A quantity lies between 1 and %(most)s.") % {"most": MOST_UNITS}, details={"field": "quantity"})
    proposal, drafts = _open_one(proposal_id, actor, at)
    proposal.override, proposal.override_reason, proposal.override_by = quantity, required(reason), actor
    return _save_override(proposal, drafts)


@transaction.atomic
def undo_override(*, proposal_id: int, actor: User | None, at: datetime) -> ReplenishmentProposal:
    """Buys the computed quantity again."""
    proposal, drafts = _open_one(proposal_id, actor, at)
    if proposal.override is None:
        raise Conflict(_("Nobody set another quantity."))
    proposal.override, proposal.override_reason, proposal.override_by = None, "", None
    return _save_override(proposal, drafts)


@transaction.atomic
def change_policies(
    *,
    policy_ids: Collection[int],
    actor: User | None,
    at: datetime,
    service_level: Decimal | None = None,
    reason: str = "",
    review_days: int | None = None,
    is_enabled: bool | None = None,
) -> int:
    """Gives several policies the same values; what is None stays as it is. Tells how many there were.

    Another service level needs a reason, which stands in the history of each policy that had another one.
    """
    values = {"service_level": service_level, "review_days": review_days, "is_enabled": is_enabled}
    given = {name: value for name, value in values.items() if value is not None}
    if not given:
        raise Invalid(_("Say what to change."), details={"field": "service_level"})
    if service_level is not None and not LOWEST_SERVICE <= service_level <= HIGHEST_SERVICE:
        raise Invalid(_("The service level lies between 50 and 99.99 percent."), details={"field": "service_level"})
    if review_days is not None and not 0 <= review_days <= MOST_REVIEW_DAYS:
        raise Invalid(
            _("The days to cover lie between 0 and %(most)s.") % {"most": MOST_REVIEW_DAYS}, details={"field": "review_days"}
        )
    policies = ReorderPolicy.objects.filter(pk__in=policy_ids)
    if service_level is not None:
        why = required(reason)
        locked = policies.select_for_update(no_key=True).order_by("pk")
        PolicyChange.objects.bulk_create(
            [
                PolicyChange(policy=one, before=one.service_level, after=service_level, reason=why, actor=actor, occurred_at=at)
                for one in locked
                if one.service_level != service_level
            ],
            batch_size=500,
        )
    return policies.update(**given)


def _save_override(proposal: ReplenishmentProposal, drafts: Drafts) -> ReplenishmentProposal:
    by_staff, prices = _cost_by_staff(proposal), queries.prices_of(proposal.explanation)
    if prices:
        # Another quantity may reach another price break.
        proposal.explanation["unit_cost"] = str(queries.price_of(proposal.units, prices))
    if proposal.line is not None:
        cost = proposal.line.unit_cost if by_staff is not None or not prices else queries.price_of(proposal.units, prices)
        drafts.put(proposal.offer, proposal.warehouse_id, proposal.units, unit_cost=cost)
        drafts.write()
    proposal.save(update_fields=["override", "override_reason", "override_by", "explanation"])
    return proposal


def _take_turns(*, patient: bool = False) -> None:
    """Two runs at once would both see the same need unmet: the second one waits here until the first has committed.

    A run of many policies takes longer than anybody waits for a row, so a run that is `patient` may wait for it, here only.
    """
    with connection.cursor() as cursor:
        if not patient:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            return
        cursor.execute("SELECT current_setting('lock_timeout')")
        (usual,) = cursor.fetchone()
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_PATIENCE])
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [usual])


def _day(at: datetime, as_of: date | None) -> date:
    today = shop.day(at)
    if as_of is not None and as_of > today:
        raise Invalid(
            _("The day lies in the future: demand is only known up to yesterday."),
            details={"field": "as_of", "as_of": as_of.isoformat(), "today": today.isoformat()},
        )
    return as_of or today


def _standing(
    at: datetime, policies: Collection[int] | None
) -> tuple[dict[Place, ReplenishmentProposal], list[ReplenishmentProposal]]:
    """The open proposals by place, after what staff did to their lines has been taken over; those beside the policies apart."""
    found = ReplenishmentProposal.objects.filter(state=State.OPEN).select_related("line").order_by("variant", "warehouse")
    places = None
    if policies is not None:
        places = set(ReorderPolicy.objects.filter(pk__in=policies).values_list("variant", "warehouse"))
    standing, others, taken_out, changed = {}, [], [], []
    for proposal in found:
        if proposal.line is None and not proposal.is_suggestion:
            taken_out.append(proposal.pk)
            continue
        if proposal.line is not None and proposal.line.quantity != proposal.units:
            proposal.override, proposal.override_reason, proposal.override_by = proposal.line.quantity, "", None
            changed.append(proposal)
        place = (proposal.variant_id, proposal.warehouse_id)
        if places is None or place in places:
            standing[place] = proposal
        else:
            others.append(proposal)
    ReplenishmentProposal.objects.filter(pk__in=taken_out, state=State.OPEN).update(state=State.DISMISSED, decided_at=at)
    ReplenishmentProposal.objects.bulk_update(changed, ["override", "override_reason", "override_by"], batch_size=500)
    return standing, others


def _dismissed_lately(needs: Collection[Need], at: datetime) -> dict[Place, int]:
    """What staff said no to within the days that the purchase would have covered, by place."""
    policies: dict[Place, ReorderPolicy] = {need.place: need.policy for need in needs}
    longest = timedelta(days=max((one.review_days for one in policies.values()), default=0))
    rows = ReplenishmentProposal.objects.filter(state=State.DISMISSED, decided_at__gt=at - longest)
    dismissed = {}
    for row in rows.defer("explanation").order_by("decided_at", "id"):
        policy = policies.get((row.variant_id, row.warehouse_id))
        if policy and row.decided_at and row.decided_at > at - timedelta(days=policy.review_days):
            dismissed[row.variant_id, row.warehouse_id] = row.quantity
    return dismissed


def _sorted_out(
    found: Needs, standing: Mapping[Place, ReplenishmentProposal], at: datetime
) -> tuple[dict[Place, Need], Counter[str]]:
    """What is to be bought, by place, and how many policies buy nothing for which reason."""
    dismissed = _dismissed_lately(found.needs, at)
    wanted: dict[Place, Need] = {}
    nothing = found.nothing + Counter({OFF_SALE: len(found.off_sale), NO_SUPPLIER: len(found.unsupplied)})
    for need in found.needs:
        place = need.place
        if _is_overridden(standing.get(place)):
            wanted[place] = need
        elif need.nothing:
            nothing[need.nothing.value] += 1
        elif place in dismissed and not is_another_need(dismissed[place], need.quantity):
            nothing[DISMISSED] += 1
        else:
            wanted[place] = need
    return wanted, nothing


def _is_overridden(proposal: ReplenishmentProposal | None) -> bool:
    return proposal is not None and proposal.override is not None


def _is_suggestion(need: Need, before: ReplenishmentProposal | None) -> bool:
    """What somebody took into a purchase order is no mere suggestion any more."""
    return need.is_suggestion and (before is None or before.is_suggestion)


def _still_right(proposal: ReplenishmentProposal, need: Need) -> bool:
    return (
        proposal.offer_id == need.offer.pk
        and (proposal.override is not None or proposal.quantity == need.quantity)
        and proposal.is_suggestion == _is_suggestion(need, proposal)
    )


def _refresh(proposal: ReplenishmentProposal, need: Need, at: datetime) -> bool:
    """Gives a proposal that stands the figures of this run; False where they are the same."""
    quantity = need.quantity or proposal.quantity
    explanation = need.explanation(quantity if proposal.override is None else proposal.override)
    if proposal.explanation == explanation:
        return False
    proposal.explanation, proposal.as_of, proposal.quantity = explanation, at, quantity
    return True


def _cost_by_staff(proposal: ReplenishmentProposal) -> Decimal | None:
    """The unit cost where staff wrote another one than the offer's of that night."""
    if proposal.line is None or str(proposal.line.unit_cost) == proposal.explanation.get("unit_cost"):
        return None
    cost: Decimal = proposal.line.unit_cost
    return cost


def _new(
    need: Need, before: ReplenishmentProposal | None, by_staff: PurchaseOrderLine | None, at: datetime
) -> ReplenishmentProposal:
    """With the quantity that staff set: on the proposal before it, or with a line of their own in the draft."""
    proposal = ReplenishmentProposal(
        variant_id=need.policy.variant_id,
        warehouse_id=need.policy.warehouse_id,
        offer=need.offer,
        quantity=need.quantity,
        is_suggestion=_is_suggestion(need, before) and by_staff is None,
        as_of=at,
    )
    if before is not None and before.override is not None:
        proposal.quantity = need.quantity or before.quantity
        proposal.override, proposal.override_reason = before.override, before.override_reason
        proposal.override_by_id = before.override_by_id
    elif by_staff is not None:
        proposal.override = by_staff.quantity
    return proposal


def _write(opened: list[ReplenishmentProposal], needs: list[Need]) -> None:
    """Explains and writes so many at a time: the explanations of a large shop, all at once, would be most of the memory."""
    for first in range(0, len(opened), _AT_ONCE):
        some = opened[first : first + _AT_ONCE]
        for proposal, need in zip(some, needs[first : first + _AT_ONCE], strict=True):
            proposal.explanation = need.explanation(proposal.units)
        ReplenishmentProposal.objects.bulk_create(some)
        for proposal in some:
            proposal.explanation = {}


def _locked(proposal_id: int) -> ReplenishmentProposal:
    """An open proposal; its draft must have been locked before."""
    rows = ReplenishmentProposal.objects.filter(pk=proposal_id)
    proposal = rows.select_for_update(of=("self",), no_key=True).select_related("line", "offer").first()
    if proposal is None:
        raise Missing(_("There is no such proposal."), details={"proposal": proposal_id})
    if proposal.state != State.OPEN:
        raise ProposalClosed(
            _("The proposal is not open any more: it is %(state)s.") % {"state": proposal.get_state_display()},
            details={"proposal": proposal_id, "state": proposal.state},
        )
    return proposal


def _open_one(proposal_id: int, actor: User | None, at: datetime) -> tuple[ReplenishmentProposal, Drafts]:
    """The proposal with its draft, both locked, the draft first. A suggestion has none, so it takes turns with the runs."""
    lines = ReplenishmentProposal.objects.filter(pk=proposal_id).values_list("line", flat=True)
    line_id = lines.first()
    if line_id is None:
        _take_turns()
        line_id = lines.first()
    drafts = Drafts.locked(actor=actor, at=at, line_id=line_id or 0)
    proposal = _locked(proposal_id)
    if proposal.line_id != line_id or (proposal.line is None and not proposal.is_suggestion):
        raise ProposalClosed(
            _("Its line was taken out of the purchase order."), details={"proposal": proposal_id, "state": proposal.state}
        )
    return proposal, drafts


def required(reason: str) -> str:
    """The reason, which must be there."""
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid(_("Say why: whoever looks later wants to know."), details={"field": "reason"})
    if len(reason) > _LONGEST_REASON:
        raise Invalid(_("The reason is too long."), details={"field": "reason", "longest": _LONGEST_REASON})
    return reason
