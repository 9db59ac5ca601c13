"""Ten months of a real shop's invoices through the importer, one of them late: every figure of sales and shipping is that of a
count that reads the files, by day, hour, month and SKU.

The count has the rules of docs/algorithms/importing.md written a second time, and nothing else of the product.
"""

import csv
import gzip
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from analytics.metrics import METRICS, Cut, sales, service
from analytics.operations import rollups
from analytics.queries import measuring
from analytics.queries.measuring import Part
from inventory.models import Variant
from orders.models import Order
from tests.orders.importing.files import data, imported, sources
from tests.prove.clicks import SEOUL
from tests.prove.counted_views import key_of_time

pytestmark = [pytest.mark.prove, pytest.mark.django_db]

LATE = "2011-05"
NOW = datetime(2011, 10, 2, 12, tzinfo=SEOUL)
FIRST, LAST = date(2010, 12, 1), date(2011, 9, 30)
CHANNEL = "import:online-retail"
GOODS = re.compile(r"\d{5}[A-Z]*|DCGS[0-9A-Z]+")
SHIPPING = {"POST", "DOT", "C2"}
BY = (None, Cut.DAY, Cut.WEEK, Cut.MONTH, Cut.WEEKDAY, Cut.HOUR, Cut.SLOT, Cut.DAY_HOUR, Cut.SKU)
# The last days of a month and the first of the next, a single day, and all.
SPANS = ((FIRST, LAST), (date(2011, 4, 28), date(2011, 5, 3)), (date(2011, 5, 31), date(2011, 5, 31)))


@dataclass(frozen=True)
class Happened:
    at: datetime
    sku: str | None
    facts: dict[str, D]


def happened(rows: Iterable[dict[str, str]]) -> list[Happened]:
    invoices: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        invoices[row["InvoiceNo"]].append(row)
    found: list[Happened] = []
    for number, lines in invoices.items():
        at = min(datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=SEOUL) for row in lines)
        kept = [
            (row["StockCode"].upper(), int(row["Quantity"]), D(row["UnitPrice"]), row["CustomerID"])
            for row in lines
            if row["StockCode"].upper() in SHIPPING or GOODS.fullmatch(row["StockCode"].upper())
        ]
        kept = [one for one in kept if one[1] and one[2] >= 0]
        found += _credit(at, kept) if number[0] == "C" else _sale(at, kept)
    return found


def _credit(at: datetime, lines: list[tuple[str, int, D, str]]) -> list[Happened]:
    return [
        Happened(at, sku, {"returned_units": D(-units), "returned": -units * price})
        for sku, units, price, _customer in lines
        if units < 0 and sku not in SHIPPING
    ]


def _sale(at: datetime, lines: list[tuple[str, int, D, str]]) -> list[Happened]:
    """Where nobody bought anything the shop has corrected its stock."""
    goods = [one for one in lines if one[0] not in SHIPPING and one[1] > 0]
    if not any(price or customer for _sku, _units, price, customer in goods):
        return []
    fees = sum((units * price for sku, units, price, _customer in lines if sku in SHIPPING and units > 0), D(0))
    units = D(sum(one[1] for one in goods))
    order = {
        "orders": D(1), "shipping": fees, "parcels": D(1), "paid": D(1), "begun": D(1), "begun_units": units,
        "begun_left_units": units, "begun_whole": D(1), "placed": D(1),
    }  # fmt: skip
    return [
        Happened(at, None, order),
        *(
            Happened(at, sku, {"units": D(units), "gross": units * price, "shipped": D(units)})
            for sku, units, price, _customer in goods
        ),
    ]


def folded(what: Iterable[Happened], first: date, last: date, by: Cut | None) -> dict[Any, dict[str, D]]:
    found: dict[Any, dict[str, D]] = defaultdict(lambda: defaultdict(D))
    for one in what:
        if first <= one.at.date() <= last and (by is not Cut.SKU or one.sku):
            key = None if by is None else one.sku if by is Cut.SKU else key_of_time(by.value, one.at)
            for name, value in one.facts.items():
                found[key][name] += value
    return found


