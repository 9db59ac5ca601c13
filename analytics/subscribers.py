"""Hears what can change a closed day, and marks that day as stale. Nothing is counted here.

An order that is placed, paid or shipped is not listened to: it belongs to the open day, which is read live and made when it
closes. So placing an order costs no delivery.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from analytics.operations import attribution_days, demand, rollups
from config.kernel.outbox import subscribe
from inventory.events import StockChanged
from orders.events import HistoryImported, OrderCanceled, OrderReturned


@subscribe(OrderCanceled, name="analytics.day_of_canceled_order")
def order_canceled(payload: Mapping[str, Any], *, at: datetime) -> None:
    rollups.mark(days=[date.fromisoformat(payload["on"])], at=at)


@subscribe(OrderReturned, name="analytics.day_of_return")
def order_returned(payload: Mapping[str, Any], *, at: datetime) -> None:
    """A return counts on its own day and leaves the day of the sale as it was."""
    rollups.mark(days=[date.fromisoformat(payload["returned_on"])], at=at)


@subscribe(StockChanged, name="analytics.day_of_stock")
def stock_changed(payload: Mapping[str, Any], *, at: datetime) -> None:
    rollups.mark(days=[date.fromisoformat(payload["on"])], at=at)


@subscribe(HistoryImported, name="analytics.days_of_history")
def history_imported(payload: Mapping[str, Any], *, at: datetime) -> None:
    first, last = date.fromisoformat(payload["first_on"]), date.fromisoformat(payload["last_on"])
    rollups.mark_history(first=first, last=last, at=at)


@subscribe(OrderCanceled, name="analytics.origin_of_canceled_order")
def origin_of_canceled_order(payload: Mapping[str, Any], *, at: datetime) -> None:
    attribution_days.order_changed(number=payload["number"], on=date.fromisoformat(payload["on"]), at=at)


@subscribe(OrderReturned, name="analytics.origin_of_returned_order")
def origin_of_returned_order(payload: Mapping[str, Any], *, at: datetime) -> None:
    """What comes back is taken off the order, on the day it was placed."""
    attribution_days.order_changed(number=payload["number"], on=date.fromisoformat(payload["on"]), at=at)


@subscribe(OrderReturned, name="analytics.demand_of_returned_order")
def demand_of_returned_order(payload: Mapping[str, Any], *, at: datetime) -> None:
    """What comes back is told beside the demand of the day it was ordered on."""
    demand.mark(days=[date.fromisoformat(payload["on"])], at=at)


@subscribe(HistoryImported, name="analytics.origins_of_history")
def origins_of_history(payload: Mapping[str, Any], *, at: datetime) -> None:
    attribution_days.history_written(first=date.fromisoformat(payload["first_on"]), at=at)
