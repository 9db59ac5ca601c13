"""Writes rules over windows of events, evaluates them, and keeps what they find: each match once, with its inputs."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from analytics.behaviour.windows import Match
from analytics.events import BehaviorMatched
from analytics.models import Erasure, EventMatch, EventRule, UnmatchedVisitor
from analytics.operations import locks
from analytics.queries import windows as queries
from config.kernel import outbox, shop, waits
from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User

log = structlog.get_logger(__name__)

# What is looked for: another value makes another version.
TERMS = ("act", "at_least", "within", "subject", "same_sku", "unless", "cooldown", "starts_at", "ends_at")
WRITTEN = ("name", *TERMS, "alarms")
PERSONS = (EventRule.Subject.CUSTOMER, EventRule.Subject.VISITOR)
FAILED_PAYMENT = "payment_failed"
LONGEST_REASON = 200
# A round ends after so long: the rules that wait longest come first in the next one.
ROUND_SECONDS = 180.0
# No rule reads further back than this, its trial included.
READ_BACK = queries.PREVIEWED + timedelta(days=8)


class BadEventRule(Invalid):
    code = "bad_event_rule"


class UnknownEventRule(Missing):
    code = "unknown_event_rule"


class UnknownMatch(Missing):
    code = "unknown_match"


class MatchSettled(Conflict):
    code = "match_settled"


@dataclass(frozen=True)
class Evaluated:
    rules: int = 0
    matches: int = 0
    failed: int = 0
    cut: int = 0
    left: int = 0


def checked(rule: EventRule) -> EventRule:
    """Whether the rule can be asked at all. Raises `BadEventRule`, naming the field."""
    for field in ("act", "unless"):
        name = getattr(rule, field)
        if (name or field == "act") and not queries.kinds_of(name):
            raise _bad(field, _("There is no such kind of event: %(name)s.") % {"name": name})
    if rule.subject not in PERSONS and rule.same_sku:
        raise _bad("same_sku", _("Only what customers and visitors do can be told apart by SKU."))
    if rule.subject not in PERSONS and rule.unless:
        raise _bad("unless", _("Only customers and visitors can make up for what they did."))
    if rule.subject == EventRule.Subject.METHOD and rule.act != FAILED_PAYMENT:
        raise _bad("subject", _("Only failed payments name the way to pay."))
    if rule.cooldown < (least := least_cooldown(rule.within)):
        raise _bad("cooldown", _("At least a tenth of the minutes within which is counted: %(least)s.") % {"least": least})
    if rule.starts_at and rule.ends_at and rule.ends_at <= rule.starts_at:
        raise _bad("ends_at", _("The end lies before the beginning."))
    return rule


def least_cooldown(within: int) -> int:
    """Minutes: one subject may not be matched over and over for the same acts."""
    return max(1, -(-within // 10))


@transaction.atomic
def add(*, values: dict[str, Any], at: datetime) -> EventRule:
    rule = checked(EventRule(**values, counts_from=at, created_at=at))
    rule.save()
    return rule


@transaction.atomic
def change(*, rule_id: int, values: dict[str, Any], actor: User | None, at: datetime) -> EventRule:
    """What was found stays, with the version that found it. Other terms count from now on."""
    rule = _locked(rule_id)
    before = [getattr(rule, name) for name in TERMS]
    for name in WRITTEN:
        if name in values:
            setattr(rule, name, values[name])
    if [getattr(rule, name) for name in TERMS] != before:
        rule.version, rule.counts_from = rule.version + 1, at
    checked(rule)
    rule.last_error = ""
    rule.save(update_fields=[*WRITTEN, "version", "counts_from", "last_error"])
    log.info("event_rule_changed", rule=rule_id, version=rule.version, actor=actor.pk if actor else None)
    return rule


@transaction.atomic
def switch(*, rule_id: int, on: bool, actor: User | None, at: datetime) -> EventRule:
    """Switched on again it counts from then on."""
    rule = _locked(rule_id)
    if on and not rule.is_active:
        rule.counts_from = at
    rule.is_active = on
    rule.save(update_fields=["is_active", "counts_from"])
    log.info("event_rule_switched", rule=rule_id, on=on, actor=actor.pk if actor else None)
    return rule


def evaluate_due(*, at: datetime) -> Evaluated:
    """Every active rule, each in a transaction of its own: one that cannot be asked stops no other."""
    rules = found = failed = cut = left = 0
    began = time.monotonic()
    due = EventRule.objects.filter(is_active=True).order_by(F("evaluated_at").asc(nulls_first=True), "pk")
    for rule_id in due.values_list("pk", flat=True):
        if time.monotonic() - began > ROUND_SECONDS:
            left += 1
            continue
        try:
            told, was_cut = evaluate(rule_id=rule_id, at=at)
        except SoftTimeLimitExceeded:
            # The round's time is over, which is no fault of this rule.
            raise
        except Exception as error:
            if isinstance(error, DatabaseError) and waits.is_away(error):
                raise
            log.warning("event_rule_failed", rule=rule_id, error=type(error).__name__)
            EventRule.objects.filter(pk=rule_id).update(evaluated_at=at, last_error=f"{type(error).__name__}: {error}"[:300])
            failed += 1
            continue
        rules, found, cut = rules + 1, found + told, cut + was_cut
    # They tell who did something: for as long as events do.
    EventMatch.objects.filter(matched_at__lt=at - timedelta(days=settings.EVENTS_PERSONAL_DAYS)).delete()
    UnmatchedVisitor.objects.filter(noted_on__lt=shop.day(at - READ_BACK)).delete()
    return Evaluated(rules, found, failed, cut, left)


@transaction.atomic
def evaluate(*, rule_id: int, at: datetime) -> tuple[int, bool]:
    """How many matches are new, and whether there was more than could be looked at. Whoever else evaluates the rule
    waits at its row and sees them.
    """
    rule = _locked(rule_id)
    # Whoever is being erased is either still there, and what is found goes with them, or not read any more.
    locks.in_common(locks.Lock.KNOWN)
    found = queries.find(rule, at=at)
    rows = [_row(rule, subject, one, at) for subject, told in found.matches.items() for one in told]
    named = [one.customer_id for one in rows if one.customer_id is not None]
    erased = set(Erasure.objects.filter(customer_id__in=named).values_list("customer_id", flat=True))
    rows = [one for one in rows if one.customer_id is None or one.customer_id not in erased]
    written = EventMatch.objects.bulk_create(rows)
    if written:
        outbox.record(*(BehaviorMatched(rule=rule.pk, match=one.pk, at=one.matched_at.isoformat()) for one in written), at=at)
    rule.evaluated_at, rule.last_error = at, ""
    rule.save(update_fields=["evaluated_at", "last_error"])
    return len(written), found.is_cut


@transaction.atomic
def dismiss(*, match_id: int, reason: str, actor: User | None, at: datetime) -> EventMatch:
    """It was nothing, says somebody; it stays with that, and its subject is kept quiet as before."""
    match = _match(match_id)
    reason = reason.strip()
    if match.dismissed_at is not None:
        raise MatchSettled(_("This match is dismissed already."))
    if not reason or len(reason) > LONGEST_REASON:
        raise _bad("reason", _("Say why in at most %(most)s characters.") % {"most": LONGEST_REASON})
    match.dismissed_at, match.dismissed_by, match.reason = at, actor, reason
    match.save(update_fields=["dismissed_at", "dismissed_by", "reason"])
    return match


@transaction.atomic
def restore(*, match_id: int, actor: User | None) -> EventMatch:
    """The dismissal is taken back."""
    match = _match(match_id)
    if match.dismissed_at is None:
        raise MatchSettled(_("This match is not dismissed."))
    match.dismissed_at, match.dismissed_by, match.reason = None, None, ""
    match.save(update_fields=["dismissed_at", "dismissed_by", "reason"])
    log.info("event_match_restored", match=match_id, actor=actor.pk if actor else None)
    return match


def _row(rule: EventRule, subject: str, found: Match, at: datetime) -> EventMatch:
    key = queries.read_key(subject)
    return EventMatch(
        rule=rule,
        version=rule.version,
        subject=subject,
        slot=int(found.at.timestamp()) // (rule.cooldown * 60),
        customer_id=key.customer,
        visitor=key.visitor,
        variant_id=key.variant,
        count=found.count,
        inputs={
            "terms": {name: getattr(rule, name) for name in TERMS},
            "acts": [{"id": one.key, "at": one.at} for one in found.acts],
        },
        matched_at=found.at,
        found_at=at,
    )


def _locked(rule_id: int) -> EventRule:
    rule = EventRule.objects.select_for_update(no_key=True).filter(pk=rule_id).first()
    if rule is None:
        raise UnknownEventRule(_("There is no such behavior rule."))
    return rule


def _match(match_id: int) -> EventMatch:
    match = EventMatch.objects.select_for_update(no_key=True).filter(pk=match_id).first()
    if match is None:
        raise UnknownMatch(_("There is no such match."))
    return match


def _bad(field: str, message: str) -> BadEventRule:
    return BadEventRule(message, details={"field": field})
