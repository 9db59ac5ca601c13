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
from inventory.models import PurchaseOrderLine, ReorderPolicy, ReplenishmentProposal
from inventory.operations.drafting import Drafts
from inventory.operations.purchase_steps import MOST_UNITS
from inventory.queries import replenishment as queries
from inventory.queries.replenishment import Need, Needs
from inventory.replenishment import is_another_need

State = ReplenishmentProposal.State
Place = tuple[int, int]
# The number of the advisory lock: "repl" in ASCII. Nothing else in the shop's database takes one of this number.
_LOCK = 0x7265706C
# How long a run waits for the one before it.
_PATIENCE = "300s"
_LONGEST_REASON = 300
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

    @property
    def changed(self) -> int:
        return self.opened + self.superseded + self.refreshed


@transaction.atomic
def propose(*, at: datetime, as_of: date | None = None, actor: User | None = None) -> Proposed:
    """Brings the open proposals and their drafts in line with what every enabled policy needs.

    `as_of` moves the window of demand to the days before that day; stock and purchase orders are always those of now, since
    nobody can buy yesterday. Run again without a change of stock, sales or policies it changes nothing.
    """
    day = _day(at, as_of)
    _take_turns()
    drafts = Drafts.locked(actor=actor, at=at)
    standing = _standing(at)
    found = queries.needs(as_of=day)
    wanted, nothing = _sorted_out(found, standing, at)
    gone = {place: one for place, one in standing.items() if place not in wanted or not _still_right(one, wanted[place])}
    own_lines = {one.line_id for one in standing.values()}
    costs = {(one.offer_id, one.warehouse_id): cost for one in standing.values() if (cost := _cost_by_staff(one)) is not None}
    for proposal in gone.values():
        drafts.drop(_line(proposal))
    opened, refreshed = [], []
    for place, need in wanted.items():
        before, line = standing.get(place), drafts.line(need.offer, place[1])
        # Staff may have written the SKU into the draft themselves.
        by_staff = line if line is not None and line.pk not in own_lines else None
        if before is None or place in gone:
            proposal = _new(need, before, by_staff, at)
            opened.append(proposal)
        else:
            proposal = before
            if _refresh(before, need, at):
                refreshed.append(before)
        unit_cost = by_staff.unit_cost if by_staff else costs.get((need.offer.pk, place[1]))
        proposal.line = drafts.put(need.offer, place[1], proposal.units, unit_cost=unit_cost)

    ReplenishmentProposal.objects.filter(pk__in=[one.pk for one in gone.values()]).update(state=State.SUPERSEDED, decided_at=at)
    drafts.write()
    ReplenishmentProposal.objects.bulk_update(refreshed, ["quantity", "explanation", "as_of"], batch_size=500)
    ReplenishmentProposal.objects.bulk_create(opened, batch_size=500)
    return Proposed(
        opened=len(opened),
        superseded=len(gone),
        refreshed=len(refreshed),
        kept=len(standing) - len(gone) - len(refreshed),
        drafts_opened=len(drafts.opened),
        drafts_canceled=len(drafts.canceled),
        nothing=nothing,
    )


@transaction.atomic
def dismiss(*, proposal_id: int, reason: str, actor: User | None, at: datetime) -> ReplenishmentProposal:
    """Takes the proposal out of its draft. The same need is not proposed again until the policy's days to cover have passed."""
    proposal, drafts = _open_one(proposal_id, actor, at)
    drafts.drop(_line(proposal))
    proposal.state, proposal.reason = State.DISMISSED, _required(reason)
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
    proposal.override, proposal.override_reason, proposal.override_by = quantity, _required(reason), actor
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
    review_days: int | None = None,
    is_enabled: bool | None = None,
) -> int:
    """Gives several policies the same values; what is None stays as it is. Tells how many there were."""
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
    return ReorderPolicy.objects.filter(pk__in=policy_ids).update(**given)


def _save_override(proposal: ReplenishmentProposal, drafts: Drafts) -> ReplenishmentProposal:
    drafts.put(proposal.offer, proposal.warehouse_id, proposal.units, unit_cost=_line(proposal).unit_cost)
    drafts.write()
    proposal.save(update_fields=["override", "override_reason", "override_by"])
    return proposal


def _take_turns() -> None:
    """Two runs at once would both see the same need unmet: the second one waits here until the first has committed.

    A run of many policies takes longer than anybody waits for a row, so only this wait may last.
    """
    with connection.cursor() as cursor:
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


