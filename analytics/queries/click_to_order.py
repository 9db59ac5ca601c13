"""How long it takes from a campaign's first visit to the order: figures that sums cannot make, from what each day kept."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from analytics.metrics import Cut, Metric
from config.kernel.errors import Invalid

_SHARES = {"click_to_order_median": 0.5, "click_to_order_p90": 0.9}
_KEYS = {
    Cut.DAY: "a.day",
    Cut.WEEK: "date_trunc('week', a.day)::date",
    Cut.MONTH: "date_trunc('month', a.day)::date",
    Cut.WEEKDAY: "extract(isodow FROM a.day)::int - 1",
    Cut.CHANNEL: "a.channel",
    Cut.GROUPING: "a.grouping",
    Cut.CAMPAIGN: "a.campaign_key",
}
CUTS = frozenset(_KEYS)
PERMISSION = "analytics.view_dailyattribution"
_PARTS = (Cut.CHANNEL, Cut.GROUPING, Cut.CAMPAIGN)


class NotToldApart(Invalid):
    """The days keep no such thing beside the times."""

    code = "cut_refused"


def asked(*, metric: Metric, first: date, last: date, by: Cut | None, of: Any, at: datetime) -> Mapping[Any, Decimal | None]:
    """By the key of the cut, in seconds. What no order was touched by is not in it."""
    chosen: Mapping[Cut, Any] = of.chosen
    if (by is not None and by not in _KEYS) or not set(chosen) <= set(_PARTS):
        cuts = sorted(cut.value for cut in {*chosen, *([by] if by else [])})
        raise NotToldApart(
            _("%(metric)s cannot be told apart that way.") % {"metric": metric.title},
            details={"metric": metric.code, "cuts": cuts},
        )
    key = "NULL::int" if by is None else _KEYS[by]
    narrowed = "".join(f" AND {_KEYS[cut]} = %({cut.value})s" for cut in chosen)
    statement = f"""
        SELECT {key}, percentile_cont(%(share)s) WITHIN GROUP (ORDER BY lag)
        FROM analytics_dailyattribution AS a, unnest(a.lags) AS lag
        WHERE a.day >= %(first)s AND a.day <= %(last)s{narrowed}
        GROUP BY 1
    """  # noqa: S608  put together from texts of this file
    told = {cut.value: value for cut, value in chosen.items()}
    with connection.cursor() as cursor:
        cursor.execute(statement, {**told, "first": first, "last": last, "share": _SHARES[metric.code]})
        return {key: Decimal(str(seconds)) for key, seconds in cursor.fetchall()}
