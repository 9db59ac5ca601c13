"""Which form an answer of the API takes."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class FirstUnlessAsked(DefaultContentNegotiation):
    """Weighs up forms only for a client that asks for another than the first, which hardly any does."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first: Any = next(iter(renderers))
        asked = request.META.get("HTTP_ACCEPT", "*/*")
        if asked in ("*/*", first.media_type) and not format_suffix and not request.META.get("QUERY_STRING"):
            return first, first.media_type
        weighed: tuple[BaseRenderer, str] = super().select_renderer(request, renderers, format_suffix)
        return weighed
