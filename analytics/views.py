"""What is served to shop fronts without a token: the script that tells events."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.cache import cache_control


@cache_control(public=True, max_age=3600)
def events_script(request: HttpRequest) -> HttpResponse:
    """An address that stays, for a file whose name changes with each release."""
    return redirect(static("analytics/events.js"))
