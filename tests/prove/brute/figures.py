"""Each figure of the registry, by its code: which items it counts, and how. As docs/metrics.md reads, written a second time."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

from tests.prove.brute.counting import Figure, Number, middle, share
from tests.prove.counted_views import Watched, of_newcomers

Told = dict[str, Any]


def _of(items: str, value: Callable[[Told], Number | None]) -> Figure:
    return Figure(items, value=value)


def _sum(items: str, name: str) -> Figure:
    return _of(items, lambda told: told[name])


def _share(items: str, above: str, below: str) -> Figure:
    return _of(items, lambda told: share(told[above], told[below]))


def _sales(told: Told) -> Number:
    return told["gross"] - told["discounts"]  # type: ignore[no-any-return]


def _after_tax(told: Told) -> Number:
    return _sales(told) - told["returned"] - (told["goods_tax"] - told["returned_tax"])  # type: ignore[no-any-return]


def _profit(told: Told) -> Number:
    return _after_tax(told) - (told["cost"] - told["returned_cost"])  # type: ignore[no-any-return]


def _daily_visitors(found: list[tuple[date, str]]) -> Fraction | None:
    days: dict[date, set[str]] = defaultdict(set)
    for day, visitor in found:
        days[day].add(visitor)
    return Fraction(sum(len(one) for one in days.values()), len(days)) if days else None


def _at_rank(part: Fraction) -> Callable[[list[int]], Fraction | None]:
    """Between the two nearest, where it lies between them."""

    def of(lags: list[int]) -> Fraction | None:
        if not lags:
            return None
        ordered, rank = sorted(lags), part * (len(lags) - 1)
        below = rank.numerator // rank.denominator
        above = min(below + 1, len(ordered) - 1)
        return ordered[below] + (rank - below) * (ordered[above] - ordered[below])

    return of


def _newcomers(code: str) -> Callable[[list[Watched]], Number | None]:
    return lambda people: of_newcomers(code, people)


def _mean(flags: list[int]) -> Fraction | None:
    return share(sum(flags), len(flags))


FIGURES: dict[str, Figure] = {
    "visits": _sum("visits", "visits"),
    "daily_visitors": Figure("visitors", _daily_visitors),
    "pages_per_visit": _share("visits", "pages", "visits"),
    "bounce_share": _share("visits", "bounces", "visits"),
    "conversion": _share("visits", "ordered", "visits"),
    "viewed_share": _share("visits", "viewed", "visits"),
    "compared_share": _share("visits", "compared", "visits"),
    "decided_share": _share("visits", "decided", "visits"),
    "checkout_share": _share("visits", "checkout", "visits"),
    "cart_abandonment": _share("visits", "left", "carted"),
    "carts_left": _sum("visits", "left"),
    "active_seconds_per_visit": _share("visits", "seconds", "visits"),
    "out_of_stock_share": _share("visits", "out_of_stock", "viewed"),
    "searches": _sum("visits", "searches"),
    "zero_result_share": _share("visits", "dry", "searches"),
    "product_views": _sum("skus", "views"),
    "viewing_visits": _sum("skus", "viewing"),
    "add_share": _share("skus", "adding", "viewing"),
    "out_of_stock_views_share": _share("skus", "missing", "viewing"),
    "wishes": _sum("skus", "wishes"),
    "dwell_seconds_per_view": _share("skus", "looked", "views"),
    **{
        code: Figure("newcomers", _newcomers(code))
        for code in ("lead_time_median", "lead_time_p90", "bought_within_hour", "bought_within_day", "bought_within_week")
    },
    "cart_to_purchase": Figure("carts", middle),
    "click_to_purchase": Figure("clicks", middle),
    "response_time": Figure("sightings", middle),
    "planned_responses": Figure("planned", _mean),
    "return_conversion": _share("returning", "orders", "visits"),
    "return_visits": _sum("returning", "visits"),
    "reactivation": Figure("spans", lambda _none: None),  # of spans rather than of items: see people.reactivated
    "repeat_rate": Figure("first_orders", _newcomers("repeat_rate")),
    "retention": Figure("staying", _mean),
    "buyers": Figure("buying", lambda customers: len(set(customers))),
    "new_orders": _sum("sales", "new_orders"),
    "repeat_orders": _sum("sales", "repeat_orders"),
    "new_sales": _sum("sales", "new_sales"),
    "repeat_sales": _sum("sales", "repeat_sales"),
    "repeat_share": _of("sales", lambda told: share(told["repeat_orders"], told["new_orders"] + told["repeat_orders"])),
    "orders": _sum("sales", "orders"),
    "units": _sum("sales", "units"),
    "gross": _sum("sales", "gross"),
    "discounts": _sum("sales", "discounts"),
    "sales": _of("sales", _sales),
    "returned": _sum("sales", "returned"),
    "returned_units": _sum("sales", "returned_units"),
    "net": _of("sales", lambda told: _sales(told) - told["returned"]),
    "shipping": _sum("sales", "shipping"),
    "tax": _sum("sales", "order_tax"),
    "average_order": _of("sales", lambda told: share(_sales(told), told["orders"])),
    "units_per_order": _share("sales", "units", "orders"),
    "discount_share": _share("sales", "discounts", "gross"),
    "profit": _of("sales", _profit),
    "margin": _of("sales", lambda told: share(_profit(told), _after_tax(told))),
    "received_units": _sum("sales", "received_units"),
    "shipped_units": _sum("sales", "shipped_units"),
    "parcels": _sum("sales", "parcels"),
    "on_time_share": _share("sales", "on_time", "due"),
    "time_to_ship": _share("sales", "waited", "paid"),
    "fill_rate": _share("sales", "gone_units", "begun_units"),
    "whole_share": _share("sales", "whole", "begun"),
    "canceled_share": _share("sales", "canceled", "placed"),
    "expired_share": _share("sales", "expired", "placed"),
    "origin_visits": _sum("lines", "origin_visits"),
    "assisted_orders": _sum("lines", "assists"),
    "ad_spend": _sum("lines", "cost"),
    "ad_impressions": _sum("lines", "impressions"),
    "ad_clicks": _sum("lines", "clicks"),
    "cost_per_click": _share("lines", "cost", "clicks"),
    "click_to_order_median": Figure("lags", _at_rank(Fraction(1, 2))),
    "click_to_order_p90": Figure("lags", _at_rank(Fraction(9, 10))),
}
for _model in ("last", "first", "position", "linear"):
    FIGURES |= {
        f"attributed_orders_{_model}": _sum("lines", f"{_model}_orders"),
        f"attributed_net_{_model}": _sum("lines", f"{_model}_net"),
        f"attributed_new_customers_{_model}": _sum("lines", f"{_model}_new"),
        # What was not advertised has no cost.
        f"cost_per_order_{_model}": _of(
            "lines",
            lambda told, orders=f"{_model}_orders": share(told["cost"], told[orders]) if told["cost"] else None,  # type: ignore[misc]
        ),
        f"return_on_ad_spend_{_model}": _share("lines", f"{_model}_net", "cost"),
    }
