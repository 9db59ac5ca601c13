"""A report as a PDF file: A4, the figures beside the period before, small charts, the days, and how the figures are counted.

The font is embedded, since Korean is readable on every machine only so. Drawn by reportlab, which is loaded when the first
file is made; where it is not installed, `is_there` says so, and reports travel as workbooks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any
from unicodedata import category, combining, normalize
from xml.sax.saxutils import escape

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

CONTENT_TYPE = "application/pdf"
PACKAGE = "reportlab"
FONT = "NanumSquare"
FONT_FILE = Path(__file__).resolve().parent.parent / "fonts" / "NanumSquareR.ttf"

# Points, of which A4 has 595 by 842.
WIDTH, HEIGHT = 595.28, 841.89
MARGIN, PADDING = 42.0, 6.0
LEFT, RIGHT = MARGIN + PADDING, WIDTH - MARGIN - PADDING
ROOM = RIGHT - LEFT
CHART_HEIGHT = 92.0
CHARTS_SHOWN = 6
# So many figures stand side by side; of more the table of days begins anew.
COLUMNS = 6
# For signs that do not fall into plain ones by themselves.
PLAIN = {"−": "-", "–": "-", "—": "-", "€": "EUR", "£": "GBP", "¥": "JPY", "₩": "KRW", "ß": "ss", "æ": "ae", "Æ": "AE",
         "ø": "o", "Ø": "O", "“": '"', "”": '"', "‘": "'", "’": "'", "…": "..."}  # fmt: skip
# Categories of signs that are not seen by themselves: control signs, joiners, and marks of the sign before.
UNSEEN = ("Cc", "Cf", "Mn", "Me")
INK, QUIET, RULE, ACCENT, STRIPE = "#1f2937", "#6b7280", "#d1d5db", "#2563eb", "#f3f4f6"


@dataclass(frozen=True)
class Curve:
    """One figure day by day, as it is drawn."""

    title: str
    unit: Unit
    days: Sequence[str]
    values: Sequence[Decimal | None]


def is_there() -> bool:
    """Whether PDF files can be made here."""
    return find_spec(PACKAGE) is not None


def written(report: Report, may: May) -> bytes:
    """The whole file, in the language that is active; the same report is the same file, whenever it is made."""
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

    styles = _styles()
    heading = f"{report.content['name']} · {reports.period(report)}"
    story: list[Any] = [
        Paragraph(_text(settings.SHOP_NAME), styles["quiet"]),
        Paragraph(_text(report.content["name"]), styles["title"]),
        Paragraph(_text(f"{_('The period')}: {reports.period(report)}"), styles["text"]),
        Paragraph(_text(f"{_('The period before')}: {reports.before(report)}"), styles["text"]),
        Spacer(0, 10),
        *_figures(report, may, styles),
        *_charts(report, may, styles),
        *_days(report, may, styles),
        *_definitions(report, may, styles),
        Spacer(0, 8),
        *(Paragraph(_text(line), styles["quiet"]) for line in reports.freshness(report, may)),
    ]
    file = BytesIO()
    page = SimpleDocTemplate(
        file,
        pagesize=(WIDTH, HEIGHT),
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN + 16,
        title=heading,
        author=settings.SHOP_NAME,
        lang=report.language,
        invariant=1,
    )
    page.build(story, canvasmaker=_numbered(heading))
    return file.getvalue()


@cache
def _font() -> str:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    pdfmetrics.registerFont(TTFont(FONT, str(FONT_FILE)))
    # There is one weight: what asks for another gets this one.
    pdfmetrics.registerFontFamily(FONT, normal=FONT, bold=FONT, italic=FONT, boldItalic=FONT)
    return FONT


def _text(value: object) -> str:
    """Names are text, not markup."""
    return escape(_plain(str(value)))


@cache
def _signs() -> frozenset[str]:
    """What the font has a picture of."""
    from reportlab.pdfbase import pdfmetrics

    known = map(chr, pdfmetrics.getFont(_font()).face.charToGlyph)
    return frozenset(sign for sign in known if category(sign) not in UNSEEN)


def _plain(text: str) -> str:
    """With plain signs for those the font lacks, which would be empty boxes: "EUR" for €, "e" for é, else "?"."""
    return "".join(sign if sign in _signs() else _plainer(sign) for sign in normalize("NFC", text))


def _plainer(sign: str) -> str:
    if sign.isspace():
        return " "
    if category(sign) in UNSEEN:
        return ""
    told = PLAIN.get(sign) or "".join(part for part in normalize("NFKD", sign) if not combining(part))
    return told if told and all(part in _signs() for part in told) else "?"


def _fitted(text: str, size: float, room: float) -> str:
    """As much of a line as there is room for: nothing breaks it."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    shown = _plain(text)
    if stringWidth(shown, _font(), size) <= room:
        return shown
    while shown and stringWidth(f"{shown}...", _font(), size) > room:
        shown = shown[:-1]
    return f"{shown.rstrip()}..."


