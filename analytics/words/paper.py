"""A report as a PDF file: A4, the figures beside the period before, small charts, the days, and how the figures are counted.

How paper looks is the kernel's; where files cannot be drawn, reports travel as workbooks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from analytics import drawing
from analytics.metrics import Unit
from analytics.models import Report
from analytics.queries.measuring import May
from analytics.words import figures as wording
from analytics.words import reports
from config.kernel import pdf

# Points.
CHART_HEIGHT = 92.0
CHARTS_SHOWN = 6
# So many figures stand side by side; of more the table of days begins anew.
COLUMNS = 6


@dataclass(frozen=True)
class Curve:
    """One figure day by day, as it is drawn."""

    title: str
    unit: Unit
    days: Sequence[str]
    values: Sequence[Decimal | None]


def written(report: Report, may: May) -> bytes:
    """The whole file, in the language that is active; the same report is the same file, whenever it is made."""
    from reportlab.platypus import Paragraph, Spacer

    styles = pdf.styles()
    heading = f"{report.content['name']} · {reports.period(report)}"
    story: list[Any] = [
        Paragraph(pdf.text(settings.SHOP_NAME), styles["quiet"]),
        Paragraph(pdf.text(report.content["name"]), styles["title"]),
        Paragraph(pdf.text(f"{_('The period')}: {reports.period(report)}"), styles["text"]),
        Paragraph(pdf.text(f"{_('The period before')}: {reports.before(report)}"), styles["text"]),
        Spacer(0, 10),
        *_figures(report, may, styles),
        *_charts(report, may, styles),
        *_days(report, may, styles),
        *_definitions(report, may, styles),
        Spacer(0, 8),
        *(Paragraph(pdf.text(line), styles["quiet"]) for line in reports.freshness(report, may)),
    ]
    where = settings.SHOP_URL + reverse("admin:analytics_definitions")
    return pdf.built(story, heading=heading, footer=f"{_('How this is counted')}: {where}", language=report.language)


def _figures(report: Report, may: May, styles: dict[str, Any]) -> list[Any]:
    from reportlab.platypus import Paragraph

    told = reports.figures(report, may)
    if not told:
        return []
    heads = [_("Figure"), _("The period"), _("The period before"), pgettext("figure", "Change")]
    rows = [[one["title"], one["value"], one["before"], one["change"] or "-"] for one in told]
    widths = [pdf.ROOM * 0.4, pdf.ROOM * 0.22, pdf.ROOM * 0.22, pdf.ROOM * 0.16]
    return [Paragraph(pdf.text(_("The figures")), styles["section"]), pdf.table(heads, rows, widths, styles)]


def _days(report: Report, may: May, styles: dict[str, Any]) -> list[Any]:
    from reportlab.platypus import Paragraph, Spacer

    told = reports.days(report, may)
    if not told["titles"] or not told["rows"]:
        return []
    found: list[Any] = [Paragraph(pdf.text(_("Day by day")), styles["section"])]
    parts = -(-len(told["titles"]) // COLUMNS)
    columns = -(-len(told["titles"]) // parts)
    for start in range(0, len(told["titles"]), columns):
        titles = told["titles"][start : start + columns]
        rows = [[row["day"], *row["cells"][start : start + columns]] for row in told["rows"]]
        first = pdf.ROOM * 0.19
        widths = [first, *[(pdf.ROOM - first) / len(titles)] * len(titles)]
        found += [Spacer(0, 8)] if start else []
        found.append(pdf.table([pgettext("sales by", "Day"), *titles], rows, widths, styles))
    return found


def _charts(report: Report, may: May, styles: dict[str, Any]) -> list[Any]:
    """Two beside each other, of the first figures that have days."""
    from reportlab.platypus import Paragraph, Spacer, Table

    told = [Curve(*one) for one in reports.curves(report, may)]
    drawn = [_curve(one) for one in told if sum(value is not None for value in one.values) > 1][:CHARTS_SHOWN]
    if not drawn:
        return []
    pairs = [[*drawn[start : start + 2], ""][:2] for start in range(0, len(drawn), 2)]
    table = Table(pairs, colWidths=[pdf.ROOM / 2] * 2, hAlign="LEFT")
    table.setStyle([("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0)])
    return [Paragraph(pdf.text(_("The days as curves")), styles["section"]), table, Spacer(0, 2)]


def _curve(one: Curve) -> Any:
    from reportlab.graphics.shapes import Drawing, Line, PolyLine, String
    from reportlab.lib.colors import HexColor

    chart = drawing.chart(one.values)
    top, bottom = chart.ticks[0], chart.ticks[-1]
    left, right, low, high = 52.0, pdf.ROOM / 2 - 14, 16.0, CHART_HEIGHT - 18

    def y(value: Decimal) -> float:
        return low + float((value - bottom) / (top - bottom)) * (high - low)

    def x(place: int) -> float:
        return left + float(chart.slots[place].x) / drawing.WIDTH * (right - left)

    def words(at: tuple[float, float], text: str, size: float = 6.5, anchor: str = "start", color: str = pdf.QUIET) -> Any:
        shown = pdf.fitted(text, size, right)
        return String(*at, shown, fontName=pdf.font(), fontSize=size, textAnchor=anchor, fillColor=HexColor(color))

    found = Drawing(pdf.ROOM / 2, CHART_HEIGHT)
    found.add(words((0, CHART_HEIGHT - 10), one.title, 8, color=pdf.INK))
    for tick in chart.ticks:
        found.add(Line(left, y(tick), right, y(tick), strokeColor=HexColor(pdf.RULE), strokeWidth=0.4))
        found.add(words((left - 4, y(tick) - 2), wording.tick(one.unit, tick), anchor="end"))
    # Where a day is without figure the line is broken.
    run: list[float] = []
    for place, value in [*enumerate(one.values), (len(one.values), None)]:
        if value is not None:
            run += [x(place), y(value)]
            continue
        if len(run) > 2:
            found.add(PolyLine(run, strokeColor=HexColor(pdf.ACCENT), strokeWidth=1.4, strokeLineJoin=1))
        elif run:
            found.add(Line(run[0] - 1, run[1], run[0] + 1, run[1], strokeColor=HexColor(pdf.ACCENT), strokeWidth=1.6))
        run = []
    found.add(words((left, 5), one.days[0]))
    found.add(words((right, 5), one.days[-1], anchor="end"))
    return found


def _definitions(report: Report, may: May, styles: dict[str, Any]) -> list[Any]:
    from reportlab.platypus import Paragraph

    told = [one for one in reports.figures(report, may) if one["counts"]]
    if not told:
        return []
    lines = [Paragraph(pdf.text(f"{one['title']}: {one['counts']}"), styles["quiet"]) for one in told]
    return [Paragraph(pdf.text(_("How this is counted")), styles["section"]), *lines]
