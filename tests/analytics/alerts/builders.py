"""A shop whose figures are made: so many orders in each hour, the same every week unless a test says otherwise."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from analytics.models import AlertRule, HourlySales, RollupState
from analytics.operations import alert_rules
from config.kernel.models import User
from config.kernel.roles import Role
from tests.analytics.builders import SEOUL
from tests.config.kernel.pages import a_staff_member

# A Friday, a little after two in the afternoon.
NOW = datetime(2026, 11, 20, 14, 7, tzinfo=SEOUL)
TODAY = NOW.date()
WEEKS = 12


def figures(
    *, until: date = TODAY, weeks: int = WEEKS, an_hour: int = 10, price: int = 10_000, changed: Mapping[Any, int] | None = None
) -> None:
    """Hours with sales and days that are made, up to the one before `until`. `changed` holds orders of a day or of its hour."""
    changed = changed or {}
    rows, days = [], []
    for back in range(weeks * 7, 0, -1):
        day = until - timedelta(days=back)
        days.append(RollupState(day=day, state="CLEAN", rebuilt_at=NOW - timedelta(hours=6), source_rows=1))
        for hour in range(24):
            orders = changed.get((day, hour), changed.get(day, an_hour))
            if orders:
                amount = Decimal(orders * price)
                rows.append(
                    HourlySales(
                        day=day, hour=hour, channel="web", orders=orders, units=orders, gross=amount, discounts=0, shipping=0,
                        tax=0, returned_units=0, returned=0,
                    )
                )  # fmt: skip
    HourlySales.objects.bulk_create(rows)
    RollupState.objects.bulk_create(days)


def a_rule(**values: Any) -> AlertRule:
    given = {"name": "주문 감시", "metric": "orders", "kind": "ANOMALY", "direction": "BOTH", "limit": Decimal(4)} | values
    recipients = given.pop("recipients", [])
    return alert_rules.add(values=given, recipients=recipients, at=NOW - timedelta(days=1))


def somebody(name: str = "clerk", role: Role = Role.ORDER_CLERK) -> User:
    user = a_staff_member(name, role=role, superuser=False)
    user.email = f"{name}@example.com"
    user.save(update_fields=["email"])
    return user
