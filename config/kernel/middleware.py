"""What every answer carries, what every log line leaves out, and which addresses no page has to understand."""

from collections.abc import Callable

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_structlog.middlewares import RequestMiddleware

NUL = "\0"


class ContentSecurityPolicyByPath(CSPMiddleware):
    """A strict policy everywhere, and under /admin/ one that the theme can live with."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path.startswith("/admin/"):
            response._csp_config = settings.ADMIN_CONTENT_SECURITY_POLICY  # type: ignore[attr-defined]
        return super().process_response(request, response)


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
        asked = (one for name, values in request.GET.lists() for one in (name, *values))
        if not request.path.startswith("/api/") and any(NUL in text for text in (request.path, *asked)):
            raise BadRequest("The address holds a NUL.")
        return self.get_response(request)
