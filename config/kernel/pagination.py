"""Lists are read by cursor: pages stay stable while rows are added, and the hundred-thousandth costs what the first does."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request


class ByCursor(CursorPagination):
    """Newest first unless the view says otherwise; a view's `ordering` must be unique and must never change for a row."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    ordering = "-id"

    def get_page_size(self, request: Request) -> int:
        """As many rows as `limit` asks for. A number out of bounds is a mistake of the sender and told, not trimmed."""
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return self.page_size
        # Python reads digits of other scripts, too, and numbers of any length.
        if not (asked.isascii() and asked.isdecimal() and len(asked) <= 6 and 1 <= int(asked) <= self.max_page_size):
            told = _("Send a whole number from 1 to %(most)s.") % {"most": self.max_page_size}
            raise serializers.ValidationError({self.page_size_query_param: [serializers.ErrorDetail(told, "limit_invalid")]})
        return int(asked)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        for one in parameters:
            if one["name"] == self.page_size_query_param:
                one["schema"] = {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        return parameters
