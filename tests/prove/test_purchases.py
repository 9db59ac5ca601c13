"""Ten months of a real shop's orders: cohorts, first and further orders and the time to the second are those of a count that
reads the files.
"""

import csv
import gzip
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
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
from tests.prove.counted_views import Watched, key_of_time, of_newcomers

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
    for _number, (at, customer, amount) in sorted(invoices.items()):
        if customer:
            theirs[customer].append((at, amount))
    cohorts: dict[tuple[int, int], tuple[set[str], list[Decimal]]] = defaultdict(lambda: (set(), []))
    bought: dict[int, int] = defaultdict(int)
    for customer, orders in theirs.items():
        orders.sort(key=lambda one: one[0])  # of one moment in the order of their numbers
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

    for by in (None, Cut.DAY, Cut.WEEK, Cut.MONTH):
        compare(theirs, by)


def compare(theirs: dict[str, list[tuple[datetime, Decimal]]], by: Cut | None) -> None:
    """Each figure of who buys and buys again, by the cut, with the same by hand."""
    codes = ["buyers", "new_orders", "repeat_orders", "new_sales", "repeat_sales", "repeat_share", "repeat_rate"]
    codes += {Cut.DAY: [], Cut.WEEK: ["reactivation"]}.get(by, ["retention"] if by is None else ["retention", "reactivation"])
    metrics = [METRICS[code] for code in codes]
    scope: dict[str, Any] = {"first": FIRST, "last": LAST, "at": UNTIL + timedelta(hours=1)}
    rows = measuring.rows(metrics, by=by, **scope) if by else [measuring.whole(metrics, **scope)]
    spans: dict[Any, list[date]] = defaultdict(list)
    for number in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=number)
        spans[key_of_time(by.value, datetime(day.year, day.month, day.day, tzinfo=SEOUL)) if by else None].append(day)
    assert [row.key for row in rows] == list(spans)
    for row in rows:
        by_hand = counted(theirs, spans[row.key][0], spans[row.key][-1])
        for code in codes:
            said, same = row.values[code], by_hand[code]
            assert said == same or (said and same and abs(said - same) < Decimal("1e-12")), (code, row.key, said, same)


def counted(theirs: dict[str, list[tuple[datetime, Decimal]]], first: date, last: date) -> dict[str, Decimal | None]:
    """`theirs` are the orders of each customer in order."""
    days = {name: [at.astimezone(SEOUL).date() for at, _amount in told] for name, told in theirs.items()}
    of_first, of_further = [], []
    for name, told in theirs.items():
        for place, (_at, amount) in enumerate(told):
            if first <= days[name][place] <= last:
                (of_further if place else of_first).append(amount)
    dormant = [
        name
        for name, told in days.items()
        if told[0] < first and max(day for day in told if day < first) <= first - timedelta(days=60)
    ]
    back = [name for name in dormant if any(first <= day <= last for day in days[name])]
    began = {name: told for name, told in theirs.items() if first <= days[name][0] <= last}
    # Only of months whose next month is over.
    over = [name for name in began if months_later(days[name][0], 2) <= UNTIL.date()]
    stayed = [name for name in over if any(months_later(days[name][0], 1) == day.replace(day=1) for day in days[name])]
    number = len(of_first) + len(of_further)
    return {
        "buyers": Decimal(sum(any(first <= day <= last for day in told) for told in days.values())),
        "new_orders": Decimal(len(of_first)),
        "repeat_orders": Decimal(len(of_further)),
        "new_sales": sum(of_first, Decimal(0)),
        "repeat_sales": sum(of_further, Decimal(0)),
        "repeat_share": Decimal(len(of_further)) / number if number else None,
        "repeat_rate": of_newcomers("repeat_rate", [ordered_again(told) for told in began.values()]),
        "retention": Decimal(len(stayed)) / len(over) if over else None,
        "reactivation": Decimal(len(back)) / len(dormant) if dormant else None,
    }


def ordered_again(told: list[tuple[datetime, Decimal]]) -> Watched:
    """For a year at most."""
    year, first = timedelta(days=365), told[0][0]
    if len(told) > 1 and told[1][0] - first <= year:
        return Watched(first.date(), "web", (told[1][0] - first).total_seconds(), has_bought=True)
    return Watched(first.date(), "web", min(UNTIL - first, year).total_seconds(), has_bought=False)


def months_later(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)
