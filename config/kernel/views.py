"""Addresses without a login: whether the process lives, whether the shop is ready, and what the caller's token may do."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.kernel import clock, health
from config.kernel.models import TokenScope


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """200 once every part works, else 503; it names the parts and tells nothing more about them."""
    parts = health.report(at=clock.now())
    ready = all(part.healthy for part in parts)
    return JsonResponse({part.code: "ok" if part.healthy else "failing" for part in parts}, status=200 if ready else 503)


class TokenSerializer(serializers.Serializer[Any]):
    account = serializers.CharField(help_text="The service account the token belongs to.")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=TokenScope.Scope.choices))
    expires_at = serializers.DateTimeField(allow_null=True)


class TokenView(APIView):
    read_scopes = frozenset(TokenScope.Scope)

    @extend_schema(operation_id="read_token", responses=TokenSerializer, tags=["token"])
    def get(self, request: Request) -> Response:
        """What the token of this very request may do."""
        token: Any = request.auth
        return Response({"account": request.user.get_username(), "scopes": sorted(token.granted), "expires_at": token.expiry})
