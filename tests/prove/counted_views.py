"""Counts visits, interest and the way to an order by hand: plain Python over clicks as the files tell them, one by one.

It shares nothing with the product but the names of metrics, cuts, steps and reasons.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal as D
from fractions import Fraction
from typing import Any

from tests.prove.clicks import HALF_AN_HOUR, SEOUL, Click

DAY = 86_400
WATCHED = 90 * DAY


@dataclass
class Seen:
    """One visit."""

    visitor: str
    channel: str
    clicks: list[Click]
    # Orders placed in it, and whether the visitor had been here on an earlier day.
    orders: int = 0
    returns: bool = False
    reached: dict[str, bool] = field(default_factory=dict)
    category_seen: set[str] = field(default_factory=set)
    # By SKU and category: how often it was viewed, whether it was, and whether it was put in the cart.
    skus: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)

    @property
    def starts(self) -> datetime:
        return self.clicks[0].at.astimezone(SEOUL)

    @property
    def day(self) -> date:
        return self.starts.date()

    def count(self, kind: str) -> int:
        return sum(one.kind == kind for one in self.clicks)

    def facts(self) -> dict[str, int]:
        carted = self.count("product_added") > 0
        return {
            "visits": 1,
            "pages": self.count("page_viewed"),
            "bounces": len(self.clicks) == self.count("page_viewed") == 1,
            "carted": carted,
            "left": carted and not self.reached["ordered"],
            "returns": self.returns,
            "return_orders": self.orders if self.returns else 0,
            **self.reached,
        }


@dataclass(frozen=True)
class Sold:
    """An order, and the visit that told it."""

    at: datetime
    channel: str
    visit: Seen


def visits(clicks: Iterable[Click], channel_of: Callable[[str], str]) -> list[Seen]:
    """Cut by half an hour of nothing and by midnight in Seoul."""
    theirs: dict[str, list[Click]] = defaultdict(list)
    for click in clicks:
        theirs[click.visitor].append(click)
    found: list[Seen] = []
    for visitor, all_of_them in theirs.items():
        ordered = sorted(all_of_them, key=lambda one: one.at)
        days: set[date] = set()
        begun: list[Seen] = []
        for click in ordered:
            last = begun[-1].clicks[-1] if begun else None
            local = click.at.astimezone(SEOUL).date()
            if (
                last is None
                or (click.at - last.at).total_seconds() >= HALF_AN_HOUR
                or last.at.astimezone(SEOUL).date() != local
            ):
                begun.append(Seen(visitor, channel_of(visitor), []))
            begun[-1].clicks.append(click)
        for visit in begun:
            visit.returns = any(day < visit.day for day in days)
            days.add(visit.day)
            visit.reached = _reached(visit)
            visit.category_seen = {one.category for one in visit.clicks if one.kind == "product_viewed" and one.category}
            visit.skus = _skus(visit)
        found += begun
    return found


def _reached(visit: Seen) -> dict[str, bool]:
    views = [one for one in visit.clicks if one.kind == "product_viewed"]
    of_category: dict[str, set[str]] = defaultdict(set)
    for one in views:
        if one.category:
            of_category[one.category].add(one.sku)
    return {
        "viewed": bool(views),
        "compared": len({one.sku for one in views}) >= 3 or any(len(skus) >= 2 for skus in of_category.values()),
        "decided": visit.count("product_added") > 0,
        "ordered": visit.count("order_completed") > 0,
    }


def _skus(visit: Seen) -> dict[tuple[str, str], dict[str, int]]:
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: {"views": 0, "viewing": 0, "adding": 0})
    for one in visit.clicks:
        if one.category and one.kind == "product_viewed":
            found[one.sku, one.category]["views"] += 1
            found[one.sku, one.category]["viewing"] = 1
        elif one.category and one.kind == "product_added":
            found[one.sku, one.category]["adding"] = 1
    return found


def orders(seen: Iterable[Seen], placed: dict[str, datetime]) -> list[Sold]:
    """Those that a visit tells: each once, in the visit that began first of those that tell it."""
    told: dict[str, list[Seen]] = defaultdict(list)
    for visit in seen:
        for number in {click.order for click in visit.clicks if click.order}:
            told[number].append(visit)
    found = []
    for number, theirs in sorted(told.items()):
        visit = min(theirs, key=lambda one: one.starts)
        visit.orders += 1
        found.append(Sold(placed[number], visit.channel, visit))
    return found


# --- by what they are told apart


def key_of_time(by: str, local: datetime) -> Any:
    day = local.date()
    weekday = day.isoweekday() - 1
    return {
        "day": day,
        "week": day - timedelta(days=weekday),
        "month": date(day.year, day.month, 1),
        "hour": local.hour,
        "weekday": weekday,
        "slot": (weekday, local.hour),
        "day_hour": (day, local.hour),
    }[by]


def key_of(by: str | None, visit: Seen) -> Any:
    if by is None:
        return None
    return visit.channel if by == "channel" else key_of_time(by, visit.starts)


def summed(seen: Iterable[Seen], by: str | None) -> dict[Any, dict[str, int]]:
    found: dict[Any, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for visit in seen:
        sums = found[key_of(by, visit)]
        for name, number in visit.facts().items():
            sums[name] += number
    return found


# --- figures of visits


def _share(above: int, below: int) -> D | None:
    return D(above) / D(below) if below else None


def of_visits(code: str, sums: dict[str, int]) -> D | None:
    """Each figure as its definition reads, written a second time."""
    told: dict[str, int] = defaultdict(int, sums)
    shares = {
        "pages_per_visit": ("pages", "visits"), "bounce_share": ("bounces", "visits"), "conversion": ("ordered", "visits"),
        "viewed_share": ("viewed", "visits"), "compared_share": ("compared", "visits"), "decided_share": ("decided", "visits"),
        "cart_abandonment": ("left", "carted"), "return_conversion": ("return_orders", "returns"),
        # Neither file tells of these.
        "checkout_share": ("", "visits"), "active_seconds_per_visit": ("", "visits"), "out_of_stock_share": ("", "viewed"),
        "zero_result_share": ("", ""),
    }  # fmt: skip
    if code in shares:
        above, below = shares[code]
        return _share(told[above], told[below])
    return D(told[{"visits": "visits", "carts_left": "left", "searches": "", "return_visits": "returns"}[code]])


def daily_visitors(seen: Iterable[Seen], by: str | None) -> dict[Any, D | None]:
    """Different visitors of each day; of more days the mean of those on which somebody came."""
    days: dict[Any, dict[date, set[str]]] = defaultdict(lambda: defaultdict(set))
    for visit in seen:
        days[key_of(by, visit)][visit.day].add(visit.visitor)
    return {key: D(str(sum(map(len, found.values())) / len(found))) for key, found in days.items()}


# --- interest in SKUs the catalog knows


def of_interest(seen: Iterable[Seen], by: str | None, only: str | None = None) -> dict[Any, dict[str, int]]:
    """By SKU, category or time of the visit's day; `only` this SKU."""
    sums: dict[Any, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for visit in seen:
        for (sku, category), did in visit.skus.items():
            if only is None or sku == only:
                key = sku if by == "sku" else category if by == "category" else key_of(by, visit)
                for name, number in did.items():
                    sums[key][name] += number
    return sums


def interest(code: str, told: dict[str, int]) -> D | None:
    views, viewing, adding = (told.get(name, 0) for name in ("views", "viewing", "adding"))
    figures = {
        "product_views": D(views), "viewing_visits": D(viewing), "add_share": _share(adding, viewing),
        "out_of_stock_views_share": _share(0, viewing), "wishes": D(0), "dwell_seconds_per_view": _share(0, views),
    }  # fmt: skip
    return figures[code]


# --- the funnel


def funnel(seen: Iterable[Seen], category: str | None = None) -> list[tuple[int, int, dict[str, int]]]:
    """How many reached each of the six steps, how many went no further, and why."""
    furthest: dict[int, int] = defaultdict(int)
    reasons: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for visit in seen:
        if category is not None and category not in visit.category_seen:
            continue
        reached = visit.reached
        step = (
            5
            if reached["ordered"]
            else 3
            if reached["decided"]
            else 2
            if reached["compared"]
            else 1
            if reached["viewed"]
            else 0
        )
        furthest[step] += 1
        if step < 5:
            reason = "bounced" if len(visit.clicks) == visit.count("page_viewed") == 1 else _REASONS[step]
            reasons[step][reason] += 1
    return [
        (sum(furthest[later] for later in range(step, 6)), furthest[step] if step < 5 else 0, dict(reasons[step]))
        for step in range(6)
    ]


_REASONS = {0: "looked", 1: "viewed", 2: "compared", 3: "cart"}


# --- how long it took


def ends_of_step(seconds: float) -> int:
    """Minutes up to two hours, ten minutes up to a day, hours up to two weeks, days beyond: the end of the step it lies in."""
    length = 60 if seconds < 7_200 else 600 if seconds < DAY else 3_600 if seconds < 14 * DAY else DAY
    return (int(seconds) // length + 1) * length


@dataclass(frozen=True)
class Watched:
    """A newcomer: how long until the first order, or for how long there was none."""

    day: date
    channel: str
    seconds: float
    has_bought: bool


def newcomers(seen: Iterable[Seen], sold: Iterable[Sold], until: datetime) -> list[Watched]:
    first: dict[str, Seen] = {}
    for visit in sorted(seen, key=lambda one: one.starts):
        first.setdefault(visit.visitor, visit)
    bought: dict[str, list[datetime]] = defaultdict(list)
    for order in sold:
        if order.at < until:
            bought[order.visit.visitor].append(order.at)
    found = []
    for visitor, visit in first.items():
        at = min((one for one in bought[visitor] if one >= visit.starts), default=None)
        if at is not None and (at - visit.starts).total_seconds() <= WATCHED:
            found.append(Watched(visit.day, visit.channel, (at - visit.starts).total_seconds(), has_bought=True))
        else:
            watched = min((until - visit.starts).total_seconds(), WATCHED)
            found.append(Watched(visit.day, visit.channel, watched, has_bought=False))
    return found


def bought_by(people: Iterable[Watched]) -> list[tuple[int, Fraction]]:
    """Kaplan and Meier, exactly: the end of each step in which somebody ordered, and the share that has by then."""
    happened: dict[int, int] = defaultdict(int)
    gone: dict[int, int] = defaultdict(int)
    for one in people:
        gone[ends_of_step(one.seconds)] += 1
        happened[ends_of_step(one.seconds)] += one.has_bought
    at_risk, left, points = sum(gone.values()), Fraction(1), []
    for step in sorted(gone):
        if happened[step]:
            left *= Fraction(at_risk - happened[step], at_risk)
            points.append((step, 1 - left))
        at_risk -= gone[step]
    return points


def of_newcomers(code: str, people: list[Watched]) -> D | None:
    if not people:
        return None
    points = bought_by(people)
    if code in ("lead_time_median", "lead_time_p90"):
        part = Fraction(1, 2) if code == "lead_time_median" else Fraction(9, 10)
        return next((D(step) for step, share in points if share >= part * points[-1][1]), None) if points else None
    seconds = {
        "bought_within_hour": 3_600, "bought_within_day": DAY, "bought_within_week": 7 * DAY, "repeat_rate": 90 * DAY,
    }[code]  # fmt: skip
    if max(ends_of_step(one.seconds) for one in people) < seconds and not (points and points[-1][1] == 1):
        return None  # nobody was watched for so long
    share = max((share for step, share in points if step <= seconds), default=Fraction(0))
    return D(share.numerator) / share.denominator


def cart_to_purchase(sold: Iterable[Sold]) -> D | None:
    """Half of the orders whose visit had put something in the cart before took less."""
    took = []
    for order in sold:
        carted = [one.at for one in order.visit.clicks if one.kind == "product_added" and one.at <= order.at]
        if carted:
            took.append(ends_of_step((order.at - min(carted)).total_seconds()))
    took.sort()
    return D(took[(len(took) + 1) // 2 - 1]) if took else None
