"""The endpoints of orders. Each reads its input, makes one call and answers; who may call is said beside it."""

from datetime import datetime
from typing import Any, ClassVar, cast

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.kernel import clock
from config.kernel.api import idempotent, refused
from config.kernel.models import User
from config.kernel.pagination import ByCursor
from config.kernel.permissions import READERS, WRITERS, Scope
from config.kernel.schema import IDEMPOTENCY_KEY, refusal
from config.kernel.serializing import StrictInput, as_json
from orders.api import inputs, outputs
from orders.api.filters import OrderFilter
from orders.models import Order
from orders.operations import canceling, fulfilling, noting, paying, placing, recording, returning, shortage, unmatched
from orders.operations.unmatched import Unmatched
from orders.queries import documents, quoting

# A header, since addresses end in logs and a phone number should not.
GUEST_CONTACT = "Guest-Contact"
SELLERS = frozenset({Scope.STOREFRONT, Scope.INTEGRATION})
REFUSALS = {
    409: refusal("The state of the shop does not allow it; `code` and `details` say what."),
    422: refusal("The request contradicts itself, or its key was used for another one."),
}
LINES_REFUSED = {422: refusal("Some SKUs cannot be ordered; `details.lines` names each.")}


def _actor(request: Request) -> User:
    return cast(User, request.user)


def _reaches_all(request: Request, scopes: frozenset[Scope]) -> bool:
    """Whether the token reaches beyond one customer's own orders: by `READERS` to look at them, by `WRITERS` to change them."""
    token: Any = request.auth
    return not scopes.isdisjoint(token.granted)


class QuoteView(APIView):
    write_scopes = SELLERS | READERS

    @extend_schema(
        operation_id="quote",
        summary="What a basket costs now",
        description="Writes nothing. Codes that give nothing are named with their reason.",
        request=inputs.QuoteInput,
        responses={200: outputs.QuoteOutput} | LINES_REFUSED,
    )
    def post(self, request: Request) -> Response:
        given = inputs.QuoteInput.read(request.data)
        buyer = given["customer"]
        quote = quoting.quote(
            lines=given["lines"],
            codes=given["codes"],
            customer_external_id=buyer.external_id if buyer else None,
            at=clock.now(),
        )
        return Response(quoting.told(quote))


class ByTime(ByCursor):
    ordering = ("-placed_at", "-id")  # type: ignore[assignment]  # the stub of the parent knows one field only


class OrdersView(generics.ListAPIView[Order]):
    read_scopes = READERS
    write_scopes = SELLERS
    serializer_class = outputs.OrderOutput
    pagination_class = ByTime
    filterset_class = OrderFilter
    queryset = documents.orders()

    @extend_schema(operation_id="list_orders", summary="Orders, the latest first")
    def get(self, request: Request) -> Response:
        return self.list(request)

    @extend_schema(
        operation_id="place_order",
        summary="Place an order",
        description="Prices, counts coupons and holds the stock in one transaction; refused as a whole or done as a whole.",
        parameters=[IDEMPOTENCY_KEY],
        request=inputs.OrderInput,
        responses={201: outputs.PlacedOutput} | REFUSALS,
    )
    def post(self, request: Request) -> HttpResponse:
        given = inputs.OrderInput.read(request.data)

        def call() -> Response:
            order = placing.place_order(ends_with_refusal=True, actor=_actor(request), at=clock.now(), **given)
            return Response(as_json(outputs.PlacedOutput, order), status=201)

        return idempotent(request, call)


class OrderView(APIView):
    read_scopes = READERS | {Scope.STOREFRONT}

    @extend_schema(
        operation_id="read_order",
        summary="One order with everything that hangs on it",
        description=(
            "A storefront reads the orders of a customer whom it names, and those of guests by the phone or e-mail that was "
            "given with the order. What it may not read is not found, as is what does not exist."
        ),
        parameters=[
            OpenApiParameter("customer", OpenApiTypes.STR, description="The customer's external id; for a storefront."),
            OpenApiParameter(
                GUEST_CONTACT,
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="For a storefront, where a guest ordered, in place of `customer`: `ship_to.phone` or `.email`.",
            ),
        ],
        responses={200: outputs.OrderDetailOutput},
    )
    def get(self, request: Request, number: str) -> Response:
        by_staff = _reaches_all(request, READERS)
        customer = request.query_params.get("customer")
        contact = "" if by_staff else request.headers.get(GUEST_CONTACT, "").strip()
        if customer is not None and (not 0 < len(customer) <= 64 or "\0" in customer):
            raise serializers.ValidationError({"customer": [_("Name the customer of the order.")]})
        if customer is not None and contact:
            raise serializers.ValidationError({GUEST_CONTACT: [_("Name the customer or the guest's contact, not both.")]})
        if customer is None and not contact and not by_staff:
            told = _("Name the customer of the order; for a guest's, send its phone or e-mail in the header %(header)s.")
            raise serializers.ValidationError({"customer": [told % {"header": GUEST_CONTACT}]})
        if contact:
            order = documents.guests_order_with_papers(number, contact)
        else:
            order = documents.order_with_papers(number, customer)
        if order is None:
            raise recording.unknown(number)
        return Response(outputs.OrderDetailOutput(order, context={"by_staff": by_staff}).data)


