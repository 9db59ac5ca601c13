"""Judges each hour what may sell out, keeps the open risks, and lets staff set one aside with a reason."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.kernel import outbox, shop
from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User
from config.kernel.money import Money
from inventory import risk
from inventory.events import StockAtRisk
from inventory.locking import Place
from inventory.models import StockRisk
from inventory.queries import risks as queries
from inventory.queries.risks import Situation
from inventory.risk import Judged, Step, Ways

KEPT = timedelta(days=400)
LONGEST_REASON = 300
LONGEST_ASIDE = 90
_FIELDS = (
    "level", "action", "is_surge", "chance", "expected_short", "expected_loss", "days_of_cover", "out_on", "explanation",
    "seen_at", "sold_out_at", "over_at",
)  # fmt: skip

# A risk that rises to one of these is told of again.
_GRAVITY: Mapping[str, int] = {StockRisk.Level.URGENT: 1, StockRisk.Level.OUT: 2}


class RiskOver(Conflict):
    """The risk is over meanwhile."""

    code = "risk_over"


@dataclass(frozen=True)
class Assessed:
    judged: int
    opened: int
    standing: int
    ended: int


@transaction.atomic
def assess(*, at: datetime) -> Assessed:
    """Opens, renews and ends the risks of every SKU and warehouse with an enabled policy. Run again, it changes nothing."""
    found = queries.situations(at=at)
    standing = {
        (one.variant_id, one.warehouse_id): one
        for one in StockRisk.objects.select_for_update(no_key=True).filter(over_at__isnull=True).order_by("pk")
    }
    spares = _spares(found)
    opened, renewed, rose = list[StockRisk](), list[StockRisk](), list[StockRisk]()
    for place, situation in found.items():
        if risk.lasts(situation.standing):
            continue
        judged = risk.judge(situation.standing)
        if judged.level == risk.Level.NONE:
            continue
        before = standing.pop(place, None)
        now = before or StockRisk(variant_id=place[0], warehouse_id=place[1], first_seen_at=at)
        level = now.level
        _write(now, situation, judged, spares.get(place[0], {}), at)
        (renewed if before else opened).append(now)
        if before and _GRAVITY.get(now.level, 0) > _GRAVITY.get(level, 0):
            rose.append(now)
    for one in standing.values():
        one.over_at = at
    StockRisk.objects.bulk_update([*renewed, *standing.values()], _FIELDS, batch_size=500)
    made = StockRisk.objects.bulk_create(opened, batch_size=500)
    for one in [*made, *rose]:
        outbox.record(StockAtRisk(variant_id=one.variant_id, warehouse_id=one.warehouse_id, level=one.level), at=at)
    StockRisk.objects.filter(over_at__lt=at - KEPT).delete()
    return Assessed(len(found), len(opened), len(renewed), len(standing))


def _spares(found: Mapping[Place, Situation]) -> dict[int, dict[int, int]]:
    """By SKU: what each warehouse could give away and still serve its own customers until new goods can come."""
    spares: dict[int, dict[int, int]] = {}
    for (variant, warehouse), one in found.items():
        if one.standing.available <= 0:
            continue
        days = risk.horizon(one.standing.lead)
        units = risk.spare(one.standing.available, one.standing.outlook, days)
        if units:
            spares.setdefault(variant, {})[warehouse] = units
    return spares


def _write(row: StockRisk, situation: Situation, judged: Judged, spares: Mapping[int, int], at: datetime) -> None:
    today = shop.day(at)
    horizon_on = today + timedelta(days=judged.horizon_days)
    elsewhere = {warehouse: units for warehouse, units in spares.items() if warehouse != row.warehouse_id}
    giver = max(elsewhere, key=lambda warehouse: (elsewhere[warehouse], -warehouse), default=None)
    late = [
        one
        for one in situation.deliveries
        if not one.is_transfer and (judged.out_in_days is None or (one.on - today).days > judged.out_in_days)
    ]
    ways = Ways(
        is_on_sale=situation.is_on_sale,
        has_supplier=situation.has_supplier,
        spare=elsewhere[giver] if giver is not None else 0,
        waiting=sum(situation.waiting.values()),
        late=sum(one.units for one in late if one.on <= horizon_on) or sum(one.units for one in late),
    )
    steps = risk.steps(judged, ways)
    row.level, row.action, row.is_surge = judged.level.value, steps[0].action.value, judged.is_surge
    row.chance, row.expected_short = judged.chance, judged.expected_short
    missing = Decimal(str(round(judged.expected_short * situation.margin, 4)))
    row.expected_loss = Money(missing, settings.SHOP_CURRENCY).quantized().amount
    row.days_of_cover = judged.days_of_cover
    row.out_on = None if judged.out_in_days is None else today + timedelta(days=judged.out_in_days)
    row.seen_at = at
    if judged.level == risk.Level.OUT:
        row.sold_out_at = row.sold_out_at or at
    references: dict[str, Any] = {
        "TRANSFER": giver,
        "EXPEDITE": [one.number for one in late],
        "APPROVE": list(situation.waiting),
    }
    row.explanation = _explained(situation, judged, steps, references)


def _explained(situation: Situation, judged: Judged, steps: list[Step], references: Mapping[str, Any]) -> dict[str, Any]:
    standing = situation.standing
    return {
        "basis": situation.basis,
        "available": standing.available,
        "daily": [round(mean, 3) for mean in list(standing.outlook.daily)[: judged.horizon_days]],
        "dispersion": round(standing.outlook.dispersion, 3),
        "lead": asdict(standing.lead),
        "deliveries": [{"number": one.number, "units": one.units, "on": one.on} for one in situation.deliveries],
        "asked_last_day": standing.asked_last_day,
        "margin": situation.margin,
        "judged": asdict(judged),
        "steps": [{"action": one.action.value, "units": one.units, "of": references.get(one.action.value)} for one in steps],
    }


@transaction.atomic
def set_aside(*, risk_id: int, days: int, reason: str, actor: User | None, at: datetime) -> StockRisk:
    """Takes the risk off the list for so many days: somebody knows about it, and said why."""
    row = _open_one(risk_id)
    if not 1 <= days <= LONGEST_ASIDE:
        raise Invalid(_("Between 1 and %(most)s days, please.") % {"most": LONGEST_ASIDE}, details={"field": "days"})
    reason = reason.strip()
    if not reason:
        raise Invalid(_("Say why."), details={"field": "reason"})
    if len(reason) > LONGEST_REASON:
        raise Invalid(_("At most %(most)s characters, please.") % {"most": LONGEST_REASON}, details={"field": "reason"})
    row.set_aside_until, row.set_aside_reason, row.set_aside_by = at + timedelta(days=days), reason, actor
    row.save(update_fields=["set_aside_until", "set_aside_reason", "set_aside_by"])
    return row


@transaction.atomic
def take_up(*, risk_id: int, actor: User | None, at: datetime) -> StockRisk:
    """Puts a risk that was set aside back on the list."""
    row = _open_one(risk_id)
    if row.set_aside_until is None:
        raise Conflict(_("Nobody has set it aside."))
    row.set_aside_until, row.set_aside_reason, row.set_aside_by = None, "", None
    row.save(update_fields=["set_aside_until", "set_aside_reason", "set_aside_by"])
    return row


def _open_one(risk_id: int) -> StockRisk:
    row = StockRisk.objects.select_for_update(no_key=True).filter(pk=risk_id).first()
    if row is None:
        raise Missing(_("There is no such risk."), details={"risk": risk_id})
    if row.over_at is not None:
        raise RiskOver(_("This risk is over."), details={"risk": risk_id})
    return row
