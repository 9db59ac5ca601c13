"""Transfers over HTTP: what is under way between warehouses, and the scanners that ship and receive it."""

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
from config.kernel.schema import IDEMPOTENCY_KEY, refusal
from inventory.api import filters, inputs, outputs
from inventory.api.views import NewestDraftFirst
from inventory.models import TransferOrder
from inventory.operations import transfers
from inventory.queries import transfers as queries


@extend_schema_view(get=extend_schema(operation_id="list_transfers", summary="Transfer orders", tags=["stock"]))
class TransfersView(generics.ListAPIView[TransferOrder]):
    """Transfer orders without their lines, newest first."""

    serializer_class = outputs.TransferOrderOutput
    filterset_class = filters.TransferOrderFilter
    pagination_class = NewestDraftFirst
    queryset = TransferOrder.objects.select_related("from_warehouse", "to_warehouse")


@extend_schema_view(get=extend_schema(operation_id="read_transfer", summary="One transfer order", tags=["stock"]))
class TransferView(generics.RetrieveAPIView[TransferOrder]):
    """With lines, arrivals and timeline."""

    serializer_class = outputs.TransferOrderDetailOutput
    queryset = queries.in_full()
    lookup_field = "number"


class ShipView(APIView):
    @extend_schema(
        operation_id="ship_transfer",
        summary="Ship a transfer",
        description="Takes the units off the sender's shelf. What is not named does not go with this order.",
        tags=["stock"],
        parameters=[IDEMPOTENCY_KEY],
        request=inputs.ShippedInput,
        responses={
            200: outputs.TransferOrderDetailOutput,
            409: refusal("It has left already, fewer units are available, or the same request is still in work."),
            422: refusal("A SKU is not on this transfer order, or the key was used for another request."),
        },
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        left = inputs.ShippedInput.read(request.data)

        def ship() -> Response:
            transfers.ship(
                number=number,
                quantities={line["sku"]: line["quantity"] for line in left["lines"]},
                expected_on=left["expected_on"],
                actor=cast(User, request.user),
                at=clock.now(),
            )
            return Response(outputs.TransferOrderDetailOutput(queries.in_full().get(number=number)).data)

        return idempotent(request, ship)


class ReceiveTransferView(APIView):
    @extend_schema(
        operation_id="receive_transfer",
        summary="Receive goods of a transfer",
        description="Puts what arrived on the receiver's shelf, all or a part of what is in transit.",
        tags=["stock"],
        parameters=[IDEMPOTENCY_KEY],
        request=inputs.MovedUnitsInput,
        responses={
            201: outputs.TransferReceiptOutput,
            409: refusal("Nothing of it is in transit, or the same request is still in work."),
            422: refusal("A SKU is not on this transfer order, more came than is in transit, or the key was used before."),
        },
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        came = inputs.MovedUnitsInput.read(request.data)

        def receive() -> Response:
            receipt = transfers.receive(
                number=number,
                quantities={line["sku"]: line["quantity"] for line in came["lines"]},
                actor=cast(User, request.user),
                at=clock.now(),
            )
            return Response(outputs.TransferReceiptOutput(receipt).data, status=201)

        return idempotent(request, receive)
