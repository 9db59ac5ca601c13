"""Writes alert rules: those of staff, checked against the registry, and those of the house, which are always there."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from analytics.metrics import METRICS, Cut
from analytics.models import AlertRule, Incident, IncidentEntry, Webhook
from analytics.queries import alerts as queries
from analytics.queries import measuring
from analytics.queries.watches import WATCHES
from config.kernel.errors import Invalid, Missing
from config.kernel.models import User

log = logging.getLogger(__name__)

CUTS = (Cut.CHANNEL, Cut.CATEGORY, Cut.WAREHOUSE, Cut.SEGMENT)
# What staff may write into a rule; of a rule of the house only what follows the name.
TUNABLE = (
    "limit", "minimum", "severity", "every", "owner", "quiet_from", "quiet_until", "cool_down", "escalate_after",
)  # fmt: skip
WRITTEN = ("name", "metric", "cut", "part", "window", "kind", "direction", "shifts", *TUNABLE)


class BadRule(Invalid):
    code = "bad_alert_rule"


class UnknownRule(Missing):
    code = "unknown_alert_rule"


def checked(rule: AlertRule) -> AlertRule:
    """Whether the rule can be asked at all. Raises `BadRule`, naming the field."""
    if rule.watch:
        if rule.kind != AlertRule.Kind.THRESHOLD:
            raise _bad("kind", _("Rules of the house compare with a fixed number."))
        return rule
    if rule.metric not in METRICS:
        raise _bad("metric", _("There is no such figure: %(code)s.") % {"code": rule.metric})
    if rule.window == AlertRule.Window.NOW:
        raise _bad("window", _("Choose whether hours or days are watched."))
    if rule.kind == AlertRule.Kind.THRESHOLD and rule.direction == AlertRule.Direction.BOTH:
        raise _bad("direction", _("A fixed number has one side: too much or too little."))
    if rule.kind != AlertRule.Kind.THRESHOLD and rule.limit <= 0:
        raise _bad("limit", _("The limit must be above 0."))
    if rule.shifts and (rule.kind != AlertRule.Kind.ANOMALY or rule.window != AlertRule.Window.DAY):
        raise _bad("shifts", _("A lasting shift is looked for in days, and in what is more than chance."))
    if (rule.quiet_from is None) != (rule.quiet_until is None):
        raise _bad("quiet_until", _("Quiet hours have a beginning and an end."))
    if bool(rule.cut) != bool(rule.part) or (rule.cut and rule.cut not in [cut.value for cut in CUTS]):
        raise _bad("part", _("There is no such part."))
    if rule.cut and Cut(rule.cut) in queries.OF_ROWS and not rule.part.isdecimal():
        raise _bad("part", _("There is no such part."))
    time = Cut.DAY_HOUR if rule.window == AlertRule.Window.HOUR else Cut.DAY
    if not measuring.can_cut(METRICS[rule.metric], [time]):
        raise _bad("window", _("This figure is not known by the hour: watch days."))
    if rule.cut and not measuring.can_cut(METRICS[rule.metric], [time, Cut(rule.cut)]):
        raise _bad("part", _("This figure cannot be told apart in this way."))
    return rule


@transaction.atomic
def add(*, values: dict[str, Any], recipients: Iterable[User], at: datetime, webhooks: Iterable[Webhook] = ()) -> AlertRule:
    rule = checked(AlertRule(**values, created_at=at))
    rule.save()
    rule.recipients.set(recipients)
    rule.webhooks.set(webhooks)
    return rule


@transaction.atomic
def change(
    *,
    rule_id: int,
    values: dict[str, Any],
    recipients: Iterable[User],
    actor: User | None,
    webhooks: Iterable[Webhook] | None = None,
) -> AlertRule:
    """Of a rule of the house only what is tunable. What staff's answers have tuned starts anew with another limit. Webhooks
    that are not named stay.
    """
    rule = _locked(rule_id)
    allowed = TUNABLE if rule.watch else WRITTEN
    before = (rule.limit, rule.kind, rule.metric)
    for name in allowed:
        if name in values:
            setattr(rule, name, values[name])
    if (rule.limit, rule.kind, rule.metric) != before:
        rule.steps = 0
    checked(rule)
    rule.last_error = ""
    rule.save(update_fields=[*allowed, "steps", "last_error"])
    rule.recipients.set(recipients)
    if webhooks is not None:
        rule.webhooks.set(webhooks)
    log.info("alert rule %s changed by user %s", rule_id, actor.pk if actor else None)
    return rule


@transaction.atomic
def switch(*, rule_id: int, on: bool, actor: User | None) -> AlertRule:
    """A rule that is off is not checked; its open incident stays until somebody resolves it."""
    rule = _locked(rule_id)
    rule.is_active = on
    rule.checked_at = None
    rule.save(update_fields=["is_active", "checked_at"])
    log.info("alert rule %s switched %s by user %s", rule_id, "on" if on else "off", actor.pk if actor else None)
    return rule


@transaction.atomic
def snooze(*, rule_id: int, until: datetime, reason: str, actor: User | None, at: datetime) -> AlertRule:
    """Until then nothing new is opened and nobody is told. The open incident's story says so, too."""
    rule = _locked(rule_id)
    if until <= at:
        raise _bad("until", _("Choose a moment to come."))
    rule.snoozed_until = until
    rule.save(update_fields=["snoozed_until"])
    incident = Incident.objects.filter(rule=rule, resolved_at__isnull=True).first()
    if incident is not None:
        IncidentEntry.objects.create(
            incident=incident, kind=IncidentEntry.Kind.SNOOZED, text=reason, details={"until": until}, actor=actor, at=at
        )
    return rule


def furnish(*, at: datetime) -> int:
    """Writes the rules of the house that are not there yet, and tells how many. What staff have changed stays."""
    known = set(AlertRule.objects.exclude(watch="").values_list("watch", flat=True))
    missing = [
        AlertRule(
            watch=one.code,
            name=one.code,
            window=AlertRule.Window.NOW,
            kind=AlertRule.Kind.THRESHOLD,
            direction=one.direction,
            limit=one.limit,
            minimum=one.minimum,
            severity=one.severity,
            owner=one.owner,
            every=5,
            created_at=at,
        )
        for one in WATCHES.values()
        if one.code not in known
    ]
    AlertRule.objects.bulk_create(missing, ignore_conflicts=True)
    return len(missing)


def _locked(rule_id: int) -> AlertRule:
    rule = AlertRule.objects.select_for_update(no_key=True).filter(pk=rule_id).first()
    if rule is None:
        raise UnknownRule(_("There is no such alert rule."))
    return rule


def _bad(field: str, message: str) -> BadRule:
    return BadRule(message, details={"field": field})
