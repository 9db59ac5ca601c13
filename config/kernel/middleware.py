"""What every answer carries, what every log line leaves out, what the API is spared and which addresses no page is asked by."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from csp.constants import HEADER
from csp.utils import build_policy, default_config
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin
from django_structlog.middlewares import RequestMiddleware

NUL = "\0"


class ContentSecurityPolicyByPath:
    """A strict policy everywhere, and under /admin/ one that the theme can live with. Both are put into words once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.strict = build_policy(default_config(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]))
        self.of_admin = build_policy(settings.ADMIN_CONTENT_SECURITY_POLICY)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # Django's own pages for debugging need scripts that stand in them.
        if not (settings.DEBUG and response.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR)):
            response.setdefault(HEADER, self.of_admin if request.path.startswith("/admin/") else self.strict)
        return response


class _OfPages(MiddlewareMixin):
    """Passes the API by: it knows tokens, and neither sessions nor anything that lies in them."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if request.path.startswith("/api/"):
            return self.get_response(request)
        return super().__call__(request)


class SessionsOfPages(_OfPages, SessionMiddleware):
    pass


class AuthenticationOfPages(_OfPages, AuthenticationMiddleware):
    pass


class MessagesOfPages(_OfPages, MessageMiddleware):
    pass


class RequestsWithoutQueries(RequestMiddleware):
    """Logs requests by path alone: searches for customers by name or phone stand in the query string."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"


class AddressesThatCanBeAsked:
    """Refuses a page whose address holds a NUL: no text of the database does. The API checks each parameter and names it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith("/api/") and _holds_nul(request):
            raise BadRequest("The address holds a NUL.")
        return self.get_response(request)


def _holds_nul(request: HttpRequest) -> bool:
    return NUL in request.path or any(NUL in one for name, values in request.GET.lists() for one in (name, *values))
