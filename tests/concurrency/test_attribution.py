"""Origins of orders are made while visits and orders go on: what changes meanwhile is made once more.

Each guard has a control without it that goes wrong in the same interleaving.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError

from analytics.models import AttributionDay, DailyAttribution, DailyPath, EventSource, OrderTouch
from analytics.operations import attribution, attribution_days, event_figures, visits
from analytics.queries import event_kinds
from orders.models import Order
from tests.analytics.attribution.builders import PAID, POST, a_visit, made
from tests.analytics.builders import Line, an_order, seoul
from tests.analytics.events.builders import a_source
from tests.builders import a_customer, a_variant
from tests.probe.together import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.breaks_promises("orders without reservations and papers")]

DAY = date(2026, 11, 20)
NOW = seoul("2026-11-22")


@pytest.fixture(autouse=True)
def order() -> Order:
    event_kinds.forget()
    source = a_source(channel="storefront")
    customer = a_customer(external_id="c-1")
    a_visit(source, seoul("2026-11-20", "10:00"), customer="c-1", **POST)
    made_of = an_order(seoul("2026-11-20", "11:00"), Line(a_variant()), customer=customer)
    made(NOW)
    return made_of


def rebuild() -> None:
    attribution.rebuild_days(first=DAY, last=DAY, at=NOW)


def key_of_the_order() -> str:
    return DailyAttribution.objects.get(day=DAY, last_orders__gt=0).campaign_key


def after_reading(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """Lets `change` happen in another session after the source was read and before the day is settled."""
    read = attribution._read

    def read_and_wait(day: date) -> Any:
        found = read(day)
        if day == DAY:
            monkeypatch.setattr(attribution, "_read", read)
            together(1, lambda _: change())
        return found

    monkeypatch.setattr(attribution, "_read", read_and_wait)


def a_later_visit() -> None:
    """The other session only finds visits: making the day itself would wait for the day's own lock."""
    a_visit(EventSource.objects.get(), seoul("2026-11-20", "10:40"), customer="c-1", **PAID)
    event_figures.count_due()
    visits.rebuild_due(at=NOW)


def test_a_visit_found_while_its_day_is_made_leaves_the_day_due(monkeypatch: pytest.MonkeyPatch) -> None:
    after_reading(monkeypatch, a_later_visit)
    rebuild()
    assert AttributionDay.objects.get(pk=DAY).state == "DIRTY"
    attribution.rebuild_due(at=NOW)
    assert key_of_the_order() == "paid_search/naver/brand"


def test_control_without_the_comparison_of_marks_the_visit_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        attribution, "_SETTLE",
        attribution._SETTLE.replace("analytics_attributionday.marks = excluded.marks", "true"),
    )  # fmt: skip
    after_reading(monkeypatch, a_later_visit)
    rebuild()
    attribution.rebuild_due(at=NOW)
    assert AttributionDay.objects.get(pk=DAY).state == "CLEAN"
    assert key_of_the_order() == "social/instagram/"


def test_two_who_make_a_day_agree() -> None:
    together(4, lambda _: rebuild())
    assert key_of_the_order() == "social/instagram/"


def test_control_without_the_lock_two_who_make_a_day_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribution, "_one_at_a_time", lambda day: None)
    for table in (DailyAttribution, DailyPath, OrderTouch):
        table._default_manager.all().delete()  # nothing to delete, nothing to wait for
    lines = attribution._Day.lines

    def lines_and_wait(made_of: Any) -> Any:
        """The former rows are deleted, the new ones not yet written."""
        monkeypatch.setattr(attribution._Day, "lines", lines)
        together(1, lambda _: rebuild())
        return lines(made_of)

    monkeypatch.setattr(attribution._Day, "lines", lines_and_wait)
    with pytest.raises(IntegrityError):
        rebuild()


def test_a_cancel_while_its_day_is_made_leaves_the_day_due(monkeypatch: pytest.MonkeyPatch, order: Order) -> None:
    def cancel() -> None:
        Order.objects.filter(pk=order.pk).update(state=Order.State.CANCELED)
        attribution_days.order_changed(number=order.number, on=DAY, at=NOW)

    after_reading(monkeypatch, cancel)
    rebuild()
    attribution.rebuild_due(at=NOW)
    assert not DailyAttribution.objects.filter(last_orders__gt=0).exists()
