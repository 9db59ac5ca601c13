"""The command plays a folder of invoices or the shop's own past, and says what is missing where it cannot."""

import csv
import sys
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from analytics.management.commands.simulate_replenishment import costs
from analytics.models import DailySales
from analytics.queries import demand_traces
from inventory.models import StockingRules
from tests.builders import a_variant


def said(**asked: object) -> str:
    out = StringIO()
    call_command("simulate_replenishment", stdout=out, **asked)
    return out.getvalue()


def a_folder(place: Path) -> Path:
    with (place / "online_retail_2010-12.csv").open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice"])
        for number in range(300):
            day = date(2010, 12, 1) + timedelta(days=number)
            for code in ("11111", "22222"):
                writer.writerow([number, code, 1 + number * int(code[0]) % 7, f"{day} 10:00:00", "9.50"])
    return place


def test_a_folder_of_invoices_is_played_and_told_as_tables(tmp_path: Path) -> None:
    text = said(history=str(a_folder(tmp_path)), policy=["textbook", "own"], by_class=True, curve=True)
    assert text.startswith("2 SKUs, 122 days")
    for word in ("textbook", "own", "clairvoyant", "captured", "stock value", "own A"):
        assert word in text


@pytest.mark.django_db
def test_the_own_past_is_charged_what_the_shop_reckons_with_unless_told_otherwise() -> None:
    asked = {"history": "shop", "order_cost": None, "holding_rate": None}
    assert costs(asked) == (4000, 0.25)
    StockingRules.objects.update_or_create(pk=StockingRules.ONLY, defaults={"order_line_cost": 2500, "holding_rate": "0.3"})

    assert costs(asked) == (2500, 0.3)
    assert costs(asked | {"order_cost": 0.0, "holding_rate": 0.2}) == (0, 0.2)
    assert costs(asked | {"history": "/somewhere"}) == (4, 0.25)


def test_an_empty_folder_and_missing_arrays_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="holds no"):
        said(history=str(tmp_path))
    from analytics import simulation
    from analytics.simulation import running  # noqa: F401

    monkeypatch.delattr(simulation, "running")
    monkeypatch.setitem(sys.modules, "analytics.simulation.running", None)
    with pytest.raises(CommandError, match='extra "forecast"'):
        said(history=str(tmp_path))


@pytest.mark.breaks_promises("figures without the orders behind them")
@pytest.mark.django_db
def test_the_own_past_is_read_by_sku_and_day_with_mean_prices() -> None:
    often, seldom = a_variant(), a_variant()
    first = date(2026, 1, 1)
    none = dict.fromkeys(("discounts", "tax", "cost", "returned_units", "returned", "returned_tax", "returned_cost"), 0)
    for number in range(demand_traces.LEAST_DAYS):
        DailySales.objects.create(day=first + timedelta(days=2 * number), variant=often, units=2, gross=3000, **none)
    DailySales.objects.create(day=first, variant=seldom, units=9, gross=900, **none)

    past = demand_traces.daily(first=first, last=first + timedelta(days=29))
    assert list(past.units) == [often.sku]
    assert past.units[often.sku] == [2, 0] * 10 + [0] * 10
    assert past.prices == {often.sku: 1500.0}
    with pytest.raises(CommandError, match="no SKU"):
        said(history="shop")