def value(code: str, facts: dict[str, D]) -> D | None:
    """The files tell of no discount, no tax and no cost; all is paid and leaves in the moment in which it is ordered."""
    told: dict[str, D] = defaultdict(D, facts)
    net = told["gross"] - told["returned"]
    nothing = D(0)
    figures: dict[str, tuple[D, D] | D] = {
        "sales": told["gross"],
        "net": net,
        "profit": net,
        "margin": (net, net),
        "discounts": nothing,
        "tax": nothing,
        "average_order": (told["gross"], told["orders"]),
        "units_per_order": (told["units"], told["orders"]),
        "discount_share": (nothing, told["gross"]),
        "received_units": nothing,
        "shipped_units": told["shipped"],
        "on_time_share": (nothing, nothing),
        "time_to_ship": (nothing, told["paid"]),
        "fill_rate": (told["begun_left_units"], told["begun_units"]),
        "whole_share": (told["begun_whole"], told["begun"]),
        "canceled_share": (nothing, told["placed"]),
        "expired_share": (nothing, told["placed"]),
    }
    figure = figures.get(code, told[code])
    if isinstance(figure, tuple):
        above, below = figure
        return above / below if below else None
    return figure


def compare(what: list[Happened]) -> tuple[int, set[str]]:
    """How many figures were compared, and the metrics of which one was not nothing."""
    compared, telling = 0, set[str]()
    names = dict(Variant.objects.values_list("pk", "sku"))
    for first, last in SPANS:
        for by in BY:
            groups = folded(what, first, last, by)
            metrics = [one for one in (*sales.METRICS, *service.METRICS) if measuring.can_cut(one, [by] if by else [])]
            for chosen in ({}, {Cut.WEEKDAY: 3}) if by is None else ({},):
                scope: dict[str, Any] = {"first": first, "last": last, "at": NOW, "of": Part(chosen)}
                if chosen:
                    groups = folded([one for one in what if one.at.weekday() == 3], first, last, None)
                rows = measuring.rows(metrics, by=by, **scope) if by else [measuring.whole(metrics, **scope)]
                said = {names[row.key] if by is Cut.SKU else row.key: row.values for row in rows}
                for key in {*said, *groups}:
                    for metric in metrics:
                        by_hand = value(metric.code, groups.get(key, {}))
                        given = said[key][metric.code] if key in said else value(metric.code, {})
                        assert given == by_hand, (metric.code, by, chosen, key, given, by_hand)
                        compared += 1
                        telling |= {metric.code} if by_hand else set()
    return compared, telling


def test_every_figure_of_sales_is_that_of_a_count_by_hand(tmp_path: Path, settings: Any) -> None:
    settings.SHOP_CURRENCY, settings.MEDIA_ROOT = "GBP", str(tmp_path)
    began = time.monotonic()
    files = data("online_retail/*.csv.gz")
    rows: dict[Path, list[dict[str, str]]] = {}
    for file in files:
        with gzip.open(file, "rt") as lines:
            rows[file] = list(csv.DictReader(lines))
    late = next(file for file in files if LATE in file.name)
    in_time = [file for file in files if file != late]

    imported(*sources(in_time))
    rollups.rebuild_due(at=NOW)
    before = compare(happened(row for file in in_time for row in rows[file]))

    imported(*sources([late]))
    days = [date(2011, 5, 1) + timedelta(days=number) for number in range(31)]
    rollups.mark_history(first=days[0], last=days[-1], at=NOW)
    rollups.rebuild_due(at=NOW)
    everything = happened(row for file in files for row in rows[file])
    after = compare(everything)

    whole = measuring.whole([METRICS["orders"], METRICS["net"]], first=FIRST, last=LAST, at=NOW).values
    assert whole["orders"] == Order.objects.count() == 14_203
    assert set(Order.objects.values_list("channel", flat=True)) == {CHANNEL}
    sys.stdout.write(
        f"\n{sum(map(len, rows.values()))} rows, {len(rows[late])} of them imported late\n"
        f"{before[0] + after[0]} figures equal a count by hand in {time.monotonic() - began:.0f} s; "
        f"orders {whole['orders']}, net sales {whole['net']}\n"
        f"{len(after[1])} metrics that are not nothing: {', '.join(sorted(after[1]))}\n"
    )
