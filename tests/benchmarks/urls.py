"""The shop's addresses, and the views that its endpoints are measured against."""

from typing import Any

from django.db import connection
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.api import admission, shapes
from analytics.api.views import EventsView
from analytics.behaviour import reading
from analytics.models import EventSource
from analytics.operations.ingest import Taken
from analytics.queries import event_kinds
from analytics.transport import HandedOver
from config import urls
from config.kernel import clock


class LineSerializer(serializers.Serializer[Any]):
    sku = serializers.IntegerField(min_value=1)
    quantity = serializers.IntegerField(min_value=1)


class OrderSerializer(serializers.Serializer[Any]):
    lines = LineSerializer(many=True)


class Bare(APIView):
    """Reads, validates, makes one database call that writes a whole order, answers: what DRF costs without a shop."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    def post(self, request: Request) -> Response:
        given = OrderSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        skus = sorted(line["sku"] for line in given.validated_data["lines"])
        with connection.cursor() as cursor:
            cursor.execute("SELECT bench.place(%s, %s, %s)", skus)
            number = cursor.fetchone()
        return Response({"number": number and number[0]}, status=201)


class ThrownAway(EventsView):
    """Does all that the view of events does, but stores nothing."""

    def post(self, request: Request) -> Response:
        source: EventSource = request.event_source  # type: ignore[attr-defined]
        admission.count_events(request, source, reading.number_of_events(request.data))
        batch = reading.read(request.data, kinds=event_kinds.known(), received_at=clock.now())
        admission.count_quarantined(source, len(batch.refused))
        admission.traffic(request, source)
        return Response(shapes.taken(HandedOver(Taken(len(batch.rows), 0, len(batch.refused))), batch.refused), status=202)


urlpatterns = [
    path("api/v1/bare/", Bare.as_view()),
    path("api/v1/thrown-away/", ThrownAway.as_view()),
    *urls.urlpatterns,
]
handler400 = urls.handler400
handler500 = urls.handler500
