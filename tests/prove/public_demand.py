"""Three public data sets of demand as panels, cleaned by the rules of docs/algorithms/forecasting.md."""

import csv
import gzip
import os
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from analytics.forecasting.panels import Floats, Mask, Panel, closed_days, panel

PROJECT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("BACKOFFICE_DATA") or PROJECT.parent / "shared" / "data")
RETAIL_FIRST, RETAIL_DAYS = date(2010, 12, 1), 304
BULK, FEWEST_DEMANDS, AGE = 5_000, 20, 120


@dataclass(frozen=True)
class Case:
    """What is known at an origin, and what came after it."""

    panel: Panel
    happened: Floats

    @property
    def horizon(self) -> int:
        return int(self.happened.shape[1])


def rows(pattern: str) -> list[dict[str, str]]:
    found = []
    for file in sorted(FOLDER.glob(pattern)):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            found += list(csv.DictReader(lines))
    return found


def retail() -> tuple[list[str], Floats, Floats]:
    """SKUs of Online Retail, their units and revenue by day.

    A sale is a row with units and a price above 0 whose invoice is no credit (C) and whose code begins with five digits; codes
    that differ in case only are one SKU; rows of more than 5,000 units are corrected mistakes and left out.
    """
    units: dict[str, Floats] = defaultdict(lambda: np.zeros(RETAIL_DAYS))
    revenue: dict[str, Floats] = defaultdict(lambda: np.zeros(RETAIL_DAYS))
    for row in rows("online_retail/*.csv.gz"):
        code, number, price = row["StockCode"].upper(), int(row["Quantity"]), float(row["UnitPrice"])
        if row["InvoiceNo"].startswith("C") or not 0 < number <= BULK or price <= 0 or not re.match(r"\d{5}", code):
            continue
        day = (date.fromisoformat(row["InvoiceDate"][:10]) - RETAIL_FIRST).days
        units[code][day] += number
        revenue[code][day] += number * price
    codes = sorted(units)
    return codes, np.array([units[one] for one in codes]), np.array([revenue[one] for one in codes])


def retail_case(sales: tuple[list[str], Floats, Floats], origin: int, horizon: int = 28) -> Case:
    """SKUs with demand on at least 20 days before the origin, the first of them at least 120 days before the last of them."""
    codes, units, revenue = sales
    demands = (units[:, :origin] > 0).sum(axis=1)
    first = (units > 0).argmax(axis=1)
    kept = (demands >= FEWEST_DEMANDS) & (origin - 1 - first >= AGE)
    past = units[:, :origin]
    return Case(
        panel(
            past[kept].tolist(),
            closed=closed_days(past, np.zeros(past.shape, dtype=np.bool_)).tolist(),
            weights=revenue[kept, origin - 28 : origin].sum(axis=1).tolist(),
            kin=[int(code[:3]) for code, one in zip(codes, kept, strict=True) if one],
            phase=RETAIL_FIRST.weekday(),
        ),
        units[kept, origin : origin + horizon],
    )


def walmart() -> tuple[Floats, list[int]]:
    """Sales of the store-departments known in all 143 weeks, and their departments. Returns beyond sales count as 0."""
    sales = rows("walmart_store_sales/train.csv.gz")
    weeks = {one: place for place, one in enumerate(sorted({row["Date"] for row in sales}))}
    series: dict[tuple[int, int], Floats] = defaultdict(lambda: np.full(len(weeks), np.nan))
    for row in sales:
        series[int(row["Store"]), int(row["Dept"])][weeks[row["Date"]]] = float(row["Weekly_Sales"])
    full = sorted(key for key, one in series.items() if not np.isnan(one).any())
    return np.array([series[key] for key in full]), [department for _store, department in full]


def walmart_case(sales: tuple[Floats, list[int]], origin: int, horizon: int = 13) -> Case:
    weekly, departments = sales
    past = np.maximum(weekly[:, :origin], 0.0)
    weights = np.maximum(weekly[:, origin - horizon : origin].sum(axis=1), 0.0)
    return Case(
        panel(
            past.tolist(),
            closed=[False] * origin,
            since=[0] * len(past),
            weights=weights.tolist(),
            kin=departments,
            season=52,
        ),
        weekly[:, origin : origin + horizon],
    )


def carparts() -> Floats:
    """Monthly demand of the parts that are not empty in the last six months."""
    found = [[float(value) if value else np.nan for value in list(row.values())[1:]] for row in rows("carparts_*/*.csv.gz")]
    demand = np.array(found)
    return np.asarray(demand[~np.isnan(demand[:, -6:]).any(axis=1)])


def carparts_case(demand: Floats, origin: int, horizon: int = 6) -> Case:
    past = demand[:, :origin]
    return Case(
        panel(
            past.tolist(),
            closed=[False] * origin,
            since=[0] * len(past),
            weights=past[:, -horizon:].sum(axis=1).tolist(),
            season=12,
        ),
        demand[:, origin : origin + horizon],
    )


@dataclass(frozen=True)
class Juice:
    """Weekly sales of brands of orange juice in stores; weeks nobody told of are not a number."""

    brands: list[int]
    units: Floats
    prices: Floats
    advertised: Floats

    @property
    def untold(self) -> Mask:
        return np.isnan(self.units)


def juice() -> Juice:
    """All store-brands. A price that is not told is that of the week before, or the first one."""
    found = rows("orange_juice_prices/orange_juice.csv.gz")
    places = {one: place for place, one in enumerate(sorted({(int(row["brand"]), int(row["store"])) for row in found}))}
    weeks = sorted({int(row["week"]) for row in found})
    units, prices = (np.full((len(places), len(weeks)), np.nan) for _ in range(2))
    advertised = np.zeros(units.shape)
    for row in found:
        where = places[int(row["brand"]), int(row["store"])], int(row["week"]) - weeks[0]
        units[where] = np.exp(float(row["logmove"]))
        prices[where] = float(row[f"price{row['brand']}"])
        advertised[where] = float(row["feat"])
    for row in prices:
        told = np.flatnonzero(~np.isnan(row))
        row[:] = row[told[np.maximum(np.searchsorted(told, np.arange(len(row)), side="right") - 1, 0)]]
    return Juice([brand for brand, _store in places], units, prices, advertised)


def juice_case(sales: Juice, origin: int, horizon: int = 4, *, causes: bool) -> Case:
    """With `causes` prices and advertisements are known, those of the coming weeks as well: the shop plans them."""
    past, known = np.nan_to_num(sales.units[:, :origin]), origin + horizon
    made = panel(
        past.tolist(),
        censored=sales.untold[:, :origin].tolist(),
        closed=[False] * origin,
        since=[0] * len(past),
        weights=(past[:, -13:].sum(axis=1) * sales.prices[:, origin - 1]).tolist(),
        kin=sales.brands,
        season=52,
    )
    if causes:
        made = replace(made, promoted=sales.advertised[:, :known] > 0, prices=sales.prices[:, :known])
    return Case(made, sales.units[:, origin:known])
