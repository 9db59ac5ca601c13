"""Filters that several apps' lists share."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.utils import parse_date_str

from config.kernel import shop
from config.kernel.business_time import day_period


class BusinessDaysFilter(RangeDateFilter):  # type: ignore[misc]
    """From one business day of the shop to another, both included. A day that is none narrows nothing."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        zone = shop.zone()
        first, last = (parse_date_str(self.used_parameters.get(f"{self.parameter_name}_{end}")) for end in ("from", "to"))
        if first:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": day_period(first, zone).starts_at})
        if last:
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": day_period(last, zone).ends_at})
        return queryset
