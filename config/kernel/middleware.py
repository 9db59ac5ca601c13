"""What every answer carries and what every log line leaves out."""

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_structlog.middlewares import RequestMiddleware


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