def _styles() -> dict[str, Any]:
    from reportlab.lib.styles import ParagraphStyle

    text = ParagraphStyle("text", fontName=_font(), fontSize=9, leading=13, textColor=INK)
    return {
        "text": text,
        "title": ParagraphStyle("title", parent=text, fontSize=19, leading=25, spaceAfter=4),
        "section": ParagraphStyle(
            "section", parent=text, fontSize=12, leading=16, spaceBefore=14, spaceAfter=6, keepWithNext=1
        ),
        "quiet": ParagraphStyle("quiet", parent=text, fontSize=8, leading=11, textColor=QUIET),
        "head": ParagraphStyle("head", parent=text, fontSize=8, leading=10, textColor=QUIET),
        "head_number": ParagraphStyle("head_number", parent=text, fontSize=8, leading=10, textColor=QUIET, alignment=2),
        "cell": ParagraphStyle("cell", parent=text, fontSize=8.5, leading=11),
        "number": ParagraphStyle("number", parent=text, fontSize=8.5, leading=11, alignment=2),
    }


def _figures(report: Report, may: May, styles: dict[str, Any]) -> list[Any]:
    from reportlab.platypus import Paragraph

    told = reports.figures(report, may)
    if not told:
        return []
    heads = [_("Figure"), _("The period"), _("The period before"), pgettext("figure", "Change")]
    rows = [[one["title"], one["value"], one["before"], one["change"] or "-"] for one in told]
    widths = [ROOM * 0.4, ROOM * 0.22, ROOM * 0.22, ROOM * 0.16]
    return [Paragraph(_text(_("The figures")), styles["section"]), _table(heads, rows, widths, styles)]


def _days(report: Report, may: May, styles: dict[str, Any]) -> list[Any]:
    from reportlab.platypus import Paragraph, Spacer

    told = reports.days(report, may)
    if not told["titles"] or not told["rows"]:
        return []
    found: list[Any] = [Paragraph(_text(_("Day by day")), styles["section"])]
    parts = -(-len(told["titles"]) // COLUMNS)
    columns = -(-len(told["titles"]) // parts)
    for start in range(0, len(told["titles"]), columns):
        titles = told["titles"][start : start + columns]
        rows = [[row["day"], *row["cells"][start : start + columns]] for row in told["rows"]]
        first = ROOM * 0.19
        widths = [first, *[(ROOM - first) / len(titles)] * len(titles)]
        found += [Spacer(0, 8)] if start else []
        found.append(_table([pgettext("sales by", "Day"), *titles], rows, widths, styles))
    return found


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float], styles: dict[str, Any]) -> Any:
    """Names to the left, numbers to the right; the head is repeated on each page."""
    from reportlab.platypus import LongTable, Paragraph

    def line(cells: Sequence[str], name: str, number: str) -> list[Any]:
        return [Paragraph(_text(cell), styles[number if place else name]) for place, cell in enumerate(cells)]

    table = LongTable(
        [line(heads, "head", "head_number"), *(line(row, "cell", "number") for row in rows)],
        colWidths=list(widths),
        repeatRows=1,
        hAlign="LEFT",
    )
    table.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
            ("LINEBELOW", (0, 1), (-1, -1), 0.3, RULE),
            ("ROWBACKGROUNDS", (0, 1), (-1, -1), ["#ffffff", STRIPE]),
            ("LEFTPADDING", (0, 0), (-1, -1), 4),
            ("RIGHTPADDING", (0, 0), (-1, -1), 4),
            ("TOPPADDING", (0, 0), (-1, -1), 3),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ]
    )
    return table


