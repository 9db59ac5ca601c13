"""The endpoints of customers and offers. Each reads its input, makes one call and answers; who may call is said beside it."""

from typing import cast

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.api import inputs, outputs
from campaigns.api.filters import CustomerFilter, PromotionFilter
from campaigns.models import Consent, Customer, Promotion
from campaigns.operations import customers
from campaigns.queries import customers as queries
from campaigns.queries import storefront
from config.kernel import clock
from config.kernel.api import idempotent
from config.kernel.models import User
from config.kernel.permissions import READERS, WRITERS, Scope
from config.kernel.schema import IDEMPOTENCY_KEY, refusal

REFUSED = {422: refusal("A value does not fit, or the key was used for another request; `details` says which.")}
BUSY = {409: refusal("The same request is still being worked on; come back after Retry-After seconds.")}


class PromotionsView(generics.ListAPIView[Promotion]):
    read_scopes = READERS | {Scope.STOREFRONT}
    serializer_class = outputs.PromotionOutput
    filterset_class = PromotionFilter
    queryset = Promotion.objects.none()

    def get_queryset(self) -> QuerySet[Promotion]:
        return storefront.in_force(at=clock.now())

    @extend_schema(
        operation_id="list_promotions",
        summary="What is on offer at this moment",
        description="In force by the clock, used-up ones left out. Those that need a coupon are marked; codes are not told.",
    )
    def get(self, request: Request) -> Response:
        return self.list(request)


class CustomersView(generics.ListAPIView[Customer]):
    serializer_class = outputs.CustomerOutput
    filterset_class = CustomerFilter
    queryset = Customer.objects.all()

    @extend_schema(operation_id="list_customers", summary="Customers, the latest first")
    def get(self, request: Request) -> Response:
        return self.list(request)


class CustomerView(APIView):
    read_scopes = READERS | {Scope.STOREFRONT}
    write_scopes = WRITERS | {Scope.STOREFRONT}

    @extend_schema(operation_id="read_customer", summary="One customer", responses={200: outputs.CustomerOutput})
    def get(self, request: Request, external_id: str) -> Response:
        return Response(outputs.CustomerOutput(queries.by_external_id(external_id)).data)

    @extend_schema(
        operation_id="write_customer",
        summary="Make a customer known, or correct one",
        description="The same request twice changes nothing more, so it needs no key.",
        request=inputs.CustomerInput,
        responses={200: outputs.CustomerOutput} | REFUSED,
    )
    def put(self, request: Request, external_id: str) -> Response:
        given = inputs.CustomerInput.read(request.data)
        customer = customers.upsert(external_id=external_id, at=clock.now(), **given)
        return Response(outputs.CustomerOutput(customer).data)


class ConsentsView(APIView):
    read_scopes = READERS | {Scope.STOREFRONT}
    write_scopes = WRITERS | {Scope.STOREFRONT}

    @extend_schema(
        operation_id="read_consents",
        summary="What a customer agrees to now",
        description="The latest statement about each channel and purpose. What was never stated is not agreed to.",
        responses={200: outputs.ConsentOutput(many=True)},
    )
    def get(self, request: Request, external_id: str) -> Response:
        found = queries.consents(queries.by_external_id(external_id).pk)
        return Response(outputs.ConsentOutput(found, many=True).data)

    @extend_schema(
        operation_id="state_consent",
        summary="Write down what a customer said",
        description="Kept for good. A change of mind is a statement of its own.",
        parameters=[IDEMPOTENCY_KEY],
        request=inputs.ConsentInput,
        responses={201: outputs.ConsentOutput} | REFUSED | BUSY,
    )
    def post(self, request: Request, external_id: str) -> HttpResponse:
        given = inputs.ConsentInput.read(request.data)

        def call() -> Response:
            consent: Consent = customers.state_consent(
                external_id=external_id, actor=cast(User, request.user), at=clock.now(), **given
            )
            return Response(outputs.ConsentOutput(consent).data, status=201)

        return idempotent(request, call)
