"""Charts as finished values for the templates: geometry from the rules, words in the staff's language."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from analytics import drawing, holidays
from analytics.queries.dashboard import HeatCell
from analytics.words import figures

LABELS = 6
SATURDAY = 5
HOURS_PER_LABEL = 3


def days(
    values: Sequence[tuple[date, Decimal]],
    *,
    shown_from: date,
    averaged: int,
    title: str,
    details: Mapping[date, str],
) -> dict[str, Any]:
    """A line over days, with its moving average where that many days are known, weekends shaded and holidays marked."""
    means = drawing.average([value for _day, value in values], averaged)
    shown = [(day, value, mean) for (day, value), mean in zip(values, means, strict=True) if day >= shown_from]
    drawn = drawing.chart([value for _day, value, _mean in shown], [mean for _day, _value, mean in shown])
    off = holidays.between(shown[0][0], shown[-1][0], get_language() or "ko") if shown else {}
    slots = [
        {
            "left": slot.left,
            "width": slot.width,
            "x": slot.x,
            "is_weekend": day.weekday() >= SATURDAY,
            "holiday": off.get(day, ""),
            "words": " · ".join(
                part for part in (figures.day(day), off.get(day, ""), figures.money(value), details.get(day, "")) if part
            ),
        }
        for slot, (day, value, _mean) in zip(drawn.slots, shown, strict=True)
    ]
    best = max(shown, key=lambda one: one[1], default=None)
    return {
        "title": title,
        "words": _("Most on %(day)s: %(amount)s. On average %(mean)s a day.")
        % {
            "day": figures.day(best[0]),
            "amount": figures.money(best[1]),
            "mean": figures.money(sum((value for _day, value, _mean in shown), Decimal(0)) / len(shown)),
        }
        if best
        else "",
        "drawn": drawn,
        "slots": slots,
        "ticks": [figures.brief(tick) for tick in drawn.ticks],
        "labels": [figures.short_day(shown[number][0]) for number in drawing.evenly(len(shown), LABELS)],
        "averaged": averaged if any(mean is not None for _day, _value, mean in shown) else 0,
        "has_holidays": bool(off),
        "width": drawing.WIDTH,
        "height": drawing.HEIGHT,
    }


def week(cells: Sequence[HeatCell]) -> dict[str, Any]:
    """Seven rows of 24 cells, the busier the stronger; each says its figures when pointed at."""
    most = max((cell.orders for cell in cells), default=Decimal(0))
    names = figures.weekday_names()
    busiest = max(cells, key=lambda cell: cell.orders, default=None)
    return {
        "cells": [
            {
                "x": cell.hour,
                "y": cell.weekday,
                "strength": drawing.strength(cell.orders, most),
                "words": _("%(weekday)s %(hour)s: %(orders)s orders, %(sales)s on average")
                % {
                    "weekday": names[cell.weekday][1],
                    "hour": hour(cell.hour),
                    "orders": figures.number(cell.orders, 1),
                    "sales": figures.money(cell.sales),
                },
            }
            for cell in cells
        ],
        "weekdays": names,
        "hours": [str(hour) for hour in range(0, 24, HOURS_PER_LABEL)],
        "legend": [drawing.strength(Decimal(step), Decimal(4)) for step in range(5)],
        "most": figures.number(most, 1),
        "words": _("Busiest: %(weekday)s %(hour)s.") % {"weekday": names[busiest.weekday][1], "hour": hour(busiest.hour)}
        if busiest and most
        else "",
    }


def hour(value: int) -> str:
    return _("%(hour)s h") % {"hour": f"{value:02}"}
