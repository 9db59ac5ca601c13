"""An Excel workbook is read as the CSV file it would be saved as; what is none is refused."""

import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from orders.importing import reading
from orders.importing.own_orders import TABLES
from orders.importing.reading import Source
from orders.importing.refusals import FileRefused
from orders.models import Order
from tests.orders.importing.files import imported, outcomes

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
TO = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
# Style 0 is plain, 1 a built-in date, 2 a Korean one, 3 money with words in quotes.
STYLES = (
    '<numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;년&quot; m&quot;월&quot; d&quot;일&quot; hh:mm"/>'
    '<numFmt numFmtId="165" formatCode="[Red]#,##0&quot; dollars&quot;"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="22"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs>'
)
SHARED = "<si><t>머그컵</t></si><si><r><t>찻</t></r><r><t>주전자</t></r><rPh><t>차</t></rPh></si>"


def text(told: str) -> str:
    return f'<c t="inlineStr"><is><t>{escape(told)}</t></is></c>'


def number(told: Any, style: int = 0) -> str:
    return f'<c s="{style}"><v>{told}</v></c>'


def shared(place: int) -> str:
    return f'<c t="s"><v>{place}</v></c>'


def a_workbook(folder: Path, *rows: str, name: str = "orders.xlsx", book: str = "", dtd: str = "", **parts: str) -> Source:
    path = folder / name
    sheet = "".join(f"<row>{row}</row>" for row in rows)
    files = {
        "xl/workbook.xml": f'<workbook {MAIN} {TO}>{book}<sheets><sheet name="주문" r:id="rId7"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="rId7" Target="worksheets/one.xml"/></Relationships>',
        "xl/worksheets/one.xml": f"{dtd}<worksheet {MAIN}><sheetData>{sheet}</sheetData></worksheet>",
        "xl/sharedStrings.xml": f"<sst {MAIN}>{SHARED}</sst>",
        "xl/styles.xml": f"<styleSheet {MAIN}>{STYLES}</styleSheet>",
    } | parts
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for part, content in files.items():
            packed.writestr(part, content)
    return Source(path, name)


def read(source: Source) -> list[tuple[int, list[str]]]:
    return list(reading.rows(source))


def cells(folder: Path, row: str, **values: Any) -> list[str]:
    ((_number, found),) = read(a_workbook(folder, row, **values))
    return found


def problem(source: Source) -> str:
    with pytest.raises(FileRefused) as refusal:
        read(source)
    return str(refusal.value.details["problem"])


def test_texts_are_read_wherever_they_are_kept(tmp_path: Path) -> None:
    row = text("A & B") + shared(0) + shared(1) + '<c t="str"><f>A1</f><v>made</v></c><c t="b"><v>1</v></c>'

    assert cells(tmp_path, row) == ["A & B", "머그컵", "찻주전자", "made", "TRUE"]


@pytest.mark.parametrize(
    ("kept", "style", "told"),
    [
        ("12000", 0, "12000"),
        ("12000", 3, "12000"),
        ("19.899999999999999", 0, "19.9"),
        ("0.30000000000000004", 0, "0.30000000000000004"),
        ("1E-3", 0, "0.001"),
        ("-5", 0, "-5"),
        ("20260105000123456", 0, "2.02601E+16"),
        ("46027", 1, "2026-01-05"),
        ("46027.604166666664", 1, "2026-01-05 14:30:00"),
        ("46027.604166666664", 2, "2026-01-05 14:30:00"),
        ("0.5", 1, "0.5"),
    ],
)
def test_numbers_and_dates_are_told_as_they_are_shown(tmp_path: Path, kept: str, style: int, told: str) -> None:
    assert cells(tmp_path, number(kept, style)) == [told]


def test_a_workbook_of_an_old_mac_counts_its_days_from_1904(tmp_path: Path) -> None:
    assert cells(tmp_path, number("44565", 1), book='<workbookPr date1904="1"/>') == ["2026-01-05"]


def test_rows_keep_their_numbers_blank_ones_are_passed_over_and_short_ones_filled(tmp_path: Path) -> None:
    source = a_workbook(tmp_path, "", *(text("a") + text("b") + text("c"), "", text(" "), '<c r="B5"><v>7</v></c>'))

    assert read(source) == [(2, ["a", "b", "c"]), (5, ["", "7", ""])]


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    whole = a_workbook(tmp_path, text("a"))
    garbage, cut, old = (Source(tmp_path / name, name) for name in ("garbage.xlsx", "cut.xlsx", "old.xlsx"))
    garbage.path.write_bytes(b"a,b\n1,2\n")
    cut.path.write_bytes(whole.path.read_bytes()[:-40])
    old.path.write_bytes(b"\xd0\xcf\x11\xe0 and so on")

    assert problem(garbage) == problem(cut) == "broken_workbook"
    assert problem(old) == "excel"
    assert problem(Source(tmp_path / "none.xlsx", "none.xlsx")) == "missing_file"
    assert problem(a_workbook(tmp_path)) == "empty"
    assert problem(a_workbook(tmp_path, "<c>")) == "broken_workbook"
    assert problem(a_workbook(tmp_path, '<c r="ZZZ1"><v>1</v></c>')) == "broken_workbook"
    assert problem(a_workbook(tmp_path, number("many"))) == "broken_workbook"


def test_a_row_longer_than_the_heading_and_an_error_of_a_formula_are_named(tmp_path: Path) -> None:
    assert problem(a_workbook(tmp_path, text("a"), text("1") + text("2"))) == "ragged"
    with pytest.raises(FileRefused, match=r"orders\.xlsx, row 2: “#N/A” – "):
        read(a_workbook(tmp_path, text("a"), '<c t="e"><v>#N/A</v></c>'))


def test_what_unpacks_without_end_is_not_read_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "RATIO_MATTERS_FROM", 10_000)

    assert problem(a_workbook(tmp_path, text("a"), *["<c/>" * 200] * 5000)) == "bomb"


def test_a_document_that_declares_entities_is_refused_before_any_is_unfolded(tmp_path: Path) -> None:
    dtd = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'

    assert problem(a_workbook(tmp_path, '<c t="str"><v>&b;</v></c>', dtd=dtd)) == "broken_workbook"


@pytest.mark.django_db
def test_own_orders_come_in_from_a_workbook(tmp_path: Path, settings: Any) -> None:
    settings.SHOP_CURRENCY = "KRW"
    heading = "".join(text(column) for column in TABLES[0].columns[:6])
    row = text("A-1") + number("46027.604166666664", 2) + text("CUP-01") + shared(0) + number(2) + number(12000, 3)
    left_out = text("A-1") + number("46027.604166666664", 2) + text("CUP-01") + shared(0) + number(0) + number(12000, 3)

    run = imported(a_workbook(tmp_path, heading, row, left_out), profile="orders")

    order = Order.objects.get()
    assert (order.external_number, order.total, order.lines.get().name) == ("A-1", 24_000, "머그컵")
    assert outcomes(run) == {"sold": 1, "zero_quantity": 1}
    with run.rejects.open() as kept:
        assert "A-1,2026-01-05 14:30:00,CUP-01,머그컵,0,12000" in kept.read().decode()
