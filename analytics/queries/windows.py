"""What rules over windows find: subjects with enough acts first, then their acts, and what would make up for them.

The whole window is read again each time, by the time at which events occurred: whatever was told late is there. What is brought
is bounded: at most `MOST_SUBJECTS` subjects, those with the latest acts first, with `MOST_ACTS` of the newest acts each and
`MOST_ACTS_OF_ALL` together, in no more than `SECONDS` for each statement.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from analytics.behaviour.kinds import BUILT_IN
from analytics.behaviour.windows import Act, Match, Terms, matches
from analytics.models import EventKind, EventMatch, EventRule
from orders.models import Order

MOST_SUBJECTS = 5_000
MOST_ACTS = 2_000
MOST_ACTS_OF_ALL = 200_000
# New matches of one run; the next one goes on from there, for it sees these.
MOST_MATCHES = 2_000
MOST_TRIED = 20_000
# Of one person, the newest ones. Acts before the oldest of so many are not looked at.
MOST_UNLESS = 500
SECONDS, PREVIEW_SECONDS = 30.0, 5.0
# So long after they occurred events may come and still open a match.
LATE = timedelta(days=1)
PREVIEWED = timedelta(days=7)
# What is tried where that much takes too long.
PREVIEWED_AT_LEAST = timedelta(days=1)
ORDERED = "order_completed"
# Nobody has bought anything with these: not paid yet, or given back.
UNBOUGHT = (Order.State.PLACED, Order.State.CANCELED, Order.State.EXPIRED)

Subject = EventRule.Subject
_WHO = {
    Subject.CUSTOMER: "'c' || customer_id",
    Subject.VISITOR: "'v' || visitor",
    Subject.SKU: "'s' || variant_id",
    Subject.METHOD: "'m' || left(properties->>'method', 60)",
}
_PERSON = {Subject.CUSTOMER: "customer_id", Subject.VISITOR: "visitor"}
# What was told of somebody who was erased since: not matched under the customer it names, nor under the numbers it got.
_NOBODYS = """
    AND NOT EXISTS (SELECT FROM analytics_erasure AS one WHERE one.customer_id = told.customer_id)
    AND NOT EXISTS (SELECT FROM analytics_unmatchedvisitor AS one WHERE one.visitor = told.visitor)
"""
_ACTS = """
    WITH acts AS MATERIALIZED (
        SELECT {who} AS subject, occurred_at, id FROM analytics_event AS told
        WHERE occurred_at > %(after)s AND occurred_at < %(until)s AND kind = ANY(%(kinds)s) AND traffic = 0 {nobodys}
    ), enough AS (
        SELECT subject, max(occurred_at) AS latest, least(count(*), %(most_acts)s) AS number,
            count(*) > %(most_acts)s AS is_long
        FROM acts WHERE subject IS NOT NULL
        GROUP BY subject HAVING count(*) >= %(at_least)s AND max(occurred_at) >= %(since)s
    ), ranked AS (
        SELECT subject, row_number() OVER latest_first AS place, sum(number) OVER latest_first AS so_far,
            bool_or(is_long) OVER () OR count(*) OVER () > %(most)s OR sum(number) OVER () > %(most_of_all)s AS is_cut
        FROM enough WINDOW latest_first AS (ORDER BY latest DESC, subject ROWS UNBOUNDED PRECEDING)
    ), newest AS (
        SELECT subject, is_cut, occurred_at, id,
            row_number() OVER (PARTITION BY subject ORDER BY occurred_at DESC, id DESC) AS number
        FROM acts JOIN ranked USING (subject) WHERE place <= %(most)s AND so_far <= %(most_of_all)s
    )
    SELECT subject, bool_or(is_cut), array_agg(occurred_at), array_agg(id) FROM newest WHERE number <= %(most_acts)s
    GROUP BY subject
"""
_UNLESS = """
    SELECT person, variant_id, occurred_at, number FROM (
        SELECT {person} AS person, variant_id, occurred_at,
            row_number() OVER (PARTITION BY {person} ORDER BY occurred_at DESC) AS number
        FROM analytics_event
        WHERE occurred_at > %(after)s AND occurred_at < %(until)s AND kind = ANY(%(kinds)s) AND traffic = 0
          AND {person} = ANY(%(persons)s)
    ) AS told WHERE number <= %(most)s
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
    """By subject; `is_cut` where there was more than is looked at. `days` were read, none where even one took too long."""

    matches: Mapping[str, Sequence[Match]]
    is_cut: bool
    days: int = 0

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
    with _at_most(SECONDS):
        return _found(rule, since, until, with_former=True)


