"""Filters of the order list, each served by an index."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter

from inventory.models import Warehouse
from orders.admin import known
from orders.models import Order
from orders.queries import worklists


class ByChannel(DropdownFilter):  # type: ignore[misc]
    title = gettext_lazy("channel")
    parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(channel, known.channel(channel)) for channel in worklists.channels()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        return queryset.filter(channel=self.value()) if self.value() else queryset


class ByWarehouse(DropdownFilter):  # type: ignore[misc]
    """Where units are still held for an order; what has left stands in the list of shipments."""

    title = gettext_lazy("warehouse that holds units")
    parameter_name = "warehouse"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code, name) for code, name in Warehouse.objects.values_list("code", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        return worklists.held_in(queryset, warehouse=str(self.value())) if self.value() else queryset
