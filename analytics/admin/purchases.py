"""Purchases with what led to them: the rows behind the pages of cohorts and of the time to buy."""

from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from analytics.models import Purchase, Touch
from analytics.queries import purchase_times
from analytics.words.figures import money, number, short_span
from config.kernel.admin import wording
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import ReadOnlyAdmin
from orders.admin import known

# Months that the filter offers, and the address may ask for.
MONTHS = 36


class ByChannel(DropdownFilter):  # type: ignore[misc]
    title = gettext_lazy("channel")
    parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(one, known.channel(one)) for one in purchase_times.channels_of_orders()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(channel=self.value()) if self.value() else queryset


class ByNewness(DropdownFilter):  # type: ignore[misc]
    title = pgettext_lazy("purchase", "first or further")
    parameter_name = "first"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("first order")), ("0", pgettext_lazy("purchase", "further order"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(is_first_order=self.value() == "1") if self.value() in ("0", "1") else queryset


class ByCohort(DropdownFilter):  # type: ignore[misc]
    """Orders of those whose first order lies in a month."""

    title = gettext_lazy("month of the first order")
    parameter_name = "cohort"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(f"{one:%Y-%m}", f"{one:%Y-%m}") for one in purchase_times.cohort_months(most=MONTHS)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        month = _month(self.value() or "")
        if month is None:
            return queryset
        following = (month + timedelta(days=31)).replace(day=1)
        theirs = Purchase.objects.filter(is_first_order=True, day__gte=month, day__lt=following)
        return queryset.filter(customer__in=theirs.values("customer"))


class ByLastClick(DropdownFilter):  # type: ignore[misc]
    title = gettext_lazy("kind of the last click")
    parameter_name = "touch"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(one.value, one.label) for one in (Touch.Kind.PROMOTION_CLICKED, Touch.Kind.MESSAGE_CLICKED)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(touch_kind=self.value()) if self.value() in Touch.Kind.values else queryset


@admin.register(Purchase)
class PurchaseAdmin(ReadOnlyAdmin):
    empty_hint = gettext_lazy("Orders of closed days, with the visit, the cart and the click that led to them.")
    list_display = ("order_number", "placed", "channel_name", "whose", "newness", "amount", "lead", "from_cart", "from_click")
    list_filter: tuple[Any, ...] = (("placed_at", BusinessDaysFilter), ByChannel, ByNewness, ByCohort, ByLastClick)
    list_select_related = ("order", "customer")
    ordering = ("-placed_at", "-order")
    sortable_by = ()
    readonly_fields = (*list_display, "unit_number", "since_last", "first_seen", "last_click")
    fields = readonly_fields

    placed = wording.moment_column("placed_at", gettext_lazy("placed at"))
    first_seen = wording.moment_column("first_seen_at", gettext_lazy("first seen at"))

    def title_of(self, row: Purchase) -> str:
        return row.order.number

    @display(description=gettext_lazy("order"))
    def order_number(self, row: Purchase) -> str:
        return row.order.number

    @display(description=gettext_lazy("channel"))
    def channel_name(self, row: Purchase) -> str:
        return known.channel(row.channel)

    @display(description=gettext_lazy("customer"))
    def whose(self, row: Purchase) -> str:
        return row.customer.external_id if row.customer else "-"

    @display(description=pgettext_lazy("purchase", "first or further"))
    def newness(self, row: Purchase) -> str:
        if row.is_first_order is None:
            return "-"
        return _("first order") if row.is_first_order else str(pgettext_lazy("purchase", "further order"))

    @display(description=pgettext_lazy("figure", "Sales"))
    def amount(self, row: Purchase) -> str:
        return money(row.sales)

    @display(description=gettext_lazy("units"))
    def unit_number(self, row: Purchase) -> str:
        return number(row.units)

    @display(description=pgettext_lazy("purchase", "since first seen"))
    def lead(self, row: Purchase) -> str:
        return short_span(row.placed_at - row.first_seen_at if row.first_seen_at else None)

    @display(description=pgettext_lazy("purchase", "since the cart"))
    def from_cart(self, row: Purchase) -> str:
        return short_span(row.placed_at - row.carted_at if row.carted_at else None)

    @display(description=pgettext_lazy("purchase", "since the last click"))
    def from_click(self, row: Purchase) -> str:
        return short_span(row.placed_at - row.touched_at if row.touched_at else None)

    @display(description=pgettext_lazy("purchase", "since the order before"))
    def since_last(self, row: Purchase) -> str:
        return short_span(None if row.gap_seconds is None else timedelta(seconds=row.gap_seconds))

    @display(description=pgettext_lazy("purchase", "last click"))
    def last_click(self, row: Purchase) -> str:
        return f"{row.get_touch_kind_display()} · {row.touch_code}" if row.touched_at else "-"


def _month(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
