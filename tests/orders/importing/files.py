"""Small files of old shops, written by hand, so that each rule can be read off them."""

import csv
import gzip
import io
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.local.place import PROJECT
from orders.importing import olist, online_retail
from orders.importing.reading import Source
from orders.models import ImportRun
from orders.operations import importing

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)  # a Saturday, 19:00 in Seoul
INVOICE_LINES = online_retail.TABLES[0].columns
CUSTOMER = "17850.0"


def at_hand(pattern: str) -> list[Path]:
    """Files of a real shop, by name; none where the data sets are not at hand."""
    folder = Path(os.environ.get("BACKOFFICE_DATA") or PROJECT.parent / "shared" / "data")
    return sorted(folder.glob(pattern))


def data(pattern: str) -> list[Path]:
    """Files of a real shop; skips the test where they are not at hand."""
    files = at_hand(pattern)
    if not files:
        pytest.skip(f"the data sets are not at hand: BACKOFFICE_DATA names no folder with {pattern}")
    return files


def sources(files: Sequence[Path]) -> list[Source]:
    return [Source(file, file.name) for file in files]


def a_line(
    invoice: str = "536365",
    sku: str = "85123A",
    quantity: int | str = 6,
    price: str = "2.55",
    at: str = "2010-12-01 08:26:00",
    customer: str = CUSTOMER,
    description: str = "WHITE HANGING HEART",
    country: str = "United Kingdom",
) -> list[str]:
    return [invoice, sku, description, str(quantity), at, price, customer, country]


def text(rows: Sequence[Sequence[Any]], heading: Sequence[str] = INVOICE_LINES) -> str:
    target = io.StringIO()
    csv.writer(target, lineterminator="\n").writerows([heading, *rows])
    return target.getvalue()


def a_file(folder: Path, content: str | bytes, name: str = "invoices.csv") -> Source:
    raw = content.encode() if isinstance(content, str) else content
    path = folder / name
    path.write_bytes(gzip.compress(raw) if name.endswith(".gz") and raw[:2] != b"\x1f\x8b" else raw)
    return Source(path, name)


def invoices(folder: Path, *rows: Sequence[str], name: str = "invoices.csv") -> Source:
    return a_file(folder, text(rows), name)


def imported(*files: Source, profile: str = "online-retail", at: datetime = NOW, **asked: Any) -> ImportRun:
    told = {"is_dry_run": False, "shift_to_today": False} | asked
    run = importing.request(profile=profile, names=[file.name for file in files], actor=None, at=at, **told)
    return importing.perform(run=run, sources=files, at=at)


def outcomes(run: ImportRun) -> dict[str, int]:
    return {one["outcome"]: one["rows"] for one in run.report["outcomes"]}


def months(run: ImportRun) -> dict[str, dict[str, Any]]:
    return {one["month"]: one for one in run.report["months"]}


# --- Olist -----------------------------------------------------------------------------------------------------------------


def an_id(number: int) -> str:
    return f"{number:032x}"


def olist_files(
    folder: Path,
    orders: Sequence[Sequence[Any]] = (),
    items: Sequence[Sequence[Any]] = (),
    payments: Sequence[Sequence[Any]] = (),
    customers: Sequence[Sequence[Any]] = (),
    products: Sequence[Sequence[Any]] = (),
) -> list[Source]:
    tables = zip(olist.TABLES, (orders, items, payments, customers, products), strict=True)
    return [a_file(folder, text(rows, table.columns), f"{table.name.replace(' ', '_')}.csv") for table, rows in tables]


def an_olist_shop(folder: Path, state: str = "delivered", **replaced: Any) -> list[Source]:
    """One order of one product, two units, paid and delivered."""
    told: dict[str, Any] = {
        "orders": [
            [
                an_id(1), an_id(101), state, "2018-01-20 12:15:57", "2018-01-20 12:37:13", "2018-01-25 21:42:52",
                "2018-01-30 11:32:35", "2018-02-15 00:00:00",
            ]
        ],
        "items": [
            [an_id(1), place, an_id(201), an_id(301), "2018-01-25 12:37:13", "35.9", "15.2"] for place in (1, 2)
        ],
        "payments": [[an_id(1), 1, "credit_card", 2, "102.2"]],
        "customers": [[an_id(101), an_id(151), "01310", "sao paulo", "SP"]],
        "products": [
            [an_id(201), "cama_mesa_banho", 40, 287, 1, 225, 16, 10, 14],
            [an_id(202), "", 40, 287, 1, 225, 16, 10, 14],
        ],
    } | replaced  # fmt: skip
    return olist_files(folder, **told)
