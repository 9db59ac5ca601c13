"""By what lists can be narrowed. Every filter has its index."""

import django_filters

from campaigns.models import Customer, Promotion


class PromotionFilter(django_filters.FilterSet):  # type: ignore[misc]  # it ships no types
    class Meta:
        model = Promotion
        fields = ("needs_coupon", "benefit")


class CustomerFilter(django_filters.FilterSet):  # type: ignore[misc]  # it ships no types
    phone = django_filters.CharFilter(label="exactly so")
    email = django_filters.CharFilter(method="by_email", label="in either case")
    created_at = django_filters.IsoDateTimeFromToRangeFilter()

    class Meta:
        model = Customer
        fields = ("phone", "email", "created_at")

    def by_email(self, queryset: object, name: str, value: str) -> object:
        return queryset.filter(email=value.lower())  # type: ignore[attr-defined]
