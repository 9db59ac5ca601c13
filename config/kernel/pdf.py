"""Files made for paper: A4, one embedded font, tables whose head comes again on each page, numbered pages.

The font is embedded, since Korean is readable on every machine only so. Drawn by reportlab, which is loaded when the first
file is made; where it is not installed, `is_there` says so.
"""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any
from unicodedata import category, combining, normalize
from xml.sax.saxutils import escape

from django.conf import settings

CONTENT_TYPE = "application/pdf"
PACKAGE = "reportlab"
FONT = "NanumSquare"
FONT_FILE = Path(__file__).resolve().parent / "fonts" / "NanumSquareR.ttf"

# Points, of which A4 has 595 by 842.
WIDTH, HEIGHT = 595.28, 841.89
MARGIN, PADDING = 42.0, 6.0
LEFT, RIGHT = MARGIN + PADDING, WIDTH - MARGIN - PADDING
ROOM = RIGHT - LEFT
# For signs that do not fall into plain ones by themselves.
PLAIN = {"−": "-", "–": "-", "—": "-", "€": "EUR", "£": "GBP", "¥": "JPY", "₩": "KRW", "ß": "ss", "æ": "ae", "Æ": "AE",
         "ø": "o", "Ø": "O", "“": '"', "”": '"', "‘": "'", "’": "'", "…": "..."}  # fmt: skip
# Categories of signs that are not seen by themselves: control signs, joiners, and marks of the sign before.
UNSEEN = ("Cc", "Cf", "Mn", "Me")
INK, QUIET, RULE, ACCENT, STRIPE = "#1f2937", "#6b7280", "#d1d5db", "#2563eb", "#f3f4f6"


def is_there() -> bool:
    """Whether PDF files can be made here."""
    return find_spec(PACKAGE) is not None


def built(story: Sequence[Any], *, heading: str, footer: str, language: str) -> bytes:
    """The whole file; the same story is the same file, whenever it is made."""
    from reportlab.platypus import SimpleDocTemplate

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
        lang=language,
        invariant=1,
    )
    page.build(list(story), canvasmaker=_numbered(heading, footer))
    return file.getvalue()


@cache
def font() -> str:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    pdfmetrics.registerFont(TTFont(FONT, str(FONT_FILE)))
    # There is one weight: what asks for another gets this one.
    pdfmetrics.registerFontFamily(FONT, normal=FONT, bold=FONT, italic=FONT, boldItalic=FONT)
    return FONT


def text(value: object) -> str:
    """Names are text, not markup."""
    return escape(_plain(str(value)))


@cache
def _signs() -> frozenset[str]:
    """What the font has a picture of."""
    from reportlab.pdfbase import pdfmetrics

    known = map(chr, pdfmetrics.getFont(font()).face.charToGlyph)
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


def fitted(text: str, size: float, room: float) -> str:
    """As much of a line as there is room for: nothing breaks it."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    shown = _plain(text)
    if stringWidth(shown, font(), size) <= room:
        return shown
    while shown and stringWidth(f"{shown}...", font(), size) > room:
        shown = shown[:-1]
    return f"{shown.rstrip()}..."


def styles() -> dict[str, Any]:
    from reportlab.lib.styles import ParagraphStyle

    text = ParagraphStyle("text", fontName=font(), fontSize=9, leading=13, textColor=INK)
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


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[float],
    styles: dict[str, Any],
    *,
    names: int = 1,
) -> Any:
    """So many columns of names to the left, numbers to the right; the head is repeated on each page."""
    from reportlab.platypus import LongTable, Paragraph

    def line(cells: Sequence[str], name: str, number: str) -> list[Any]:
        return [Paragraph(text(cell), styles[name if place < names else number]) for place, cell in enumerate(cells)]

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


def _numbered(heading: str, footer: str) -> Any:
    """A canvas whose pages say how many there are, which is known when the last one stands."""
    from reportlab.lib.colors import HexColor
    from reportlab.pdfgen.canvas import Canvas

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
            self.setFont(font(), 7)
            self.setFillColor(HexColor(QUIET))
            self.drawString(LEFT, MARGIN, fitted(footer, 7, ROOM - 60))
            self.drawRightString(RIGHT, MARGIN, f"{number} / {of}")
            if number > 1:
                self.drawString(LEFT, HEIGHT - MARGIN + 12, fitted(heading, 7, ROOM))

    return Numbered
