"""Which goods should move between warehouses, thought over each night, and what staff make of it.

At most one open proposal for each SKU and lane. Staff may set another quantity, dismiss, take either back, and approve: then
the proposals of a lane become one draft of a transfer order.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from config.kernel import shop
from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User
from config.kernel.money import Money, round_half_up
from inventory.balancing import balancing, worth
from inventory.balancing.values import Balance, Goods, Move, Way
from inventory.models import TransferOrder, TransferProposal
from inventory.operations import transfers
from inventory.operations.stock import MOST_UNITS
from inventory.operations.transfers import LONGEST_REASON, Wanted
from inventory.queries import balancing as queries
from inventory.queries.balancing import Situation

State = TransferProposal.State
# The number of the advisory lock: "bala" in ASCII.
_LOCK = 0x62616C61
_PATIENCE = "300s"
# Named in each explanation, so that an old one is read by the rule it was made with.
RULE = "balance 1"

logger = structlog.get_logger(__name__)


class ProposalClosed(Conflict):
    """The proposal was ordered, dismissed or superseded meanwhile."""

    code = "proposal_closed"


@dataclass(frozen=True)
class Proposed:
    """What one run changed. `gain` is what the moves are worth together, whole shipments counted."""

    opened: int
    superseded: int
    refreshed: int
    kept: int
    gain: Decimal
    method: str

    @property
    def changed(self) -> int:
        return self.opened + self.superseded + self.refreshed


def propose(*, at: datetime, as_of: date | None = None) -> Proposed:
    """Brings the open proposals in line with what should move.

    Weighing takes long and holds no lock. Writing is one transaction: a run that dies leaves the proposals as they were, and
    one run again without a change of stock, demand or lanes changes nothing.
    """
    today = shop.day(at)
    if as_of is not None and as_of > today:
        raise Invalid(_("The day lies in the future: demand is only known up to yesterday."), details={"field": "as_of"})
    found = queries.situation(as_of=as_of or today, at=at)
    balance = balancing.balance(found.goods, found.ways, missing=lambda told: logger.warning("solver_missing", told=told))
    return _write(found, balance, at)


@transaction.atomic
def _write(found: Situation, balance: Balance, at: datetime) -> Proposed:
    _take_turns()
    rows = TransferProposal.objects.select_for_update(of=("self",), no_key=True).filter(state=State.OPEN).order_by("pk")
    standing = {(row.variant_id, row.lane_id): row for row in rows}
    wanted = {(move.goods, move.way): move for move in balance.moves}
    goods = {one.key: one for one in found.goods}
    ways = {way.key: way for way in found.ways}
    loads: defaultdict[int, int] = defaultdict(int)
    for move in balance.moves:
        loads[move.way] += move.units
    gone, refreshed, kept, opened = [], [], 0, []
    for at_lane, row in standing.items():
        again = wanted.get(at_lane)
        if row.override is not None:
            kept += 1
        elif again is None or again.units != row.quantity:
            gone.append(row.pk)
        else:
            why = _why(goods[again.goods], ways[again.way], again, balance, loads[again.way])
            if row.explanation == why:
                kept += 1
            else:
                row.explanation, row.gain, row.as_of = why, Decimal(why["gain"]), at
                refreshed.append(row)
    still = {at_lane for at_lane, row in standing.items() if row.pk not in set(gone)}
    TransferProposal.objects.filter(pk__in=gone).update(state=State.SUPERSEDED, decided_at=at)
    TransferProposal.objects.bulk_update(refreshed, ["explanation", "gain", "as_of"], batch_size=500)
    # Staff may have decided on a lane while it was weighed.
    decided = set(TransferProposal.objects.filter(decided_at__gte=at).exclude(pk__in=gone).values_list("variant_id", "lane_id"))
    for at_lane, move in wanted.items():
        if at_lane in still or at_lane in decided:
            continue
        why = _why(goods[move.goods], ways[move.way], move, balance, loads[move.way])
        opened.append(
            TransferProposal(
                variant_id=move.goods, lane_id=move.way, quantity=move.units, gain=Decimal(why["gain"]), as_of=at,
                explanation=why,
            )
        )  # fmt: skip
    TransferProposal.objects.bulk_create(opened, batch_size=500)
    gain = Decimal(_money(balance.gain))
    return Proposed(len(opened), len(gone), len(refreshed), kept, gain, balance.method.value)


@transaction.atomic
def override(*, proposal_id: int, quantity: int, reason: str, actor: User | None, at: datetime) -> TransferProposal:
    """Moves `quantity` instead of what was computed, also after later nights, until it is approved or the change is undone."""
    if not 1 <= quantity <= MOST_UNITS:
        raise Invalid(_("A quantity lies between 1 and %(most)s.") % {"most": MOST_UNITS}, details={"field": "quantity"})
    proposal = _one(proposal_id, State.OPEN)
    proposal.override, proposal.override_reason, proposal.override_by = quantity, _required(reason), actor
    proposal.save(update_fields=["override", "override_reason", "override_by"])
    return proposal


@transaction.atomic
def dismiss(*, proposal_id: int, reason: str, actor: User | None, at: datetime) -> TransferProposal:
    """Says no. The SKU is not proposed on this lane for fourteen days."""
    proposal = _one(proposal_id, State.OPEN)
    proposal.state, proposal.reason = State.DISMISSED, _required(reason)
    proposal.decided_by, proposal.decided_at = actor, at
    proposal.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    return proposal


@transaction.atomic
def undo(*, proposal_id: int, actor: User | None, at: datetime) -> TransferProposal:
    """Takes back what staff last decided: the computed quantity counts again, or a dismissed proposal is open again.

    What became a transfer order is undone there, by canceling it.
    """
    proposal = _one(proposal_id, State.OPEN, State.DISMISSED)
    if proposal.state == State.DISMISSED:
        if TransferProposal.objects.filter(variant=proposal.variant_id, lane=proposal.lane_id, state=State.OPEN).exists():
            raise Conflict(_("A newer proposal is open for this SKU and lane."), details={"proposal": proposal_id})
        proposal.state, proposal.reason, proposal.decided_by, proposal.decided_at = State.OPEN, "", None, None
        proposal.transfer = None
    elif proposal.override is None:
        raise Conflict(_("Nobody set another quantity."), details={"proposal": proposal_id})
    else:
        proposal.override, proposal.override_reason, proposal.override_by = None, "", None
    proposal.save()
    return proposal


@transaction.atomic
def approve(*, proposal_ids: Collection[int], reason: str, actor: User | None, at: datetime) -> list[TransferOrder]:
    """Makes drafts of transfer orders from open proposals, one for each lane. Nothing leaves a shelf before it is shipped."""
    reason = _required(reason)
    ids = set(proposal_ids)
    rows = list(
        TransferProposal.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=ids)
        .select_related("lane")
        .order_by("pk")
    )
    if not rows or len(rows) != len(ids):
        raise Missing(_("There is no such proposal."), details={"proposals": sorted(ids - {row.pk for row in rows})})
    for row in rows:
        _require(row, State.OPEN)
    by_lane: defaultdict[int, list[TransferProposal]] = defaultdict(list)
    for row in rows:
        by_lane[row.lane_id].append(row)
    made = []
    for proposals in by_lane.values():
        lane = proposals[0].lane
        order = transfers.draft(
            from_warehouse_id=lane.from_warehouse_id,
            to_warehouse_id=lane.to_warehouse_id,
            lines=[Wanted(one.variant_id, one.units) for one in proposals],
            reason=reason,
            actor=actor,
            at=at,
            is_proposed=True,
        )
        TransferProposal.objects.filter(pk__in=[one.pk for one in proposals]).update(
            state=State.ORDERED, transfer=order, decided_by=actor, decided_at=at
        )
        made.append(order)
    return made


def _one(proposal_id: int, *states: State) -> TransferProposal:
    proposal = (
        TransferProposal.objects.select_for_update(of=("self",), no_key=True)
        .select_related("lane")
        .filter(pk=proposal_id)
        .first()
    )
    if proposal is None:
        raise Missing(_("There is no such proposal."), details={"proposal": proposal_id})
    _require(proposal, *states)
    return proposal


def _require(proposal: TransferProposal, *states: State) -> None:
    if proposal.state not in states:
        raise ProposalClosed(
            _("The proposal is not open any more: it is %(state)s.") % {"state": proposal.get_state_display()},
            details={"proposal": proposal.pk, "state": proposal.state},
        )


def _required(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid(_("Say why: whoever looks later wants to know."), details={"field": "reason"})
    if len(reason) > LONGEST_REASON:
        raise Invalid(_("The reason is too long."), details={"field": "reason", "longest": LONGEST_REASON})
    return reason


def _take_turns() -> None:
    """Two runs that write at once would both open the same proposal: the second one waits until the first has committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        (usual,) = cursor.fetchone()
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_PATIENCE])
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [usual])


