"""The shop's addresses and, beside them, endpoints that answer as they are told."""

import time
from typing import Any

from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config import urls
from config.kernel import api
from config.kernel.errors import Conflict, DomainError, InProgress, Invalid, Missing
from config.kernel.models import OutboxEvent
from config.kernel.permissions import Scope

REFUSALS: dict[str, type[DomainError]] = {
    "conflict": Conflict,
    "in-progress": InProgress,
    "invalid": Invalid,
    "missing": Missing,
}


class EventSerializer(serializers.ModelSerializer[OutboxEvent]):
    class Meta:
        model = OutboxEvent
        fields = ["id", "topic"]


class InputSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=20)
    count = serializers.IntegerField(min_value=1)


class Events(generics.ListAPIView[OutboxEvent]):
    queryset = OutboxEvent.objects.all()
    serializer_class = EventSerializer


class Plain(APIView):
    """Scopes as they are unless a view says otherwise."""

    def get(self, request: Request) -> Response:
        return Response({"read": True})

    def post(self, request: Request) -> Response:
        given = InputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(given.validated_data, status=201)


class ForStorefront(APIView):
    read_scopes = {Scope.STOREFRONT}
    write_scopes = {Scope.STOREFRONT, Scope.INTEGRATION}

    def get(self, request: Request) -> Response:
        return Response({"read": True})

    def post(self, request: Request) -> Response:
        return Response({"written": True}, status=201)


class Refuse(APIView):
    def get(self, request: Request, kind: str) -> Response:
        if kind == "crash":
            raise RuntimeError("the-password-is-hunter2")
        raise REFUSALS[kind]("The shop says no.", details={"line": 3})


class Takes(APIView):
    """Needs the group of this name for itself."""

    def post(self, request: Request, name: str) -> Response:
        with transaction.atomic():
            Group.objects.select_for_update().get(name=name)
        return Response({"taken": True})


def hang_up() -> None:
    """The database ends the conversation in the middle of the work."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


class HangsUp(APIView):
    def get(self, request: Request) -> Response:
        hang_up()
        return Response({})


def page_that_hangs_up(request: HttpRequest) -> HttpResponse:
    hang_up()
    return HttpResponse()


class Dawdles(APIView):
    """A statement that takes longer than it may."""

    def get(self, request: Request) -> Response:
        dawdle()
        return Response({})


def dawdle() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '50ms'")
        cursor.execute("SELECT pg_sleep(5)")


def page_that_dawdles(request: HttpRequest) -> HttpResponse:
    dawdle()
    return HttpResponse()


class Lingers(APIView):
    """Leaves its transaction open for longer than it may."""

    def get(self, request: Request) -> Response:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
            time.sleep(0.3)
            cursor.execute("SELECT 1")
        return Response({})


class Once(APIView):
    """Makes a group, once for each key."""

    def post(self, request: Request, refuse: str = "") -> HttpResponse:
        def call() -> Response:
            group = Group.objects.create(name=request.data["name"])
            if refuse and not Group.objects.filter(name="shop is open").exists():
                raise Conflict("Not now.")
            return Response({"id": group.pk, "name": group.name}, status=201)

        return api.idempotent(request, call)


urlpatterns = [
    path("api/v1/probe/events/", Events.as_view()),
    path("api/v1/probe/plain/", Plain.as_view()),
    path("api/v1/probe/storefront/", ForStorefront.as_view()),
    path("api/v1/probe/refuse/<str:kind>/", Refuse.as_view()),
    path("api/v1/probe/takes/<str:name>/", Takes.as_view()),
    path("api/v1/probe/hangs-up/", HangsUp.as_view()),
    path("probe/hangs-up/", page_that_hangs_up),
    path("api/v1/probe/dawdles/", Dawdles.as_view()),
    path("probe/dawdles/", page_that_dawdles),
    path("api/v1/probe/lingers/", Lingers.as_view()),
    path("api/v1/probe/once/", Once.as_view()),
    path("api/v1/probe/once/<str:refuse>/", Once.as_view()),
    *urls.urlpatterns,
]
handler400 = urls.handler400
handler500 = urls.handler500
