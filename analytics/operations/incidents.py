"""What staff do about an incident. Each deed is one line of its story, with who did it and why."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from analytics.anomalies import tuning
from analytics.models import AlertRule, Incident, IncidentEntry, Notice
from analytics.operations import notices, webhooks
from analytics.operations.watching import enter
from config.kernel.errors import Conflict, Missing
from config.kernel.models import User

Kind = IncidentEntry.Kind
State = Incident.State
Answer = Incident.Answer


class IncidentClosed(Conflict):
    code = "incident_closed"


class AlreadyAnswered(Conflict):
    code = "incident_answered"


class UnknownIncident(Missing):
    code = "unknown_incident"


@transaction.atomic
def acknowledge(*, incident_id: int, actor: User | None, at: datetime) -> Incident:
    """Somebody is on it: it is not escalated any more. Whoever acknowledges has it, unless somebody else was given it."""
    incident = _locked(incident_id)
    if incident.state != State.OPEN:
        raise IncidentClosed(_("This incident is acknowledged or over already."))
    incident.state, incident.acknowledged_at = State.ACKNOWLEDGED, at
    incident.assignee = incident.assignee or actor
    incident.save(update_fields=["state", "acknowledged_at", "assignee"])
    enter(incident, Kind.ACKNOWLEDGED, at=at, actor=actor)
    return incident


@transaction.atomic
def assign(*, incident_id: int, to: User, reason: str, actor: User | None, at: datetime) -> Incident:
    """Whoever is given it by somebody else is told by mail, each time anew."""
    incident = _open(incident_id)
    incident.assignee = to
    incident.save(update_fields=["assignee"])
    entry = enter(incident, Kind.ASSIGNED, at=at, text=reason, details={"to": str(to)}, actor=actor)
    if actor is None or to.pk != actor.pk:
        told = Notice.Occasion.ASSIGNED
        notices.tell(incident=incident, entry=entry, occasion=told, to=[to], due_at=at, why="assigned")
    return incident


@transaction.atomic
def comment(*, incident_id: int, text: str, actor: User | None, at: datetime) -> Incident:
    incident = _locked(incident_id)
    enter(incident, Kind.COMMENTED, at=at, text=text, actor=actor)
    return incident


@transaction.atomic
def resolve(*, incident_id: int, reason: str, actor: User | None, at: datetime) -> Incident:
    """Over, by somebody's word. If it goes on, a new incident is opened after the rule's cool-down."""
    incident = _open(incident_id)
    _close(incident, reason, actor, at)
    return incident


@transaction.atomic
def answer(*, incident_id: int, given: str, reason: str, actor: User | None, at: datetime) -> Incident:
    """Whether it was worth the alarm, once for each incident. What was no issue is over with that."""
    incident = _locked(incident_id)
    if incident.answer:
        raise AlreadyAnswered(_("This incident has been answered already."))
    rule = AlertRule.objects.select_for_update(no_key=True).get(pk=incident.rule_id)
    incident.answer = given
    incident.save(update_fields=["answer"])
    before = rule.steps
    if rule.kind != AlertRule.Kind.THRESHOLD:
        rule.steps = tuning.raised(rule.steps) if given == Answer.NO_ISSUE else tuning.lowered(rule.steps)
        rule.save(update_fields=["steps"])
    told = {"answer": given, "steps_before": before, "steps": rule.steps}
    enter(incident, Kind.ANSWERED, at=at, text=reason, details=told, actor=actor)
    if given == Answer.NO_ISSUE and incident.state != State.RESOLVED:
        _close(incident, "", actor, at)
    return incident


def _close(incident: Incident, reason: str, actor: User | None, at: datetime) -> None:
    incident.state, incident.resolved_at = State.RESOLVED, at
    incident.save(update_fields=["state", "resolved_at"])
    enter(incident, Kind.RESOLVED, at=at, text=reason, actor=actor)
    webhooks.tell(incident=incident, occasion=Notice.Occasion.RESOLVED, at=at)


def _open(incident_id: int) -> Incident:
    incident = _locked(incident_id)
    if incident.state == State.RESOLVED:
        raise IncidentClosed(_("This incident is over."))
    return incident


def _locked(incident_id: int) -> Incident:
    """The rule is locked before its incident, as the check does."""
    rule_id = Incident.objects.filter(pk=incident_id).values_list("rule_id", flat=True).first()
    if rule_id is None:
        raise UnknownIncident(_("There is no such incident."))
    AlertRule.objects.select_for_update(no_key=True).get(pk=rule_id)
    return Incident.objects.select_for_update(no_key=True, of=("self",)).select_related("rule").get(pk=incident_id)
