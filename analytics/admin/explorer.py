"""The explorer of metrics: any figure over time, compared, cut and explained, down to its rows; as page, table and file."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from analytics.admin import drilling, explorer_form, figure_words, line_charts
from analytics.admin.explorer_form import QuestionForm
from analytics.admin.wording import address
from analytics.changes import Change
from analytics.metrics import Cut, Metric
from analytics.models import HourlySales
from analytics.queries import annotations, catalogue, exploring, measuring
from analytics.queries.exploring import Answer, Question
from analytics.words import figures
from analytics.words.figures import plain
from config.kernel import clock, shop, workbooks
from config.kernel.admin import downloading

PLAIN = "text/plain; charset=utf-8"
# On the page; the file has them all.
MOST_ROWS = 500
MOST_EXPLAINED = 12
PAGE = "admin:analytics_explorer"
KINDS = {
    annotations.Kind.PROMOTION: pgettext_lazy("annotation", "Promotion"),
    annotations.Kind.STOCK_OUT: pgettext_lazy("annotation", "Sold out"),
    annotations.Kind.PRICE: pgettext_lazy("annotation", "Price changed"),
}
LEADS_TO = {
    annotations.Kind.PROMOTION: ("campaigns_promotion_change", "campaigns.view_promotion"),
    annotations.Kind.STOCK_OUT: drilling.SKU,
    annotations.Kind.PRICE: drilling.SKU,
}


def page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    may = _may(request)
    at = clock.now()
    today = shop.day(at)
    asked = explorer_form.given(request.GET, today, may)
    form = QuestionForm(asked, may=may)
    shown: dict[str, Any] = {}
    if form.is_valid():
        question: Question = form.cleaned_data["question"]
        shown = _shown(request, question, exploring.answer(question, may=may, at=at), asked)
    context |= {
        "title": _("Metrics"),
        "form": form,
        "periods": explorer_form.periods(today, asked),
        "definitions_url": reverse("admin:analytics_definitions"),
        **shown,
    }
    return TemplateResponse(request, "analytics/explorer.html", context)


def file(request: HttpRequest, *, as_workbook: bool) -> HttpResponseBase:
    may = _may(request)
    at = clock.now()
    form = QuestionForm(explorer_form.given(request.GET, shop.day(at), may), may=may)
    if not form.is_valid():
        words = "\n".join(f"{form.fields[name].label}: {' '.join(map(str, errors))}" for name, errors in form.errors.items())
        return HttpResponse(words, status=400, content_type=PLAIN)
    question: Question = form.cleaned_data["question"]
    found = measuring.rows(question.metrics, first=question.first, last=question.last, by=question.by, of=question.of, at=at)
    names = figure_words.keys(question.by, [row.key for row in found])
    heading = [str(catalogue.CUTS[question.by]), *(str(one.title) for one in question.metrics)]
    rows = [[names[row.key], *(plain(one.unit, row.values[one.code]) for one in question.metrics)] for row in found]
    name = f"{question.metric.code}-{question.by.value}-{question.first:%Y%m%d}-{question.last:%Y%m%d}"
    try:
        answer = downloading.as_csv(
            request, name=name, heading=heading, rows=rows, number=len(rows), of=HourlySales, called=name
        )
    except downloading.TooManyRows as refusal:
        return HttpResponse(str(refusal), status=refusal.status, content_type=PLAIN)
    if not as_workbook:
        return answer
    book = workbooks.written(title=str(question.metric.title), heading=heading, rows=rows)
    made = HttpResponse(book, content_type=workbooks.CONTENT_TYPE)
    made["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    made["Cache-Control"] = "no-store"
    return made


def _may(request: HttpRequest) -> Callable[[str], bool]:
    may: Callable[[str], bool] = request.user.has_perm
    if not explorer_form.visible(may):
        raise PermissionDenied
    return may


def _shown(request: HttpRequest, asked: Question, found: Answer, data: dict[str, Any]) -> dict[str, Any]:
    files = explorer_form.query(data)
    return {
        "question": asked,
        "tiles": _wholes(request, asked, found),
        "charts": _charts(request, asked, found, data) if asked.by in exploring.TIMES and found.rows else [],
        "heat": _heat(asked, found),
        "table": _table(request, asked, found, data),
        "explained": _explained(request, asked, found, data),
        "timeline": _timeline(request, asked, found),
        "csv_url": f"{reverse('admin:analytics_explorer_csv')}?{files}",
        "xlsx_url": f"{reverse('admin:analytics_explorer_xlsx')}?{files}",
        "fresh": found.fresh,
        "holds_open_day": measuring.knows_open_day(asked.metric, asked.cuts),
        "earlier_span": " – ".join(figures.day(one) for one in found.earlier_span) if found.earlier_span else "",
    }


def _wholes(request: HttpRequest, asked: Question, found: Answer) -> list[dict[str, Any]]:
    tiles = []
    for number, metric in enumerate(asked.metrics):
        value = found.whole.values[metric.code]
        before = found.earlier_whole if number == 0 else None
        tiles.append(
            {
                "title": metric.title,
                "value": figures.figure(metric.unit, value),
                "url": drilling.rows_of(request, metric, first=asked.first, last=asked.last, chosen=asked.of.chosen),
                "before": figures.figure(metric.unit, before) if before is not None else "",
                "change": figures.against(value, before, metric.unit) if value is not None and before is not None else None,
                "is_of_few": figure_words.is_of_few(metric, found.whole.facts),
                "definition": _definition(metric),
            }
        )
    return tiles


def _definition(metric: Metric) -> str:
    return f"{reverse('admin:analytics_definitions')}#{metric.code}"


def _charts(request: HttpRequest, asked: Question, found: Answer, data: dict[str, Any]) -> list[dict[str, Any]]:
    form = data["form"]
    drawn = []
    for number, metric in enumerate(asked.metrics):
        if form != "line" and asked.by is Cut.DAY:
            chart = line_charts.cycles(metric, found.rows, of_months=form == "months")
        else:
            is_first = number == 0
            chart = line_charts.over_time(
                metric,
                asked.by,
                found.rows,
                earlier=found.earlier if is_first else {},
                partners=found.partners if is_first else {},
                changes=found.changes if is_first else (),
                happened=found.annotations if is_first else (),
                url=_leads(request, metric, asked, data),
            )
        drawn.append({"chart": chart, "definition": _definition(metric), "name": f"{metric.code}-{asked.by.value}"})
    return drawn


def _leads(request: HttpRequest, metric: Metric, asked: Question, data: dict[str, Any]) -> Callable[[Any], str]:
    """Where a point leads: to the rows of its days; one of many days to those days, told apart."""

    def of_key(key: Any) -> str:
        first, last = exploring.days_of(asked, key)
        if asked.by in (Cut.WEEK, Cut.MONTH):
            zoomed = explorer_form.query(data, first=first.isoformat(), last=last.isoformat(), by=Cut.DAY.value, form="line")
            return f"{reverse(PAGE)}?{zoomed}"
        return drilling.rows_of(request, metric, first=first, last=last, chosen=asked.of.chosen, by=asked.by, key=key)

    return of_key


def _heat(asked: Question, found: Answer) -> dict[str, Any] | None:
    if not found.slots:
        return None
    return {
        "chart": line_charts.week(asked.metric, found.slots),
        "title": _("%(metric)s by weekday and hour") % {"metric": asked.metric.title},
        "definition": _definition(asked.metric),
        "name": f"{asked.metric.code}-slot",
    }


def _table(request: HttpRequest, asked: Question, found: Answer, data: dict[str, Any]) -> dict[str, Any]:
    rows, code = found.rows, asked.metric.code
    if asked.by in (Cut.DAY, Cut.WEEK, Cut.MONTH):
        rows = rows[::-1]
    elif asked.by not in exploring.TIMES:
        rows = sorted(rows, key=lambda row: (-(row.values[code] or Decimal(0)), str(row.key)))
    shown = rows[:MOST_ROWS]
    names = figure_words.keys(asked.by, [row.key for row in shown])
    leads = _leads(request, asked.metric, asked, data)
    most = max((abs(row.values[code] or Decimal(0)) for row in shown), default=Decimal(0))
    compared = bool(found.earlier_span)
    return {
        "heading": catalogue.CUTS[asked.by],
        "columns": [{"title": one.title, "definition": _definition(one)} for one in asked.metrics],
        "compared": compared,
        "has_bars": asked.by not in exploring.TIMES,
        "total": [figures.figure(one.unit, found.whole.values[one.code]) for one in asked.metrics],
        "total_before": figures.figure(asked.metric.unit, found.earlier_whole) if compared else "",
        "cut": MOST_ROWS if len(rows) > MOST_ROWS else 0,
        "rows": [
            {
                "name": names[row.key],
                "url": leads(row.key),
                "bar": f"{float(abs(row.values[code] or Decimal(0)) / most * 100):.1f}" if most else "0",
                "cells": [
                    {
                        "text": figures.figure(one.unit, row.values[one.code]),
                        "is_of_few": figure_words.is_of_few(one, row.facts),
                    }
                    for one in asked.metrics
                ],
                "before": figures.figure(asked.metric.unit, found.earlier.get(row.key)),
                "change": figures.against(
                    row.values[code] or Decimal(0), found.earlier.get(row.key) or Decimal(0), asked.metric.unit
                ),
            }
            for row in shown
        ],
    }


def _explained(request: HttpRequest, asked: Question, found: Answer, data: dict[str, Any]) -> dict[str, Any] | None:
    if not found.contributions or found.explained_by is None:
        return None
    by, metric = found.explained_by, asked.metric
    shown = found.contributions[:MOST_EXPLAINED]
    names = figure_words.keys(by, [one.key for one in shown])
    most = max((abs(one.change) for one in shown), default=Decimal(0))
    change = sum((one.change for one in found.contributions), Decimal(0))
    return {
        "title": _("What made the change: by %(cut)s") % {"cut": catalogue.CUTS[by]},
        "change": _signed(metric, change),
        "more": max(len(found.contributions) - len(shown), 0),
        "url": f"{reverse(PAGE)}?{explorer_form.query(data, by=by.value)}",
        "rows": [
            {
                "name": names[one.key],
                "url": drilling.rows_of(
                    request, metric, first=asked.first, last=asked.last, chosen=asked.of.chosen, by=by, key=one.key
                ),
                "before": figures.figure(metric.unit, one.before),
                "now": figures.figure(metric.unit, one.now),
                "change": _signed(metric, one.change),
                "share": "" if one.share is None else figures.percent(one.share * 100),
                "is_fall": one.change < 0,
                "bar": f"{float(abs(one.change) / most * 100):.1f}" if most else "0",
            }
            for one in shown
        ],
    }


def _signed(metric: Metric, value: Decimal) -> str:
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{figures.figure(metric.unit, abs(value))}"


def _timeline(request: HttpRequest, asked: Question, found: Answer) -> list[dict[str, Any]]:
    """What happened and where the level changed, in the order of time."""
    entries = [
        (
            one.first,
            {
                "day": figures.day(one.first),
                "until": figures.day(one.last) if one.last != one.first else "",
                "kind": KINDS[one.kind],
                "css": one.kind.value,
                "title": one.title,
                "detail": " → ".join(figures.money(amount) for amount in one.detail),
                "url": address(request, *LEADS_TO[one.kind], one.row),
            },
        )
        for one in found.annotations
    ]
    entries += [(found.rows[one.index].key, _level(asked.metric, found.rows[one.index].key, one)) for one in found.changes]
    return [entry for _day, entry in sorted(entries, key=lambda entry: entry[0])]


def _level(metric: Metric, day: Any, change: Change) -> dict[str, Any]:
    before, after = (figures.figure(metric.unit, Decimal(str(round(one, 4)))) for one in (change.before, change.after))
    return {
        "day": figures.day(day),
        "until": "",
        "kind": pgettext_lazy("annotation", "Level changed"),
        "css": "level",
        "title": _("%(before)s a day before, %(after)s since") % {"before": before, "after": after},
        "detail": "",
        "url": "",
    }
