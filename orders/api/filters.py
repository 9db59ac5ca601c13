"""How the list of orders may be narrowed; every filter is served by an index together with the time."""

import django_filters

from orders.models import Order


class OrderFilter(django_filters.FilterSet):  # type: ignore[misc]  # it ships no types
    state = django_filters.MultipleChoiceFilter(choices=Order.State.choices)
    channel = django_filters.CharFilter(max_length=20)
    customer = django_filters.CharFilter("customer__external_id", max_length=64, label="The customer's external id.")
    external_number = django_filters.CharFilter(max_length=64)
    placed_from = django_filters.IsoDateTimeFilter("placed_at", "gte", label="The first moment.")
    placed_before = django_filters.IsoDateTimeFilter("placed_at", "lt", label="The first moment that is too late.")

    class Meta:
        model = Order
        fields: list[str] = []