def _standing(at: datetime) -> dict[Place, ReplenishmentProposal]:
    """The open proposals by place, after what staff did to their lines has been taken over."""
    found = ReplenishmentProposal.objects.filter(state=State.OPEN).select_related("line").order_by("variant", "warehouse")
    standing, taken_out, changed = {}, [], []
    for proposal in found:
        if proposal.line is None:
            taken_out.append(proposal.pk)
            continue
        if proposal.line.quantity != proposal.units:
            proposal.override, proposal.override_reason, proposal.override_by = proposal.line.quantity, "", None
            changed.append(proposal)
        standing[proposal.variant_id, proposal.warehouse_id] = proposal
    ReplenishmentProposal.objects.filter(pk__in=taken_out).update(state=State.DISMISSED, decided_at=at)
    ReplenishmentProposal.objects.bulk_update(changed, ["override", "override_reason", "override_by"], batch_size=500)
    return standing


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
) -> tuple[dict[Place, Need], dict[str, int]]:
    """What is to be bought, by place, and how many policies buy nothing for which reason."""
    dismissed = _dismissed_lately(found.needs, at)
    wanted: dict[Place, Need] = {}
    nothing = Counter({OFF_SALE: len(found.off_sale), NO_SUPPLIER: len(found.unsupplied)})
    for need in found.needs:
        place, stands = need.place, standing.get(need.place)
        if stands is not None and stands.override is not None:
            wanted[place] = need
        elif need.plan.nothing:
            nothing[need.plan.nothing.value] += 1
        elif place in dismissed and not is_another_need(dismissed[place], need.plan.quantity):
            nothing[DISMISSED] += 1
        else:
            wanted[place] = need
    return wanted, {reason: number for reason, number in sorted(nothing.items()) if number}


def _still_right(proposal: ReplenishmentProposal, need: Need) -> bool:
    return proposal.offer_id == need.offer.pk and (proposal.override is not None or proposal.quantity == need.plan.quantity)


def _refresh(proposal: ReplenishmentProposal, need: Need, at: datetime) -> bool:
    """Gives a proposal that stands the figures of this run; False where they are the same."""
    if proposal.explanation == need.explanation:
        return False
    proposal.explanation, proposal.as_of = need.explanation, at
    proposal.quantity = need.plan.quantity or proposal.quantity
    return True


def _line(proposal: ReplenishmentProposal) -> PurchaseOrderLine:
    assert proposal.line is not None  # noqa: S101  an open proposal without a line has been taken out by then
    return proposal.line


def _cost_by_staff(proposal: ReplenishmentProposal) -> Decimal | None:
    """The unit cost where staff wrote another one than the offer's of that night."""
    cost = _line(proposal).unit_cost
    return None if str(cost) == proposal.explanation.get("unit_cost") else cost


def _new(
    need: Need, before: ReplenishmentProposal | None, by_staff: PurchaseOrderLine | None, at: datetime
) -> ReplenishmentProposal:
    """With the quantity that staff set: on the proposal before it, or with a line of their own in the draft."""
    proposal = ReplenishmentProposal(
        variant_id=need.policy.variant_id,
        warehouse_id=need.policy.warehouse_id,
        offer=need.offer,
        quantity=need.plan.quantity,
        explanation=need.explanation,
        as_of=at,
    )
    if before is not None and before.override is not None:
        proposal.quantity = need.plan.quantity or before.quantity
        proposal.override, proposal.override_reason = before.override, before.override_reason
        proposal.override_by_id = before.override_by_id
    elif by_staff is not None:
        proposal.override = by_staff.quantity
    return proposal


def _open_one(proposal_id: int, actor: User | None, at: datetime) -> tuple[ReplenishmentProposal, Drafts]:
    """The proposal with its draft, both locked, the draft first."""
    rows = ReplenishmentProposal.objects.filter(pk=proposal_id)
    line_id = rows.values_list("line", flat=True).first()
    drafts = Drafts.locked(actor=actor, at=at, line_id=line_id or 0)
    proposal = rows.select_for_update(of=("self",), no_key=True).select_related("line", "offer").first()
    if proposal is None:
        raise Missing(_("There is no such proposal."), details={"proposal": proposal_id})
    if proposal.state != State.OPEN:
        raise ProposalClosed(
            _("The proposal is not open any more: it is %(state)s.") % {"state": proposal.get_state_display()},
            details={"proposal": proposal_id, "state": proposal.state},
        )
    if proposal.line is None or proposal.line_id != line_id:
        raise ProposalClosed(
            _("Its line was taken out of the purchase order."), details={"proposal": proposal_id, "state": proposal.state}
        )
    return proposal, drafts


def _required(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid(_("Say why: whoever looks later wants to know."), details={"field": "reason"})
    if len(reason) > _LONGEST_REASON:
        raise Invalid(_("The reason is too long."), details={"field": "reason", "longest": _LONGEST_REASON})
    return reason
