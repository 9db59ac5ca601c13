"""What each figure counts and how to read it: the metrics of the registry, and what single tiles show beside them."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from analytics.metrics import METRICS


@dataclass(frozen=True)
class Definition:
    code: str
    title: Any
    counts: Any
    reading: Any


OTHERS = (
    Definition(
        "today",
        pgettext_lazy("figure", "Today against last week"),
        _("Today until now, against the same weekday a week ago until the same time of day."),
        _(
            "Today still holds unpaid orders, of which some will expire; last week's have expired already. So today reads a "
            "little high."
        ),
    ),
    Definition(
        "projection",
        pgettext_lazy("figure", "Where today may end"),
        _(
            "Sales so far / the share that the last eight days of this weekday had reached by this time. The range is the "
            "middle half of them."
        ),
        _("It describes the past. A promotion, a holiday or a stockout makes today different. Shown from four such days on."),
    ),
    Definition(
        "cover",
        pgettext_lazy("figure", "Days of cover"),
        _("Available units / units shipped per day from this warehouse over the last 28 closed days."),
        _("A SKU that was sold out in between shipped less than it could have, so it lasts shorter than shown."),
    ),
    Definition(
        "promotion",
        pgettext_lazy("figure", "Uses of a promotion"),
        _("Orders that got it and stand, and what it took off them, shipping included."),
        _("What would have been sold without it is not known from these figures."),
    ),
)
DEFINITIONS = (*(Definition(one.code, one.title, one.counts, one.reading) for one in METRICS.values()), *OTHERS)
TITLES = {one.code: one.title for one in DEFINITIONS}
