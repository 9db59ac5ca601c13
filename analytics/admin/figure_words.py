"""What the keys of a cut are called, and which figures stand on few."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from analytics.admin import charts
from analytics.metrics import Cut, Metric, Unit
from analytics.queries import naming
from analytics.words import figures
from orders.admin import known

# A share of fewer than these says little.
FEWEST = 30
COUNTED = ("orders", "units", "visits")


def is_of_few(metric: Metric, facts: Any) -> bool:
    """Whether a share or an average stands on so few that it says little."""
    below = next((name for name in reversed(metric.facts) if name in COUNTED), None)
    return not metric.adds_up and below is not None and 0 < facts[below] < FEWEST and metric.unit is not Unit.MONEY


def keys(cut: Cut, wanted: Iterable[Any]) -> dict[Any, str]:
    """The name of each key in the reader's language."""
    listed = list(wanted)
    rows = naming.names(cut, listed)
    return {key: rows[key].title if key in rows else key_of_time(cut, key) for key in listed}


def key_of_time(cut: Cut, key: Any) -> str:
    weekdays = figures.weekday_names()
    if cut is Cut.DAY:
        return figures.day(key)
    if cut is Cut.WEEK:
        return _("week of %(day)s") % {"day": date_format(key, "Y-m-d")}
    if cut is Cut.MONTH:
        return date_format(key, "Y-m")
    if cut is Cut.HOUR:
        return charts.hour(key)
    if cut is Cut.WEEKDAY:
        return str(weekdays[key][1])
    if cut is Cut.SLOT:
        return f"{weekdays[key[0]][1]} {charts.hour(key[1])}"
    if cut is Cut.DAY_HOUR:
        return f"{figures.day(key[0])} {charts.hour(key[1])}"
    if cut is Cut.CHANNEL:
        return known.channel(key) if key else _("without a sale on record")
    return str(key)


def short(cut: Cut, key: Any) -> str:
    """For the labels below a chart."""
    if isinstance(key, date):
        return date_format(key, "Y-m") if cut is Cut.MONTH else figures.short_day(key)
    return str(figures.weekday_names()[key][0]) if cut is Cut.WEEKDAY else str(key)