class Verb(APIView):
    """A POST that changes an order, once for each key."""

    write_scopes = WRITERS
    input: ClassVar[type[StrictInput]]

    def post(self, request: Request, **named: str) -> HttpResponse:
        given = self.input.read(request.data)
        return idempotent(request, lambda: self.do(request, given, **named))

    def do(self, request: Request, given: dict[str, Any], *, number: str) -> Response:
        raise NotImplementedError


def described(
    name: str, summary: str, answer: type[serializers.BaseSerializer[Any]], *, many: bool = False, status: int = 200,
    repeats: bool = False,
) -> Any:  # fmt: skip
    """Tells the schema what a verb takes and answers: 200 besides, where the same report may come again (`repeats`)."""
    answers = dict.fromkeys({status, 200} if repeats else {status}, answer(many=True) if many else answer)

    def describe(view: type[Verb]) -> type[Verb]:
        said = extend_schema(
            operation_id=name,
            summary=summary,
            description=view.__doc__,
            parameters=[IDEMPOTENCY_KEY],
            request=view.input,
            responses=answers | REFUSALS,
        )
        return extend_schema_view(post=said)(view)

    return describe


def _status(recorded_at: datetime, at: datetime) -> int:
    """201 for what this request wrote down, 200 for what was there before."""
    return 201 if recorded_at == at else 200


@described("pay_order", "Record a payment", outputs.PaymentOutput, status=201, repeats=True)
class PayView(Verb):
    """The whole amount that is due. The same provider and reference again is the same payment, answered with 200.

    A storefront names the customer of the order, and none for a guest's.
    Money that does not fit (`amount_not_due`) is refused and yet kept: staff see it and settle it.
    """

    write_scopes = SELLERS
    input = inputs.PaymentInput

    def do(self, request: Request, given: dict[str, Any], *, number: str) -> Response:
        at = clock.now()
        told = given | {"paid_at": given["paid_at"] or at}
        named = told.pop("customer")
        taken = unmatched.take(
            number=number,
            customer_external_id=None if _reaches_all(request, WRITERS) else named,
            actor=_actor(request),
            at=at,
            **told,
        )
        if isinstance(taken, Unmatched):
            # Answered, not raised: what was kept stays.
            return refused(taken.refusal)
        return Response(outputs.PaymentOutput(taken).data, status=_status(taken.recorded_at, at))


@described("cancel_order", "Cancel an order", outputs.OrderOutput)
class CancelView(Verb):
    """Before anything left. A storefront may do so for the customer it names, until the order is paid."""

    write_scopes = SELLERS
    input = inputs.CancelInput

    def do(self, request: Request, given: dict[str, Any], *, number: str) -> Response:
        told = {"number": number, "reason": given["reason"], "actor": _actor(request), "at": clock.now()}
        if _reaches_all(request, WRITERS):
            order = canceling.cancel(**told)
        else:
            order = canceling.withdraw(customer_external_id=given["customer"], **told)
        return Response(outputs.OrderOutput(order).data)


@described("pick_order", "Mark an order as picked", outputs.OrderOutput)
class PickView(Verb):
    """The goods lie in the parcel."""

    input = inputs.EmptyInput

    def do(self, request: Request, given: dict[str, Any], *, number: str) -> Response:
        order = fulfilling.pick(number=number, actor=_actor(request), at=clock.now())
        return Response(outputs.OrderOutput(order).data)