def _why(goods: Goods, way: Way, move: Move, balance: Balance, load: int) -> dict[str, Any]:
    """Every figure behind a move, as it was: both ends before and after, demand, cost and gain."""
    saved, risked, cost = (_money(amount) for amount in (move.saved, move.risked, move.cost))
    return {
        "rule": RULE,
        "method": balance.method.value,
        "horizon": goods.horizon,
        "days": way.days,
        "lot": way.lot,
        "keeps_days": way.cover_days,
        "margin": _money(goods.margin),
        "saved": saved,
        "risked": risked,
        "cost": cost,
        "gain": str(Decimal(saved) - Decimal(risked) - Decimal(cost)),
        "shipment_cost": _money(way.shipment_cost),
        "shipment_units": load,
        "from": _end(goods, way.source, -move.units),
        "to": _end(goods, way.target, move.units),
    }


def _end(goods: Goods, warehouse: int, units: int) -> dict[str, Any]:
    """One end of a move. Days of cover are those that the free units last at the demand expected over the horizon."""
    site = goods.sites[warehouse]
    demand = worth.expected(site.outlook, 0, goods.horizon)
    daily = demand / goods.horizon
    return {
        "free": site.free,
        "incoming": sum(number for day, number in site.arrivals if day <= goods.horizon),
        "keep": site.keep,
        "demand": round(demand, 1),
        "cover_before": round(site.free / daily, 1) if daily else None,
        "cover_after": round((site.free + units) / daily, 1) if daily else None,
    }


def _money(amount: float) -> str:
    """In whole units of the currency, as it is told."""
    return Money(round_half_up(Decimal(str(amount)), settings.SHOP_CURRENCY), settings.SHOP_CURRENCY).as_text()
