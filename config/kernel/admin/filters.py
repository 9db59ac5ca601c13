"""Filters that several apps' lists share."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.utils import parse_date_str

from config.kernel import shop
from config.kernel.business_time import Period, day_period


class BusinessDaysFilter(RangeDateFilter):  # type: ignore[misc]
    """From one business day of the shop to another, both included. A day that is none, or at time's end, narrows nothing."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = (self._day(end) for end in ("from", "to"))
        if first:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": first.starts_at})
        if last:
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": last.ends_at})
        return queryset

    def _day(self, end: str) -> Period | None:
        day = parse_date_str(self.used_parameters.get(f"{self.parameter_name}_{end}"))
        try:
            return day_period(day, shop.zone()) if day else None
        except OverflowError:
            return None
