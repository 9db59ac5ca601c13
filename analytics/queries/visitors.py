"""How many visitors came on a day: exact for each day, and of more days the average, since days do not add up."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Avg, DateField, F
from django.db.models.functions import ExtractIsoWeekDay, TruncMonth, TruncWeek
from django.utils.translation import gettext as _

from analytics.metrics import Cut
from analytics.models import DailyVisitors
from config.kernel.errors import Invalid


class NotByThis(Invalid):
    """Visitors are counted by day and channel; nothing else tells them apart."""

    code = "cut_refused"


_GROUPS: Mapping[Cut, Any] = {
    Cut.DAY: F("day"),
    Cut.WEEK: TruncWeek("day", output_field=DateField()),
    Cut.MONTH: TruncMonth("day", output_field=DateField()),
    Cut.WEEKDAY: ExtractIsoWeekDay("day"),
    Cut.CHANNEL: F("channel"),
}


CUTS = frozenset(_GROUPS)
PERMISSION = "analytics.view_dailyvisitors"


def daily(*, first: date, last: date, by: Cut | None, of: Any, **_rest: Any) -> dict[Any, Decimal | None]:
    """For queries/measuring.py. Days on which nobody came are in no average."""
    strange = {*of.chosen, *([by] if by else [])} - set(_GROUPS)
    if strange or set(of.chosen) - {Cut.CHANNEL}:
        told = ", ".join(sorted(cut.value for cut in strange or of.chosen))
        raise NotByThis(_("Daily visitors cannot be told apart by %(cuts)s.") % {"cuts": told}, details={"cuts": told})
    rows = DailyVisitors.objects.filter(day__gte=first, day__lt=last + timedelta(days=1))
    if Cut.CHANNEL in of.chosen:
        rows = rows.filter(channel=of.chosen[Cut.CHANNEL])
    else:
        rows = rows.filter(channel__isnull=by is not Cut.CHANNEL)
    if by is None:
        mean = rows.aggregate(mean=Avg("visitors"))["mean"]
        return {None: _exact(mean)}
    found = rows.annotate(cut=_GROUPS[by]).order_by().values_list("cut").annotate(mean=Avg("visitors"))
    return {key - 1 if by is Cut.WEEKDAY else key: _exact(mean) for key, mean in found}


def _exact(mean: Any) -> Decimal | None:
    return None if mean is None else Decimal(str(mean))
