"""What shoppers search for, what they find, and what suddenly more of them want. Read from the days' terms alone."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet, Sum

from analytics import closing
from analytics.behaviour import surging, terms
from analytics.behaviour.surging import Surge
from analytics.models import DailySearch, VisitDay

# The latest days of a period in which a surge is looked for: with more, what has long passed would still surge.
SURGE_DAYS = 7


@dataclass(frozen=True)
class Term:
    """`dry` are searches that found nothing; `viewed` and `added` are visits in which that followed."""

    term: str
    searches: int
    visits: int
    dry: int
    viewed: int
    added: int


@dataclass(frozen=True)
class Surging:
    term: str
    surge: Surge


@dataclass(frozen=True)
class Window:
    """The days in which surges are looked for; `weeks` of those before are known."""

    first: date
    last: date
    weeks: int


def top(*, first: date, last: date, most: int) -> list[Term]:
    """The terms of most visits."""
    return _terms(_summed(first, last), "-summed_visits", most)


def without_result(*, first: date, last: date, most: int) -> list[Term]:
    """The terms that found nothing most often."""
    return _terms(_summed(first, last).filter(summed_dry__gt=0), "-summed_dry", most)


def every(*, first: date, last: date, most: int) -> list[Term]:
    """All terms, those of most visits first, as far as they go into a file."""
    return top(first=first, last=last, most=most)


def whole(*, first: date, last: date) -> Term:
    """All terms together. A visit counts once for each of its terms."""
    found = DailySearch.objects.filter(day__gte=first, day__lte=last).aggregate(**_SUMS)
    return Term("", *(found[name] or 0 for name in _SUMS))


def surging_terms(*, first: date, last: date, most: int) -> tuple[Window, list[Surging]]:
    """Terms that surge in the latest days of a period, the least likely ones first."""
    first = max(first, last - timedelta(days=SURGE_DAYS - 1))
    weeks = [(first - timedelta(weeks=week), last - timedelta(weeks=week)) for week in range(1, surging.WEEKS + 1)]
    known = set(VisitDay.objects.filter(day__gte=weeks[-1][0], day__lt=first).values_list("day", flat=True))
    # A week of which only some days were told would make the others look like none.
    weeks = [(begins, ends) for begins, ends in weeks if known.issuperset(closing.days(begins, ends))]
    now = {one.term: one.visits for one in _terms(_summed(first, last).filter(summed_visits__gte=surging.AT_LEAST))}
    before: dict[str, list[int]] = defaultdict(lambda: [0] * len(weeks))
    for number, (begins, ends) in enumerate(weeks):
        rows = DailySearch.objects.filter(day__gte=begins, day__lte=ends, term__in=list(now)).order_by().values_list("term")
        for term, visits in rows.annotate(Sum("visits")):
            before[term][number] = visits
    found = [Surging(term, risen) for term, visits in now.items() if (risen := surging.surge(visits, before[term]))]
    found = [one for one in found if one.term != terms.WITHHELD]
    return Window(first, last, len(weeks)), sorted(found, key=lambda one: (one.surge.chance, one.term))[:most]


_SUMS = {f"summed_{name}": Sum(name) for name in ("searches", "visits", "dry", "viewed", "added")}


def _summed(first: date, last: date) -> QuerySet[Any, Any]:
    rows = DailySearch.objects.filter(day__gte=first, day__lte=last).order_by()
    return rows.values("term").annotate(**_SUMS)


def _terms(rows: QuerySet[Any, Any], by: str = "term", most: int | None = None) -> list[Term]:
    found = rows.order_by(by, "term").values_list("term", *_SUMS)
    return [Term(*told) for told in (found if most is None else found[:most])]
