"""Catalog, stock and purchase orders over HTTP. The storefront reads SKUs; everything else is for integrations."""

from typing import cast

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.kernel import clock
from config.kernel.api import idempotent
from config.kernel.models import User
from config.kernel.pagination import ByCursor
from config.kernel.permissions import READERS, Scope
from config.kernel.schema import IDEMPOTENCY_KEY, refusal
from inventory.api import filters, inputs, outputs
from inventory.models import PurchaseOrder, StockLevel, StockMovement, Variant
from inventory.operations import receiving
from inventory.operations.costing import Extra
from inventory.operations.lotbook import LotUnits
from inventory.operations.receiving import Gap
from inventory.queries import catalog, purchases, suppliers


class NewestMovementFirst(ByCursor):
    ordering = ("-occurred_at", "-id")  # type: ignore[assignment]  # the parent's stub knows one field only


class NewestDraftFirst(ByCursor):
    ordering = ("-drafted_at", "-id")  # type: ignore[assignment]


@extend_schema_view(
    get=extend_schema(operation_id="list_variants", summary="SKUs with price and what is available", tags=["catalog"])
)
class VariantsView(generics.ListAPIView[Variant]):
    """What is sold, newest first. `available` is a promise for this moment only: placing an order decides."""

    read_scopes = READERS | {Scope.STOREFRONT}
    serializer_class = outputs.VariantOutput
    filterset_class = filters.VariantFilter
    queryset = catalog.listed()


@extend_schema_view(
    get=extend_schema(operation_id="read_variant", summary="One SKU with price and what is available", tags=["catalog"])
)
class VariantView(generics.RetrieveAPIView[Variant]):
    """One SKU by its code."""

    read_scopes = READERS | {Scope.STOREFRONT}
    serializer_class = outputs.VariantOutput
    queryset = catalog.listed()
    lookup_field = "sku"


@extend_schema_view(
    get=extend_schema(operation_id="list_stock_levels", summary="What lies where, and what of it is reserved", tags=["stock"])
)
class StockLevelsView(generics.ListAPIView[StockLevel]):
    """One row for each SKU and warehouse where anything ever lay."""

    serializer_class = outputs.StockLevelOutput
    filterset_class = filters.StockLevelFilter
    queryset = StockLevel.objects.select_related("variant", "warehouse")


@extend_schema_view(get=extend_schema(operation_id="list_stock_movements", summary="The stock ledger", tags=["stock"]))
class StockMovementsView(generics.ListAPIView[StockMovement]):
    """Every unit that came or left, newest first. Entries never change."""

    serializer_class = outputs.StockMovementOutput
    filterset_class = filters.StockMovementFilter
    pagination_class = NewestMovementFirst
    queryset = StockMovement.objects.select_related("variant", "warehouse")


@extend_schema_view(get=extend_schema(operation_id="list_purchase_orders", summary="Purchase orders", tags=["purchasing"]))
class PurchaseOrdersView(generics.ListAPIView[PurchaseOrder]):
    """Purchase orders without their lines, newest first."""

    serializer_class = outputs.PurchaseOrderOutput
    filterset_class = filters.PurchaseOrderFilter
    pagination_class = NewestDraftFirst
    queryset = PurchaseOrder.objects.select_related("supplier", "warehouse")


@extend_schema_view(get=extend_schema(operation_id="read_purchase_order", summary="One purchase order", tags=["purchasing"]))
class PurchaseOrderView(generics.RetrieveAPIView[PurchaseOrder]):
    """With lines, receipts and timeline."""

    serializer_class = outputs.PurchaseOrderDetailOutput
    queryset = purchases.in_full()
    lookup_field = "number"


class ReceiveView(APIView):
    @extend_schema(
        operation_id="receive_goods",
        summary="Receive a delivery",
        description=(
            "Puts the goods on the shelf. Damaged and wrong goods are noted and never reach it. The same delivery note with "
            "the same quantities changes nothing and gets the first receipt with status 200; with other ones it is refused."
        ),
        tags=["purchasing"],
        parameters=[IDEMPOTENCY_KEY],
        request=inputs.DeliveryInput,
        responses={
            200: outputs.GoodsReceiptOutput,
            201: outputs.GoodsReceiptOutput,
            409: refusal(
                "The state of the purchase order does not allow it, the delivery note was booked with other quantities, "
                "or the same request is still in work."
            ),
            422: refusal(
                "A SKU is not on this purchase order, more came than the supplier's tolerance allows, or the key was used for "
                "another request."
            ),
        },
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        delivery = inputs.DeliveryInput.read(request.data)

        def receive() -> Response:
            at = clock.now()
            receipt = receiving.receive_goods(
                number=number,
                delivery_note=delivery["delivery_note"],
                quantities={line["sku"]: line["quantity"] for line in delivery["lines"]},
                gaps=[Gap(**gap) for gap in delivery["discrepancies"]],
                extras=[Extra(**cost) for cost in delivery["costs"]],
                lots={line["sku"]: [LotUnits(**lot) for lot in line["lots"]] for line in delivery["lines"]},
                accepts_surplus=delivery["accepts_surplus"],
                actor=cast(User, request.user),
                at=at,
            )
            return Response(outputs.GoodsReceiptOutput(receipt).data, status=201 if receipt.received_at == at else 200)

        return idempotent(request, receive)


class SupplierScoresView(APIView):
    @extend_schema(
        operation_id="list_supplier_scores",
        summary="How suppliers delivered in the last twelve months",
        tags=["purchasing"],
        responses=outputs.SupplierScoreOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        """By supplier, those left out of whom nothing was bought."""
        found = suppliers.scores(at=clock.now())
        rows = [
            {
                "supplier": one.code,
                "purchase_orders": found[one.pk].orders,
                "score": found[one.pk].total,
                "on_time": found[one.pk].on_time,
                "in_full": found[one.pk].in_full,
                "quality": found[one.pk].quality,
                "price_change": found[one.pk].price_change,
                "lead_days": found[one.pk].lead_mean,
                "lead_days_spread": found[one.pk].lead_spread,
                "promised_days": found[one.pk].promised_mean,
            }
            for one in suppliers.listed()
            if one.pk in found
        ]
        told = outputs.SupplierScoreOutput(rows, many=True)  # type: ignore[arg-type]  # the stub knows of one row only
        return Response(told.data)
