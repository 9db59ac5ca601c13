"""What a webhook is told of an incident: the same names in every language, numbers as they were judged."""

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import override

from analytics.models import Notice
from analytics.queries import alerts as queries
from analytics.words.alerts import rule_name

VERSION = 1


def incident(notice: Notice) -> str:
    """As it stands now. Fields are added, never renamed."""
    found = notice.incident
    assert found is not None  # noqa: S101  webhooks are told of incidents only
    rule, evidence = found.rule, found.evidence
    with override(settings.LANGUAGE_CODE):
        name = rule_name(rule)
    told = {
        "version": VERSION,
        "delivery": str(notice.delivery),
        "number": queries.number_of(notice),
        "told_at": _moment(notice.told_at),
        "occasion": notice.occasion,
        "incident": found.pk,
        "state": found.state,
        "severity": found.severity,
        "opened_at": _moment(found.opened_at),
        "acknowledged_at": _moment(found.acknowledged_at),
        "resolved_at": _moment(found.resolved_at),
        "rule": {"id": rule.pk, "name": name, "watch": rule.watch, "kind": rule.kind, "window": rule.window},
        "metric": rule.metric or rule.watch,
        "cut": rule.cut,
        "part": rule.part,
        "slot": evidence.get("slot"),
        "observed": _number(evidence.get("value")),
        "expected": _number(evidence.get("center")),
        "limit": _number(evidence.get("effective", evidence.get("limit"))),
        "why": evidence.get("why"),
        "evidence_url": settings.SHOP_URL + reverse("admin:analytics_incident_change", args=[found.pk]),
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _moment(value: datetime | None) -> str | None:
    return None if value is None else localtime(value).isoformat(timespec="seconds")


def _number(value: Any) -> str | None:
    return None if value is None else str(value)