def _charts(report: Report, may: May, styles: dict[str, Any]) -> list[Any]:
    """Two beside each other, of the first figures that have days."""
    from reportlab.platypus import Paragraph, Spacer, Table

    told = [Curve(*one) for one in reports.curves(report, may)]
    drawn = [_curve(one) for one in told if sum(value is not None for value in one.values) > 1][:CHARTS_SHOWN]
    if not drawn:
        return []
    pairs = [[*drawn[start : start + 2], ""][:2] for start in range(0, len(drawn), 2)]
    table = Table(pairs, colWidths=[ROOM / 2] * 2, hAlign="LEFT")
    table.setStyle([("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0)])
    return [Paragraph(_text(_("The days as curves")), styles["section"]), table, Spacer(0, 2)]


def _curve(one: Curve) -> Any:
    from reportlab.graphics.shapes import Drawing, Line, PolyLine, String
    from reportlab.lib.colors import HexColor

    chart = drawing.chart(one.values)
    top, bottom = chart.ticks[0], chart.ticks[-1]
    left, right, low, high = 52.0, ROOM / 2 - 14, 16.0, CHART_HEIGHT - 18

    def y(value: Decimal) -> float:
        return low + float((value - bottom) / (top - bottom)) * (high - low)

    def x(place: int) -> float:
        return left + float(chart.slots[place].x) / drawing.WIDTH * (right - left)

    def words(at: tuple[float, float], text: str, size: float = 6.5, anchor: str = "start", color: str = QUIET) -> Any:
        shown = _fitted(text, size, right)
        return String(*at, shown, fontName=_font(), fontSize=size, textAnchor=anchor, fillColor=HexColor(color))

    found = Drawing(ROOM / 2, CHART_HEIGHT)
    found.add(words((0, CHART_HEIGHT - 10), one.title, 8, color=INK))
    for tick in chart.ticks:
        found.add(Line(left, y(tick), right, y(tick), strokeColor=HexColor(RULE), strokeWidth=0.4))
        found.add(words((left - 4, y(tick) - 2), wording.tick(one.unit, tick), anchor="end"))
    # Where a day is without figure the line is broken.
    run: list[float] = []
    for place, value in [*enumerate(one.values), (len(one.values), None)]:
        if value is not None:
            run += [x(place), y(value)]
            continue
        if len(run) > 2:
            found.add(PolyLine(run, strokeColor=HexColor(ACCENT), strokeWidth=1.4, strokeLineJoin=1))
        elif run:
            found.add(Line(run[0] - 1, run[1], run[0] + 1, run[1], strokeColor=HexColor(ACCENT), strokeWidth=1.6))
        run = []
    found.add(words((left, 5), one.days[0]))
    found.add(words((right, 5), one.days[-1], anchor="end"))
    return found


def _definitions(report: Report, may: May, styles: dict[str, Any]) -> list[Any]:
    from reportlab.platypus import Paragraph

    told = [one for one in reports.figures(report, may) if one["counts"]]
    if not told:
        return []
    lines = [Paragraph(_text(f"{one['title']}: {one['counts']}"), styles["quiet"]) for one in told]
    return [Paragraph(_text(_("How this is counted")), styles["section"]), *lines]


def _numbered(heading: str) -> Any:
    """A canvas whose pages say how many there are, which is known when the last one stands."""
    from reportlab.lib.colors import HexColor
    from reportlab.pdfgen.canvas import Canvas

    where = settings.SHOP_URL + reverse("admin:analytics_definitions")
    footer = f"{_('How this is counted')}: {where}"

    class Numbered(Canvas):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._pages, 1):
                self.__dict__.update(page)
                self._foot(number, len(self._pages))
                super().showPage()
            super().save()

        def _foot(self, number: int, of: int) -> None:
            self.setStrokeColor(HexColor(RULE))
            self.setLineWidth(0.4)
            self.line(LEFT, MARGIN + 10, RIGHT, MARGIN + 10)
            self.setFont(_font(), 7)
            self.setFillColor(HexColor(QUIET))
            self.drawString(LEFT, MARGIN, _fitted(footer, 7, ROOM - 60))
            self.drawRightString(RIGHT, MARGIN, f"{number} / {of}")
            if number > 1:
                self.drawString(LEFT, HEIGHT - MARGIN + 12, _fitted(heading, 7, ROOM))

    return Numbered
