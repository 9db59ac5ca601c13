"""Ten months of a real shop's orders: cohorts, first and further orders and the time to the second are those of a count that
reads the files.
"""

import csv
import gzip
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from analytics.metrics import METRICS, Cut
from analytics.models import Newcomer, Purchase
from analytics.operations import purchases
from analytics.queries import measuring, purchase_times
from analytics.survival import merged, step
from campaigns.models import Customer
from orders.models import Order, OrderLine
from tests.builders import a_variant
from tests.orders.importing.files import data

pytestmark = [pytest.mark.prove, pytest.mark.django_db]

SEOUL = ZoneInfo("Asia/Seoul")
UNTIL = datetime(2011, 10, 1, tzinfo=SEOUL)
FIRST, LAST = date(2010, 12, 1), date(2011, 9, 30)
# By number: the moment, the customer, the amount.
Sold = dict[str, tuple[datetime, str, Decimal]]


def sold() -> Sold:
    """Invoices with goods, in pence; what lies after the last midnight in Seoul is left out."""
    found: Sold = {}
    for file in sorted(data("online_retail/*.csv.gz")):
        with gzip.open(file, "rt") as lines:
            for row in csv.DictReader(lines):
                amount = int(row["Quantity"]) * Decimal(row["UnitPrice"]) * 100
                number, at = row["InvoiceNo"], datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=ZoneInfo("UTC"))
                if amount > 0 and at < UNTIL:
                    _at, customer, sum_so_far = found.get(number, (at, row["CustomerID"], Decimal(0)))
                    found[number] = at, customer, sum_so_far + amount
    return found


def written(invoices: Sold) -> None:
    cup = a_variant()
    names = sorted({customer for _at, customer, _amount in invoices.values() if customer})
    Customer.objects.bulk_create(Customer(external_id=name, created_at=UNTIL) for name in names)
    customers = {one.external_id: one for one in Customer.objects.all()}
    made = Order.objects.bulk_create(
        Order(
            number=number, channel="web", state=Order.State.SHIPPED, currency="KRW", customer=customers.get(customer),
            lines_total=amount, shipping_fee=0, total=amount, tax=0, paid=amount, placed_at=at,
        )
        for number, (at, customer, amount) in sorted(invoices.items())
    )  # fmt: skip
    OrderLine.objects.bulk_create(
        OrderLine(
            order=one, position=1, variant=cup, sku=cup.sku, name=cup.sku, quantity=1, list_price=one.total, gross=one.total,
            total=one.total, tax_rate=10, tax=0, shipped=1,
        )
        for one in made
    )  # fmt: skip


def test_cohorts_of_real_orders_are_those_of_a_count_that_reads_the_files() -> None:
    invoices = sold()
    written(invoices)

    purchases.rebuild_days(first=None, last=None, at=UNTIL + timedelta(hours=1))

    assert Purchase.objects.count() == len(invoices) > 10_000
    theirs: dict[str, list[tuple[datetime, Decimal]]] = defaultdict(list)
    for at, customer, amount in invoices.values():
        if customer:
            theirs[customer].append((at, amount))
    cohorts: dict[tuple[int, int], tuple[set[str], list[Decimal]]] = defaultdict(lambda: (set(), []))
    bought: dict[int, int] = defaultdict(int)
    for customer, orders in theirs.items():
        orders.sort()
        first = orders[0][0].astimezone(SEOUL)
        for at, amount in orders:
            local = at.astimezone(SEOUL)
            months = (local.year - first.year) * 12 + local.month - first.month
            who, amounts = cohorts[first.year * 12 + first.month, months]
            who.add(customer)
            amounts.append(amount)
        if len(orders) > 1:
            bought[step((orders[1][0] - orders[0][0]).total_seconds())] += 1
    told = {
        (one.month.year * 12 + one.month.month, months): (cell.customers, cell.orders, cell.net)
        for one in purchase_times.cohort_table(first=FIRST, last=LAST)
        for months, cell in one.cells.items()
        if cell.orders
    }
    assert told == {key: (len(who), len(amounts), sum(amounts)) for key, (who, amounts) in cohorts.items()}

    found = purchase_times.newcomers(since=Newcomer.Since.ORDER, first=FIRST, last=LAST)
    again = merged(counts for _day, _channel, _had_bought, counts in found)
    assert (dict(again.happened), again.number) == (bought, len(theirs))

    rows = measuring.rows([METRICS["buyers"], METRICS["new_orders"]], first=FIRST, last=LAST, by=Cut.MONTH, at=UNTIL)
    months_of = {
        name: {(at.astimezone(SEOUL).year, at.astimezone(SEOUL).month) for at, _amount in one} for name, one in theirs.items()
    }
    for row in rows:
        month = row.key.year, row.key.month
        assert row.values["buyers"] == sum(month in months for months in months_of.values())