@described("ship_order", "Ship an order, whole or in part", outputs.FulfillmentOutput, many=True, status=201)
class ShipView(Verb):
    """One parcel for each warehouse that holds some of it."""

    input = inputs.ShipInput

    def do(self, request: Request, given: dict[str, Any], *, number: str) -> Response:
        parcels = fulfilling.ship(
            number=number,
            positions=None if given["items"] is None else inputs.units(given["items"], "items"),
            warehouse_id=given["warehouse"] and given["warehouse"].pk,
            carrier=given["carrier"],
            tracking_number=given["tracking_number"],
            actor=_actor(request),
            at=clock.now(),
        )
        return Response(outputs.FulfillmentOutput(parcels, many=True).data, status=201)


@described("accept_return", "Accept a return", outputs.ReturnOutput, status=201)
class ReturnView(Verb):
    """The customer may send these units back."""

    input = inputs.ReturnInput

    def do(self, request: Request, given: dict[str, Any], *, number: str) -> Response:
        accepted = returning.accept(
            number=number,
            items=inputs.units(given["items"], "items"),
            warehouse_id=given["warehouse"].pk,
            reason=given["reason"],
            actor=_actor(request),
            at=clock.now(),
        )
        return Response(outputs.ReturnOutput(accepted).data, status=201)


@described("receive_return", "Receive the goods of a return", outputs.ReturnOutput)
class ReceiveView(Verb):
    """They are here: what can be sold again enters the stock, and their price is due to go back."""

    input = inputs.ReceiveInput

    def do(self, request: Request, given: dict[str, Any], *, number: str) -> Response:
        arrived = returning.receive(
            number=number, restocked=inputs.units(given["restocked"], "restocked"), actor=_actor(request), at=clock.now()
        )
        return Response(outputs.ReturnOutput(arrived).data)


@described("refuse_return", "Refuse a return", outputs.ReturnOutput)
class RefuseView(Verb):
    """The goods will not be taken back."""

    input = inputs.ReasonInput

    def do(self, request: Request, given: dict[str, Any], *, number: str) -> Response:
        refused = returning.refuse(number=number, actor=_actor(request), at=clock.now(), **given)
        return Response(outputs.ReturnOutput(refused).data)


@described("refund_order", "Record a refund", outputs.RefundOutput, status=201, repeats=True)
class RefundView(Verb):
    """Money of the order's payment that went back through the provider that took it, at most what was paid.

    The same provider and reference again is the same refund, answered with 200. While an unmatched payment of the same amount
    is open, `payment` must say that the order's own went back (`unmatched_open`); the refund of the other goes to `pay-back`.
    """

    input = inputs.RefundInput

    def do(self, request: Request, given: dict[str, Any], *, number: str) -> Response:
        at = clock.now()
        refund = paying.record_refund(number=number, actor=_actor(request), at=at, **given)
        return Response(outputs.RefundOutput(refund).data, status=_status(refund.refunded_at, at))


@described("pay_back", "Record that an unmatched payment was paid back", outputs.PaidBackOutput, status=201, repeats=True)
class PayBackView(Verb):
    """All of it, through the provider that took it. Nothing of it counts as a refund of the order.

    The same reference again is the same settlement, answered with 200.
    """

    input = inputs.PayBackInput

    def do(self, request: Request, given: dict[str, Any], *, number: str) -> Response:
        at = clock.now()
        settled = unmatched.pay_back_named(number=number, actor=_actor(request), at=at, **given)
        return Response(outputs.PaidBackOutput(settled).data, status=_status(settled.settled_at, at))


@described("note_order", "Write a note on an order", outputs.EventOutput, status=201)
class NoteView(Verb):
    """For colleagues; customers do not see it."""

    input = inputs.NoteInput

    def do(self, request: Request, given: dict[str, Any], *, number: str) -> Response:
        event = noting.note(number=number, actor=_actor(request), at=clock.now(), **given)
        return Response(outputs.EventOutput(event).data, status=201)


@described("restock_order", "Hold the missing units of a short order again", outputs.OrderOutput)
class RestockView(Verb):
    """All of them, or refused while the stock is short."""

    input = inputs.EmptyInput

    def do(self, request: Request, given: dict[str, Any], *, number: str) -> Response:
        order = shortage.restock(number=number, actor=_actor(request), at=clock.now())
        return Response(outputs.OrderOutput(order).data)


@described("cancel_missing", "Cancel the missing units of a short order", outputs.OrderOutput)
class CancelMissingView(Verb):
    """The rest goes; their price is due to go back."""

    input = inputs.ReasonInput

    def do(self, request: Request, given: dict[str, Any], *, number: str) -> Response:
        order = shortage.cancel_missing(number=number, actor=_actor(request), at=clock.now(), **given)
        return Response(outputs.OrderOutput(order).data)
