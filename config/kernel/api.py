"""What every endpoint shares: one shape of errors, and the idempotency key.

An error is `{code, message, details}`: `code` is stable, `message` is for people and translated, `details` names what is meant,
for input errors one list of `{code, message}` for each field.
"""

import json
import sys
from collections.abc import Callable
from typing import Any, cast

import structlog
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.translation import gettext as _
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, status
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from config.kernel import clock, idempotency, waits
from config.kernel.errors import DomainError, Invalid
from config.kernel.models import User

IDEMPOTENCY_HEADER = "Idempotency-Key"


class KeyRefused(Invalid):
    code = "idempotency_key_invalid"
    status = 400


def error_body(code: str, message: Any, details: Any = None) -> dict[str, Any]:
    return {"code": code, "message": str(message), "details": details or {}}


def refused(refusal: DomainError) -> Response:
    headers = {"Retry-After": str(refusal.retry_after)} if refusal.retry_after else None
    return Response(error_body(refusal.code, refusal.message, refusal.details), status=refusal.status, headers=headers)


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler; None hands the error on to Django's 500."""
    refusal = error if isinstance(error, DomainError) else waits.refusal(error)
    if refusal is not None:
        return refused(refusal)
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        response.data = error_body("invalid_input", _("Some fields are not right."), _by_field(error.get_full_details()))
    elif isinstance(error, Http404):
        response.data = error_body("not_found", _("There is no such thing here."))
    elif isinstance(error, PermissionDenied):
        response.data = error_body("permission_denied", _("You may not do this."))
    elif isinstance(error, exceptions.ParseError):
        response.data = error_body("parse_error", *_unreadable(error))
    elif isinstance(error, exceptions.APIException):
        codes = error.get_codes()
        response.data = error_body(codes if isinstance(codes, str) else error.default_code, error.detail)
    return response


def _unreadable(error: exceptions.ParseError) -> tuple[str, dict[str, int]]:
    """What is wrong with a body that is no JSON, and where; the parser itself says it in English only."""
    place = error.__context__
    if not isinstance(place, json.JSONDecodeError):
        return _("The body cannot be read as JSON in UTF-8."), {}
    where = {"line": place.lineno, "column": place.colno}
    return _("The body is not JSON: something is wrong in line %(line)s at character %(column)s.") % where, where


def _by_field(details: Any) -> dict[str, Any]:
    return details if isinstance(details, dict) else {"non_field_errors": details}


def idempotent(request: Request, call: Callable[[], Response]) -> HttpResponse:
    """Runs `call` once for the request's Idempotency-Key, in one transaction with the stored answer."""
    key = request.headers.get(IDEMPOTENCY_HEADER, "").strip()
    if not key or len(key) > idempotency.LONGEST_KEY or not key.isprintable():
        raise KeyRefused(
            _("Send an %(header)s header of 1 to %(most)s printable characters.")
            % {"header": IDEMPOTENCY_HEADER, "most": idempotency.LONGEST_KEY},
            details={"header": IDEMPOTENCY_HEADER},
        )

    def run() -> tuple[int, bytes]:
        response = call()
        return response.status_code, JSONRenderer().render(response.data)

    answer = idempotency.once(
        key=key,
        actor=cast(User, request.user),
        route=f"{request.method} {request.path}",
        body=request.body,
        call=run,
        at=clock.now(),
    )
    response = HttpResponse(answer.content, status=answer.status, content_type="application/json")
    if answer.repeated:
        response["Idempotent-Replayed"] = "true"
    return response


def _plain(code: str, message: str, status_code: int, details: Any = None) -> JsonResponse:
    """An error where DRF has no say, in the shape and the letters it would have given it."""
    body = error_body(code, message, details)
    return JsonResponse(body, status=status_code, json_dumps_params={"ensure_ascii": False, "separators": (",", ":")})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The 400 of a request that Django itself refuses, such as one for a host that is not the shop's."""
    if request.path.startswith("/api/"):
        return _plain("bad_request", _("This request makes no sense"), status.HTTP_400_BAD_REQUEST)
    return defaults.bad_request(request, exception)


@csrf_exempt
def no_such_address(request: HttpRequest) -> HttpResponse:
    """The view of every address below /api/ that no other view serves, so that a client gets JSON in debugging, too."""
    return _plain("not_found", _("There is no such address; all of them end with a slash."), status.HTTP_404_NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """The 500 of the API; it tells the request id and nothing else. A database that gave up is no 500 on any page."""
    gave_up = waits.refusal(sys.exception())
    if gave_up is not None:
        return _come_back(request, gave_up)
    if request.path.startswith("/api/"):
        details = {"request_id": structlog.contextvars.get_contextvars().get("request_id", "")}
        return _plain("server_error", _("Something went wrong here."), status.HTTP_500_INTERNAL_SERVER_ERROR, details)
    return defaults.server_error(request)


def _come_back(request: HttpRequest, refused: DomainError) -> HttpResponse:
    answer: HttpResponse
    if request.path.startswith("/api/"):
        answer = _plain(refused.code, str(refused), refused.status)
    else:
        heading = _("Try again in a moment") if refused.retry_after else _("This takes too long")
        page = loader.render_to_string(
            "come_back.html", {"status": refused.status, "heading": heading, "told": refused.message}
        )
        answer = HttpResponse(page, status=refused.status)
    if refused.retry_after:
        answer["Retry-After"] = str(refused.retry_after)
    return answer