def preview(rule: EventRule, *, at: datetime) -> Found:
    """What the rule would have found in the last 7 days, had it been there with nothing before it; where that takes too long,
    in the last one.
    """
    until = min(at, rule.ends_at) if rule.ends_at else at
    for span in (PREVIEWED, PREVIEWED_AT_LEAST):
        since = max(at - span, *([rule.starts_at] if rule.starts_at else [at - span]))
        try:
            with _at_most(PREVIEW_SECONDS):
                found = _found(rule, since, until, with_former=False)
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            continue
        return Found(found.matches, found.is_cut, span.days)
    return Found({}, True)


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Each statement inside is given up after so long. What follows in the same transaction gets the time it had before."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        (before,) = cursor.fetchone() or ("0",)
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{int(seconds * 1000)}ms"])
        yield
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])


def _found(rule: EventRule, since: datetime, until: datetime, *, with_former: bool) -> Found:
    if since >= until:
        return Found({}, False)
    terms = terms_of(rule)
    acts, is_cut = _acts(rule, since, until)
    barred, known_from = _barred(rule, list(acts), since - terms.within, until)
    former: dict[str, list[datetime]] = defaultdict(list)
    if with_former:
        # Other terms are another version, which begins anew.
        known = EventMatch.objects.filter(
            rule=rule, version=rule.version, subject__in=list(acts),
            matched_at__gt=since - terms.cooldown, matched_at__lt=until + terms.cooldown,
        )  # fmt: skip
        for subject, moment in known.values_list("subject", "matched_at"):
            former[subject].append(moment)
    found: dict[str, Sequence[Match]] = {}
    left = MOST_MATCHES if with_former else MOST_TRIED
    for subject, one in sorted(acts.items()):
        begin = max(since, known_from[subject] + terms.within) if subject in known_from else since
        is_cut = is_cut or begin > since
        told = matches(
            terms, one, barred.get(subject, ()), since=begin, until=until, former=former.get(subject, ()), most=left
        )  # fmt: skip
        if told:
            found[subject] = told
            left -= len(told)
        if not left:
            is_cut = True
            break
    return Found(found, is_cut)


def _acts(rule: EventRule, since: datetime, until: datetime) -> tuple[dict[str, list[Act]], bool]:
    """The newest acts of each subject, and whether there were more subjects or acts than are brought."""
    subject = Subject(rule.subject)
    who = _WHO[subject] + (" || '/s' || variant_id" if rule.same_sku else "")
    given: dict[str, Any] = {
        "after": since - timedelta(minutes=rule.within), "since": since, "until": until, "kinds": kinds_of(rule.act),
        "at_least": rule.at_least, "most": MOST_SUBJECTS, "most_acts": MOST_ACTS, "most_of_all": MOST_ACTS_OF_ALL,
    }  # fmt: skip
    acts, is_cut = {}, False
    with connection.cursor() as cursor:
        cursor.execute(_ACTS.format(who=who, nobodys=_NOBODYS if subject in _PERSON else ""), given)
        for told, cut, moments, keys in cursor.fetchall():
            acts[told] = [Act(moment, str(key)) for moment, key in zip(moments, keys, strict=True)]
            is_cut = is_cut or cut
    return acts, is_cut


def _barred(
    rule: EventRule, subjects: Sequence[str], after: datetime, until: datetime
) -> tuple[dict[str, list[datetime]], dict[str, datetime]]:
    """Moments that make up for the acts of each subject, and from when on they are known where there were too many of them.
    What names a SKU does so for acts on that SKU only.
    """
    if not rule.unless or not subjects:
        return {}, {}
    by_customer = rule.subject == Subject.CUSTOMER
    keys = {one: read_key(one) for one in subjects}
    persons = {one: (key.customer if by_customer else key.visitor) or 0 for one, key in keys.items()}
    told: dict[int, list[tuple[int | None, datetime]]] = defaultdict(list)
    asked = sorted(set(persons.values()))
    known_from = {}
    with connection.cursor() as cursor:
        given: dict[str, Any] = {
            "after": after, "until": until, "kinds": kinds_of(rule.unless), "persons": asked, "most": MOST_UNLESS
        }  # fmt: skip
        cursor.execute(_UNLESS.format(person=_PERSON[Subject(rule.subject)]), given)
        for person, variant, moment, number in cursor.fetchall():
            told[person].append((variant, moment))
            if number == MOST_UNLESS:
                known_from[person] = moment
    if rule.unless == ORDERED:
        for person, moment in _orders(asked, by_customer, after, until):
            told[person].append((None, moment))
    barred = {
        one: [
            moment
            for variant, moment in told.get(person, ())
            if variant is None or not rule.same_sku or variant == keys[one].variant
        ]
        for one, person in persons.items()
    }
    return barred, {one: known_from[person] for one, person in persons.items() if person in known_from}


def _orders(persons: Sequence[int], by_customer: bool, after: datetime, until: datetime) -> Iterable[tuple[int, datetime]]:
    """Orders that these customers, or those that these visitors are known as, have paid and not canceled, by when they were
    placed.
    """
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
    for customer, moment in placed.exclude(state__in=UNBOUGHT).values_list("customer_id", "placed_at"):
        yield from ((one, moment) for one in whose[customer or 0])
