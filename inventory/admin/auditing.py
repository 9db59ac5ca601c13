"""What the audit calls the rows of these pages: as people do, by SKU and warehouse, and never by inner numbers."""

from typing import Any

from django.http import HttpRequest

from config.kernel.admin.house import HouseAdmin, Titled


class NamedInAudit(HouseAdmin):
    """For rows that have no name of their own. Their titles hold no words of a language, so that every reader knows them."""

    def named(self, row: Any) -> Any:
        return Titled(row, row._meta, self.title_of(row))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return super().log_addition(request, self.named(obj), message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return super().log_change(request, self.named(obj), message)
