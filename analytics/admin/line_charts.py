"""Charts of any metric as finished values for the templates: lines over a cut of time, cycles laid over each other, slots."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from analytics import drawing, holidays
from analytics.admin import charts, figure_words
from analytics.changes import Change
from analytics.metrics import Cut, Metric
from analytics.queries.annotations import Annotation
from analytics.queries.measuring import Row
from analytics.words import figures

# So many weeks or months are told apart by eye.
MOST_CYCLES = 6
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Line:
    """`css` says how it is drawn."""

    title: str
    css: str
    values: Sequence[Decimal | None]


def over_time(
    metric: Metric,
    by: Cut,
    rows: Sequence[Row],
    *,
    earlier: Mapping[Any, Decimal | None],
    partners: Mapping[Any, date],
    changes: Sequence[Change] = (),
    happened: Sequence[Annotation] = (),
    url: Callable[[Any], str] = lambda key: "",
) -> dict[str, Any]:
    values = [row.values[metric.code] for row in rows]
    lines = [Line(str(metric.title), "line", values)]
    if earlier:
        lines.append(Line(_("compared with"), "earlier", [earlier.get(row.key) for row in rows]))
    off = _off(by, rows)
    by_day: dict[date, list[str]] = {}
    for one in happened:
        by_day.setdefault(one.first, []).append(one.title)
    names = figure_words.keys(by, [row.key for row in rows])
    words = []
    for row, value in zip(rows, values, strict=True):
        then = earlier.get(row.key)
        partner = partners.get(row.key)
        told = [names[row.key], off.get(row.key, ""), figures.figure(metric.unit, value)]
        if then is not None:
            before = figures.figure(metric.unit, then)
            told.append(
                f"{figure_words.key_of_time(by, partner)}: {before}" if partner else _("then %(value)s") % {"value": before}
            )
        words.append(" · ".join(part for part in [*told, *by_day.get(row.key, [])] if part))
    drawn = _drawn(metric, str(metric.title), lines, words, [figure_words.short(by, row.key) for row in rows])
    for number, (row, slot) in enumerate(zip(rows, drawn["slots"], strict=True)):
        slot |= {
            "is_weekend": by is Cut.DAY and row.key.weekday() >= charts.SATURDAY,
            "holiday": off.get(row.key, ""),
            "is_change": any(one.index == number for one in changes),
            "has_happened": by is Cut.DAY and row.key in by_day,
            "url": url(row.key),
        }
    return drawn | {
        "has_weekends": by is Cut.DAY,
        "has_holidays": bool(off),
        "has_changes": bool(changes),
        "has_happened": by is Cut.DAY and bool(by_day),
    }


def cycles(metric: Metric, rows: Sequence[Row], *, of_months: bool) -> dict[str, Any]:
    """The latest weeks or months of days laid over each other, the latest one strongest."""
    found: dict[Any, dict[int, Decimal | None]] = {}
    for row in rows:
        start = row.key.replace(day=1) if of_months else date.fromordinal(row.key.toordinal() - row.key.weekday())
        place = row.key.day - 1 if of_months else row.key.weekday()
        found.setdefault(start, {})[place] = row.values[metric.code]
    latest = sorted(found)[-MOST_CYCLES:][::-1]
    places = range(31 if of_months else 7)
    cut = Cut.MONTH if of_months else Cut.WEEK
    lines = [
        Line(figure_words.key_of_time(cut, start), f"cycle-{number}", [found[start].get(place) for place in places])
        for number, start in enumerate(latest)
    ]
    labels = [str(place + 1) for place in places] if of_months else [short for short, _long in figures.weekday_names()]
    long = [_("day %(day)s") % {"day": one} for one in labels] if of_months else [name for _s, name in figures.weekday_names()]
    words = [
        " · ".join([long[place], *(f"{line.title}: {figures.figure(metric.unit, line.values[place])}" for line in lines)])
        for place in places
    ]
    return _drawn(metric, str(metric.title), lines, words, labels)


def week(metric: Metric, rows: Sequence[Row]) -> dict[str, Any]:
    """Seven rows of 24 cells, the more the stronger; each says its figure when pointed at."""
    values = {row.key: row.values[metric.code] for row in rows}
    known = [value for value in values.values() if value is not None]
    most = max(known, default=NOTHING)
    best = max(values, key=lambda key: values[key] or NOTHING, default=None)
    return {
        "cells": [
            {
                "x": hour,
                "y": weekday,
                "strength": drawing.strength(max(value or NOTHING, NOTHING), most),
                "words": f"{figure_words.key_of_time(Cut.SLOT, (weekday, hour))}: {figures.figure(metric.unit, value)}",
            }
            for (weekday, hour), value in values.items()
        ],
        "weekdays": figures.weekday_names(),
        "hours": [str(hour) for hour in range(0, 24, charts.HOURS_PER_LABEL)],
        "legend": [drawing.strength(Decimal(step), Decimal(4)) for step in range(5)],
        "most": figures.figure(metric.unit, most),
        "words": _("Most: %(slot)s.") % {"slot": figure_words.key_of_time(Cut.SLOT, best)} if best and most else "",
    }


def _off(by: Cut, rows: Sequence[Row]) -> dict[date, str]:
    if by is not Cut.DAY or not rows:
        return {}
    return holidays.between(rows[0].key, rows[-1].key, get_language() or "ko")


def _drawn(metric: Metric, title: str, lines: Sequence[Line], words: Sequence[str], labels: Sequence[str]) -> dict[str, Any]:
    drawn = drawing.chart(*(line.values for line in lines))
    known = [(value, word) for value, word in zip(lines[0].values, words, strict=True) if value is not None]
    most = max(known, key=lambda one: one[0], default=None)
    return {
        "title": title,
        "words": _("Most: %(words)s.") % {"words": most[1]} if most and len(known) > 1 else "",
        "drawn": drawn,
        "lines": [{"title": line.title, "css": line.css, "path": path} for line, path in zip(lines, drawn.lines, strict=True)],
        "area": drawn.areas[0] if lines[0].css == "line" else "",
        "slots": [
            {"left": slot.left, "width": slot.width, "x": slot.x, "words": word}
            for slot, word in zip(drawn.slots, words, strict=True)
        ],
        "ticks": [figures.tick(metric.unit, tick) for tick in drawn.ticks],
        "labels": [labels[number] for number in drawing.evenly(len(labels), charts.LABELS if len(labels) > 7 else 7)],
        "width": drawing.WIDTH,
        "height": drawing.HEIGHT,
    }
