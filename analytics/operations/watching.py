"""Checks the rules that are due and keeps their incidents: opened, seen again, worse, back to normal, escalated.

Each rule is checked in a transaction of its own: its incident, the lines of the story and the notices are there together or not
at all, so a run that is killed repeats without doubling any of them. A rule that cannot be asked says so on its own page.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.db import DatabaseError, transaction
from django.db.models import F, Q, Value

from analytics.anomalies import quiet
from analytics.models import AlertRule, Incident, IncidentEntry, Notice, Severity
from analytics.operations import notices, webhooks
from analytics.queries import alerts
from analytics.queries.alerts import Observation
from config.kernel import shop, waits
from config.kernel.roles import Role

log = structlog.get_logger(__name__)

# An incident is over when so many checks in a row found nothing.
CALM_CHECKS = 2
# It got worse when it lies so much further beyond the limit than ever before.
WORSE = 1.25
# A check a little early is no check too many: the job's own turn is not to the second.
EARLY = timedelta(seconds=30)
PLACES = Decimal("0.0001")
# Of a rule that names things, new ones among the gravest are told at most so often; one is new that was not named so long.
TOLD_AGAIN, FORGOTTEN = timedelta(hours=1), timedelta(days=1)

Kind = IncidentEntry.Kind


@dataclass(frozen=True)
class Watched:
    checked: int
    opened: int
    resolved: int
    failed: int


def watch(*, at: datetime) -> Watched:
    """Every rule that is due, the ones longest unchecked first."""
    due = AlertRule.objects.filter(is_active=True).order_by(F("checked_at").asc(nulls_first=True), "pk")
    ids = [rule.pk for rule in due if rule.checked_at is None or rule.checked_at + timedelta(minutes=rule.every) - EARLY <= at]
    told: dict[str, int] = {"checked": 0, "opened": 0, "resolved": 0, "failed": 0}
    for rule_id in ids:
        told[check(rule_id=rule_id, at=at)] += 1
    escalate_due(at=at)
    return Watched(told["checked"] + told["opened"] + told["resolved"], told["opened"], told["resolved"], told["failed"])


def check(*, rule_id: int, at: datetime) -> str:
    """What became of one rule: "opened", "resolved", "checked", or "failed" where it could not be asked."""
    try:
        with transaction.atomic():
            rule = AlertRule.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=rule_id).first()
            if rule is None:
                return "checked"
            with transaction.atomic():
                seen = alerts.observe(rule, at=at)
            became = _settle(rule, seen, at)
            rule.checked_at, rule.last_error = at, ""
            rule.save(update_fields=["checked_at", "last_error"])
            return became
    except Exception as error:
        if isinstance(error, DatabaseError) and waits.is_away(error):
            raise
        log.warning("alert_rule_failed", rule=rule_id, error=type(error).__name__)
        AlertRule.objects.filter(pk=rule_id).update(checked_at=at, last_error=f"{type(error).__name__}: {error}"[:300])
        return "failed"


def escalate_due(*, at: datetime) -> int:
    """Tells the owners of open incidents that nobody has acknowledged in time."""
    late = Incident.objects.filter(
        state=Incident.State.OPEN,
        escalated_at__isnull=True,
        rule__escalate_after__isnull=False,
        opened_at__lte=at - Value(timedelta(minutes=1)) * F("rule__escalate_after"),
    ).values_list("pk", flat=True)
    return sum(_escalate(incident_id, at) for incident_id in list(late))


@transaction.atomic
def _escalate(incident_id: int, at: datetime) -> bool:
    incident = (
        Incident.objects.select_for_update(no_key=True, of=("self",))
        .select_related("rule")
        .filter(pk=incident_id, state=Incident.State.OPEN, escalated_at__isnull=True)
        .first()
    )
    if incident is None:
        return False
    incident.escalated_at = at
    incident.save(update_fields=["escalated_at"])
    enter(incident, Kind.ESCALATED, at=at, details={"minutes": incident.rule.escalate_after})
    notices.tell(incident=incident, occasion=Notice.Occasion.ESCALATED, to=notices.in_role(Role.OWNER), due_at=at, why="owners")
    webhooks.tell(incident=incident, occasion=Notice.Occasion.ESCALATED, at=at)
    return True


def _settle(rule: AlertRule, seen: Observation, at: datetime) -> str:
    incident = Incident.objects.select_for_update(no_key=True).filter(~Q(state=Incident.State.RESOLVED), rule=rule).first()
    if seen.verdict.is_alarm:
        if incident is not None:
            return _again(incident, seen, at)
        return "opened" if _may_open(rule, at) and _open(rule, seen, at) else "checked"
    return _calmer(incident, seen, at) if incident is not None else "checked"


def _may_open(rule: AlertRule, at: datetime) -> bool:
    if rule.snoozed_until is not None and rule.snoozed_until > at:
        return False
    last = Incident.objects.filter(rule=rule).order_by("-opened_at", "-id").first()
    return last is None or last.resolved_at is None or last.resolved_at + timedelta(minutes=rule.cool_down) <= at


def _open(rule: AlertRule, seen: Observation, at: datetime) -> bool:
    value = exactly(seen.verdict.value)
    incident = Incident.objects.create(
        rule=rule,
        severity=rule.severity,
        opened_at=at,
        seen_at=at,
        value=value,
        peak=value,
        excess=seen.verdict.excess,
        evidence=dict(seen.evidence) | ({"named": dict.fromkeys(_names(seen), at.isoformat())} if _names(seen) else {}),
    )
    enter(incident, Kind.OPENED, at=at, details=_brief(seen))
    _tell_people(incident, at)
    webhooks.tell(incident=incident, occasion=Notice.Occasion.OPENED, at=at)
    return True


def _tell_people(incident: Incident, at: datetime, entry: IncidentEntry | None = None) -> None:
    """Everybody of the rule, after its quiet hours; once of the incident, and once of each line of the story."""
    rule, due_at = incident.rule, at
    if rule.severity != Severity.CRITICAL:
        due_at = quiet.due_at(at, rule.quiet_from, rule.quiet_until, shop.zone())
    people = {one.pk: one for one in [*notices.in_role(rule.owner), *rule.recipients.filter(is_active=True)]}
    notices.tell(
        incident=incident,
        entry=entry,
        occasion=Notice.Occasion.OPENED,
        to=list(people.values()),
        due_at=due_at,
        why=f"role:{rule.owner}",
    )


def _again(incident: Incident, seen: Observation, at: datetime) -> str:
    """The same trouble still: one incident, its last sight, and a line in the story only where it got worse.

    Where a rule names things, others among the gravest than those named before are worse too, and are told to its people.
    """
    incident.seen_at, incident.calm, incident.value = at, 0, exactly(seen.verdict.value)
    changed = ["seen_at", "calm", "value", "evidence"]
    named = _named_lately(incident, at)
    newly = [name for name in _names(seen) if name not in named]
    tells = bool(newly) and not _told_lately(incident, at)
    if tells or seen.verdict.excess > incident.excess * WORSE:
        entry = enter(incident, Kind.WORSENED, at=at, details=_brief(seen) | ({"newly": newly} if tells else {}))
        if tells:
            _tell_people(incident, at, entry)
    if tells or seen.verdict.excess > incident.excess:
        incident.evidence = dict(seen.evidence)
    if seen.verdict.excess > incident.excess:
        incident.excess, incident.peak = seen.verdict.excess, incident.value
        changed += ["excess", "peak"]
    # Names that came within the hour wait here until they are told.
    named |= {name: at.isoformat() for name in _names(seen) if tells or name in named}
    incident.evidence = incident.evidence | ({"named": named} if named else {})
    incident.save(update_fields=changed)
    return "checked"


def _names(seen: Observation) -> list[str]:
    """What the rule named as the gravest: SKUs in warehouses."""
    return [f"{one['sku']} · {one['warehouse']}" for one in seen.evidence.get("stock") or []]


def _named_lately(incident: Incident, at: datetime) -> dict[str, str]:
    """What was told as one of the gravest and was named within the day, by the moment it was last named."""
    named: dict[str, str] = incident.evidence.get("named") or {}
    return {name: last for name, last in named.items() if datetime.fromisoformat(last) > at - FORGOTTEN}


def _told_lately(incident: Incident, at: datetime) -> bool:
    told = IncidentEntry.objects.filter(incident__rule=incident.rule_id, at__gt=at - TOLD_AGAIN + EARLY)
    return told.filter(Q(kind=Kind.OPENED) | Q(kind=Kind.WORSENED, details__has_key="newly")).exists()


def _calmer(incident: Incident, seen: Observation, at: datetime) -> str:
    incident.calm += 1
    if incident.calm < CALM_CHECKS:
        incident.save(update_fields=["calm"])
        return "checked"
    incident.state, incident.resolved_at = Incident.State.RESOLVED, at
    incident.save(update_fields=["calm", "state", "resolved_at"])
    enter(incident, Kind.BACK_TO_NORMAL, at=at, details=_brief(seen))
    webhooks.tell(incident=incident, occasion=Notice.Occasion.RESOLVED, at=at)
    return "resolved"


def enter(
    incident: Incident, kind: str, *, at: datetime, text: str = "", details: Any = None, actor: Any = None
) -> IncidentEntry:
    """One line of the story."""
    return IncidentEntry.objects.create(incident=incident, kind=kind, text=text, details=details or {}, actor=actor, at=at)


def exactly(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value)).quantize(PLACES)


def _brief(seen: Observation) -> dict[str, Any]:
    return {"value": seen.verdict.value, "center": seen.verdict.center, "why": seen.verdict.why.value}
