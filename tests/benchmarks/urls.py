"""The shop's addresses and the bare view that the order endpoint is measured against."""

from typing import Any

from django.db import connection
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config import urls


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


urlpatterns = [path("api/v1/bare/", Bare.as_view()), *urls.urlpatterns]
handler400 = urls.handler400
handler500 = urls.handler500
