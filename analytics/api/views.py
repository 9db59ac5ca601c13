"""The endpoints of shoppers' events. Each reads its input, makes one call and answers."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics import transport
from analytics.api import admission, shapes
from analytics.behaviour import reading
from analytics.behaviour.wire import Received
from analytics.models import EventSource
from analytics.operations import event_sources
from analytics.queries import event_kinds
from config.kernel import clock
from config.kernel.parsing import BoundedJSON
from config.kernel.permissions import Scope
from config.kernel.schema import refusal


class PlainJSON(BoundedJSON):
    """What a page sends while it closes is called plain text, so that the browser asks nobody first."""

    media_type = "text/plain"


class EventsView(APIView):
    permission_classes = [admission.TellsEvents]
    throttle_classes = [admission.EventsThrottle]
    parser_classes: list[type[BaseParser]] = [BoundedJSON, PlainJSON]

    @extend_schema(
        operation_id="tell_events",
        summary="Tell what shoppers do",
        description=(
            "Up to 500 events. The answer comes when all of them are stored for good: the same event (its id and its own time) "
            "sent again is stored once. An event that cannot be read costs the others nothing; it is kept apart and named."
        ),
        parameters=[
            OpenApiParameter("key", OpenApiTypes.STR, description="A browser: the public key of its source."),
            OpenApiParameter("source", OpenApiTypes.STR, description="A server, which shows a token: the code of its source."),
        ],
        request=shapes.BatchInput,
        responses={202: shapes.TakenOutput, 413: refusal("The batch is too large."), 401: refusal("No such source.")},
    )
    def post(self, request: Request) -> Response:
        source: EventSource = request.event_source  # type: ignore[attr-defined]
        at = clock.now()
        admission.count_events(request, source, reading.number_of_events(request.data))
        batch = reading.read(_who_is_proved(request.data, source), kinds=event_kinds.known(), received_at=at)
        admission.count_quarantined(source, len(batch.refused))
        received = Received(batch, source.pk, int(admission.traffic(request, source)), at)
        return Response(shapes.taken(transport.hand_over(received), batch.refused), status=status.HTTP_202_ACCEPTED)

    def options(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]  # no JSON
        """What a browser asks before it sends JSON from another address."""
        answer = HttpResponse(status=status.HTTP_204_NO_CONTENT)
        answer["Access-Control-Allow-Methods"] = "POST"
        answer["Access-Control-Allow-Headers"] = "Content-Type"
        answer["Access-Control-Max-Age"] = "86400"
        return answer

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Any page may read the answer, refusals too. Whose events are taken is decided before, and no cookie is looked at."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Access-Control-Allow-Origin"] = "*"
        answer["Access-Control-Expose-Headers"] = "Retry-After"
        return answer


def _who_is_proved(body: Any, source: EventSource) -> Any:
    """A browser speaks for a customer only with a proof from the shop's own server; a wrong one makes it an unnamed visitor."""
    if source.nature == EventSource.Nature.SERVER or not isinstance(body, dict) or not isinstance(body.get("customer"), str):
        return body
    return body | {"customer": event_sources.proved(body["customer"])}


class ProofView(APIView):
    read_scopes = frozenset({Scope.STOREFRONT, Scope.INTEGRATION})

    @extend_schema(
        operation_id="prove_shopper",
        summary="What a browser shows to speak for a customer",
        description="The shop front's server asks for whoever has logged in, and hands it to the page. It holds for 30 days.",
        parameters=[OpenApiParameter("customer", OpenApiTypes.STR, required=True, description="The customer's external id.")],
        responses={200: shapes.ProofOutput},
    )
    def get(self, request: Request) -> Response:
        customer = request.query_params.get("customer", "")
        if not 0 < len(customer) <= 64 or not customer.isprintable():
            raise serializers.ValidationError({"customer": [_("Name the customer.")]})
        return Response({"proof": event_sources.proof(customer)})


class KindsView(APIView):
    read_scopes = frozenset({Scope.INTEGRATION, Scope.READ_ONLY, Scope.STOREFRONT})

    @extend_schema(
        operation_id="list_event_kinds",
        summary="The kinds of events that are taken in",
        description="Each with its version and a JSON Schema of its properties.",
        responses={200: shapes.KindOutput(many=True)},
    )
    def get(self, request: Request) -> Response:
        return Response([{"kind": one.name, "version": one.version, "schema": one.schema()} for one in event_kinds.all_kinds()])
