"""To which visits orders are owed, and what advertising cost."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP
from decimal import Decimal as D
from fractions import Fraction
from typing import Any

from tests.prove.brute.counting import Item
from tests.prove.brute.selling import Sold, local
from tests.prove.brute.visiting import Seen, Visiting
from tests.prove.clicks import SEOUL

WINDOW = timedelta(days=30)
Line = tuple[str, str]  # the kind of origin, and the campaign's line in it
_TOLD = (
    "referrer",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "gclid",
    "fbclid",
    "napm",
    "kakao_click",
)
# What the demo's campaigns and pages are, as docs/algorithms/attribution.md has it: (source, medium), and where from.
_WORDS = {
    ("instagram", "social"): "social", ("instagram", "paid_social"): "paid_social", ("naver", "cpc"): "paid_search",
    ("google", "cpc"): "paid_search", ("kakao", "message"): "message", ("newsletter", "email"): "email",
}  # fmt: skip
_PAGES = {
    "search.naver.com": ("organic_search", "naver"), "www.google.com": ("organic_search", "google"),
    "m.blog.naver.com": ("social", "naver_blog"), "band.us": ("social", "band"),
}  # fmt: skip
DIRECT, UNKNOWN = ("direct", "direct//"), ("unknown", "unknown//")


def line_of(words: Mapping[str, Any]) -> Line:
    """A word the demo does not use is an error here rather than a guess."""
    source, medium, campaign = (words.get(f"utm_{name}", "") for name in ("source", "medium", "campaign"))
    if source or medium or campaign:
        grouping = _WORDS[source, medium]
        return grouping, f"{grouping}/{source}/{campaign}"
    if words.get("referrer"):
        grouping, source = _PAGES[words["referrer"]]
        return grouping, f"{grouping}/{source}/"
    return DIRECT


def origin(visit: Seen) -> Line:
    """Told by the first event that says anything of it."""
    for one in visit.events:
        if any(one.properties.get(name) for name in _TOLD):
            return line_of(one.properties)
    return DIRECT


def items(sold: Iterable[Sold], visiting: Visiting, spend: Iterable[Mapping[str, str]]) -> tuple[list[Item], list[Item]]:
    """Facts of each line; and how long before an order each line first touched it."""
    facts, lags = [], []
    lines = {visit: origin(visit) for visit in visiting.visits}
    for visit, line in lines.items():
        facts.append(Item(visit.starts.astimezone(SEOUL), {"origin_visits": 1}, _of(line, visit.channel)))
    telling = visiting.telling
    of_customer: dict[int, list[Seen]] = defaultdict(list)
    of_browser: dict[str, list[Seen]] = defaultdict(list)
    for visit in visiting.visits:
        of_browser[visit.visitor].append(visit)
        if visit.customer is not None:
            of_customer[visit.customer].append(visit)
    first = min(visit.day for visit in visiting.visits)
    for order in sold:
        at, on = local(order.at), local(order.at).date()
        if on < first:
            continue  # nobody knew of visits yet
        found = list(of_customer[order.customer]) if order.customer is not None else []
        for told in telling.get(order.number, []):
            if abs((told.day - on).days) > 1:
                continue
            for visit in of_browser[told.visitor]:
                alike = visit.customer == told.customer
                if told.customer is None:
                    alike = alike and len(visiting.shown.get(told.visitor, ())) <= 1
                if alike or order.number in visit.orders:
                    found.append(visit)
        touches = sorted(
            {one for one in found if order.at - WINDOW <= one.starts <= order.at}, key=lambda one: (one.starts, one.visitor)
        )[-100:]
        counting = [(one.starts, lines[one]) for one in touches if lines[one] != DIRECT]
        counting = counting or [(one.starts, lines[one]) for one in touches]
        owing = [line for _at, line in counting] or [UNKNOWN]
        for line, owed in _owed(order, owing):
            facts.append(Item(at, owed, _of(line, order.channel)))
        for line in {line for _at, line in counting}:
            since = min(moment for moment, each in counting if each == line)
            lags.append(Item(at, (order.at - since) // timedelta(seconds=1), _of(line, order.channel)))
            if line != counting[-1][1]:
                facts.append(Item(at, {"assists": 1}, _of(line, order.channel)))
    for row in spend:
        day = datetime.fromisoformat(row["day"]).replace(tzinfo=SEOUL)
        line = line_of({f"utm_{name}": row[name] for name in ("source", "medium", "campaign")})
        cost = {"cost": D(row["cost"]), "clicks": int(row["clicks"]), "impressions": int(row["impressions"])}
        facts.append(Item(day, cost, {"grouping": (line[0],), "campaign": (line[1],)}))
    return facts, lags


def _of(line: Line, channel: str) -> dict[str, tuple[Any, ...]]:
    return {"channel": (channel,), "grouping": (line[0],), "campaign": (line[1],)}


def _owed(order: Sold, owing: list[Line]) -> Iterable[tuple[Line, dict[str, Any]]]:
    net = int((order.goods - order.back).quantize(D(1), ROUND_HALF_UP))
    for model in ("last", "first", "position", "linear"):
        parts = _parts(model, len(owing))
        for line, millionths, money in zip(owing, _shared(1_000_000, parts), _shared(net, parts), strict=True):
            yield (
                line,
                {
                    f"{model}_orders": Fraction(millionths, 1_000_000),
                    f"{model}_net": money,
                    f"{model}_new": Fraction(millionths, 1_000_000) if order.place == 1 else 0,
                },
            )


def _parts(model: str, number: int) -> list[Fraction]:
    if model == "last":
        return [Fraction(0)] * (number - 1) + [Fraction(1)]
    if model == "first":
        return [Fraction(1)] + [Fraction(0)] * (number - 1)
    if model == "position" and number > 2:
        between = Fraction(1, 5) / (number - 2)
        return [Fraction(2, 5), *[between] * (number - 2), Fraction(2, 5)]
    return [Fraction(1, number)] * number


def _shared(units: int, parts: list[Fraction]) -> list[int]:
    """What is left over goes to the largest remainders, of equal ones to the earlier touch."""
    if units < 0:
        return [-one for one in _shared(-units, parts)]
    exact = [units * part for part in parts]
    whole = [one.numerator // one.denominator for one in exact]
    places = sorted(range(len(parts)), key=lambda place: (whole[place] - exact[place], place))
    for place in places[: units - sum(whole)]:
        whole[place] += 1
    return whole
