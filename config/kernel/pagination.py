"""Lists are read by cursor: pages stay stable while rows are added, and the hundred-thousandth costs what the first does."""

from rest_framework.pagination import CursorPagination


class ByCursor(CursorPagination):
    """Newest first unless the view says otherwise; a view's `ordering` must be unique and must never change for a row."""

    page_size = 50
    max_page_size = 500
    page_size_query_param = "page_size"
    ordering = "-id"
