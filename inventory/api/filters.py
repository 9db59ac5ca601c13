"""How the API's lists are narrowed: by public keys, never by row ids."""

import django_filters
from django.db.models import F, QuerySet

from inventory.models import PurchaseOrder, StockLevel, StockMovement, TransferOrder, Variant


class VariantFilter(django_filters.FilterSet):  # type: ignore[misc]  # it ships no types
    sku = django_filters.CharFilter(max_length=64)
    barcode = django_filters.CharFilter(max_length=64)
    category = django_filters.CharFilter(field_name="product__category__code", max_length=60)
    on_sale = django_filters.BooleanFilter(method="by_sale")

    class Meta:
        model = Variant
        fields: list[str] = []

    def by_sale(self, rows: QuerySet[Variant], name: str, value: bool) -> QuerySet[Variant]:
        on_sale = {"is_active": True, "product__is_active": True}
        return rows.filter(**on_sale) if value else rows.exclude(**on_sale)


class StockLevelFilter(django_filters.FilterSet):  # type: ignore[misc]  # it ships no types
    sku = django_filters.CharFilter(field_name="variant__sku", max_length=64)
    warehouse = django_filters.CharFilter(field_name="warehouse__code", max_length=20)
    out_of_stock = django_filters.BooleanFilter(method="by_availability")

    class Meta:
        model = StockLevel
        fields: list[str] = []

    def by_availability(self, rows: QuerySet[StockLevel], name: str, value: bool) -> QuerySet[StockLevel]:
        return rows.filter(on_hand=F("reserved")) if value else rows.filter(on_hand__gt=F("reserved"))


class StockMovementFilter(django_filters.FilterSet):  # type: ignore[misc]  # it ships no types
    sku = django_filters.CharFilter(method="by_sku", max_length=64)
    warehouse = django_filters.CharFilter(field_name="warehouse__code", max_length=20)
    kind = django_filters.ChoiceFilter(choices=StockMovement.Kind.choices)
    document_number = django_filters.CharFilter(max_length=40)
    occurred_from = django_filters.IsoDateTimeFilter(field_name="occurred_at", lookup_expr="gte")
    occurred_before = django_filters.IsoDateTimeFilter(field_name="occurred_at", lookup_expr="lt")

    class Meta:
        model = StockMovement
        fields: list[str] = []

    def by_sku(self, rows: QuerySet[StockMovement], name: str, value: str) -> QuerySet[StockMovement]:
        # The key is looked up first: joined by its SKU, a rarely moved one would be sought through the whole ledger.
        return rows.filter(variant_id__in=list(Variant.objects.filter(sku=value).values_list("pk", flat=True)))


class PurchaseOrderFilter(django_filters.FilterSet):  # type: ignore[misc]  # it ships no types
    state = django_filters.ChoiceFilter(choices=PurchaseOrder.State.choices)
    supplier = django_filters.CharFilter(field_name="supplier__code", max_length=20)
    warehouse = django_filters.CharFilter(field_name="warehouse__code", max_length=20)

    class Meta:
        model = PurchaseOrder
        fields: list[str] = []


class TransferOrderFilter(django_filters.FilterSet):  # type: ignore[misc]  # it ships no types
    state = django_filters.ChoiceFilter(choices=TransferOrder.State.choices)
    from_warehouse = django_filters.CharFilter(field_name="from_warehouse__code", max_length=20)
    to_warehouse = django_filters.CharFilter(field_name="to_warehouse__code", max_length=20)

    class Meta:
        model = TransferOrder
        fields: list[str] = []
