"""What rules over windows find: subjects with enough acts first, then their acts, and what would make up for them.

The whole window is read again each time, by the time at which events occurred: whatever was told late is there. At most
`MOST_SUBJECTS` are looked at, those with the latest acts first.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from analytics.behaviour.kinds import BUILT_IN
from analytics.behaviour.windows import Act, Match, Terms, matches
from analytics.models import EventKind, EventMatch, EventRule
from orders.models import Order

MOST_SUBJECTS = 5_000
# So long after they occurred events may come and still open a match.
LATE = timedelta(days=1)
PREVIEWED = timedelta(days=7)
ORDERED = "order_completed"

Subject = EventRule.Subject
_WHO = {
    Subject.CUSTOMER: "'c' || customer_id",
    Subject.VISITOR: "'v' || visitor",
    Subject.SKU: "'s' || variant_id",
    Subject.METHOD: "'m' || left(properties->>'method', 60)",
}
_PERSON = {Subject.CUSTOMER: "customer_id", Subject.VISITOR: "visitor"}
_ACTS = """
    WITH acts AS MATERIALIZED (
        SELECT {who} AS subject, occurred_at, id FROM analytics_event
        WHERE occurred_at > %(after)s AND occurred_at < %(until)s AND kind = ANY(%(kinds)s) AND traffic = 0
    ), many AS (
        SELECT subject FROM acts WHERE subject IS NOT NULL
        GROUP BY subject HAVING count(*) >= %(at_least)s AND max(occurred_at) >= %(since)s
        ORDER BY max(occurred_at) DESC, subject LIMIT %(most)s
    )
    SELECT subject, array_agg(occurred_at), array_agg(id) FROM acts JOIN many USING (subject) GROUP BY subject
"""
_UNLESS = """
    SELECT {person}, variant_id, occurred_at FROM analytics_event
    WHERE occurred_at > %(after)s AND occurred_at < %(until)s AND kind = ANY(%(kinds)s) AND traffic = 0
      AND {person} = ANY(%(persons)s)
"""
_KNOWN = "SELECT visitor, customer_id FROM analytics_knownvisitor WHERE visitor = ANY(%s) AND customer_id IS NOT NULL"


@dataclass(frozen=True)
class Key:
    """A subject's word, read."""

    customer: int | None = None
    visitor: int | None = None
    variant: int | None = None
    method: str = ""


@dataclass(frozen=True)
class Found:
    """By subject; `is_cut` where there were more subjects than are looked at."""

    matches: Mapping[str, Sequence[Match]]
    is_cut: bool

    @property
    def number(self) -> int:
        return sum(len(one) for one in self.matches.values())


def read_key(subject: str) -> Key:
    if subject.startswith("m"):
        return Key(method=subject[1:])
    parts = {one[0]: int(one[1:]) for one in subject.split("/") if re.fullmatch(r"[cvs]-?\d+", one)}
    return Key(parts.get("c"), parts.get("v"), parts.get("s"))


def kinds_of(name: str) -> list[int]:
    """What stored events of this name carry, in all their versions."""
    own = EventKind.objects.filter(name=name).values_list("number", flat=True)
    return [*(one.number for one in BUILT_IN if one.name == name), *own]


def terms_of(rule: EventRule) -> Terms:
    return Terms(rule.at_least, timedelta(minutes=rule.within), timedelta(minutes=rule.cooldown))


def find(rule: EventRule, *, at: datetime) -> Found:
    """What is new: completed within the last day, by the rule as it stands, and not matched before."""
    since = max(at - LATE, rule.counts_from, *([rule.starts_at] if rule.starts_at else []))
    until = min(at, rule.ends_at) if rule.ends_at else at
    return _found(rule, since, until, with_former=True)


def preview(rule: EventRule, *, at: datetime) -> Found:
    """What the rule would have found in the last 7 days, had it been there with nothing before it."""
    return _found(rule, at - PREVIEWED, at, with_former=False)


def _found(rule: EventRule, since: datetime, until: datetime, *, with_former: bool) -> Found:
    if since >= until:
        return Found({}, False)
    terms = terms_of(rule)
    acts = _acts(rule, since, until)
    barred = _barred(rule, list(acts), since - terms.within, until)
    former: dict[str, list[datetime]] = defaultdict(list)
    if with_former:
        known = EventMatch.objects.filter(
            rule=rule, subject__in=list(acts), matched_at__gt=since - terms.cooldown, matched_at__lt=until + terms.cooldown
        )
        for subject, moment in known.values_list("subject", "matched_at"):
            former[subject].append(moment)
    found = {
        subject: told
        for subject, one in sorted(acts.items())
        if (told := matches(terms, one, barred.get(subject, ()), since=since, until=until, former=former[subject]))
    }
    return Found(found, len(acts) == MOST_SUBJECTS)


def _acts(rule: EventRule, since: datetime, until: datetime) -> dict[str, list[Act]]:
    subject = Subject(rule.subject)
    who = _WHO[subject] + (" || '/s' || variant_id" if rule.same_sku else "")
    given: dict[str, Any] = {
        "after": since - timedelta(minutes=rule.within), "since": since, "until": until, "kinds": kinds_of(rule.act),
        "at_least": rule.at_least, "most": MOST_SUBJECTS,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_ACTS.format(who=who), given)
        return {
            told: [Act(moment, str(key)) for moment, key in zip(moments, keys, strict=True)]
            for told, moments, keys in cursor.fetchall()
        }


def _barred(rule: EventRule, subjects: Sequence[str], after: datetime, until: datetime) -> dict[str, list[datetime]]:
    """Moments that make up for the acts of each subject. What names a SKU does so for acts on that SKU only."""
    if not rule.unless or not subjects:
        return {}
    by_customer = rule.subject == Subject.CUSTOMER
    keys = {one: read_key(one) for one in subjects}
    persons = {one: key.customer if by_customer else key.visitor for one, key in keys.items()}
    told: dict[int, list[tuple[int | None, datetime]]] = defaultdict(list)
    asked = sorted({one for one in persons.values() if one is not None})
    with connection.cursor() as cursor:
        given: dict[str, Any] = {"after": after, "until": until, "kinds": kinds_of(rule.unless), "persons": asked}
        cursor.execute(_UNLESS.format(person=_PERSON[Subject(rule.subject)]), given)
        for person, variant, moment in cursor.fetchall():
            told[person].append((variant, moment))
    if rule.unless == ORDERED:
        for person, moment in _orders(asked, by_customer, after, until):
            told[person].append((None, moment))
    return {
        one: [
            moment
            for variant, moment in told.get(person or 0, ())
            if variant is None or not rule.same_sku or variant == keys[one].variant
        ]
        for one, person in persons.items()
    }


def _orders(persons: Sequence[int], by_customer: bool, after: datetime, until: datetime) -> Iterable[tuple[int, datetime]]:
    """Orders the shop has of these customers, or of those that these visitors are known as."""
    whose: dict[int, list[int]] = defaultdict(list)
    if by_customer:
        for one in persons:
            whose[one].append(one)
    else:
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN, [list(persons)])
            for visitor, customer in cursor.fetchall():
                whose[customer].append(visitor)
    placed = Order.objects.filter(customer_id__in=list(whose), placed_at__gt=after, placed_at__lt=until)
    for customer, moment in placed.values_list("customer_id", "placed_at"):
        yield from ((one, moment) for one in whose[customer or 0])
