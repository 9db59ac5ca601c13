"""Lists that leave the back-office as tables: a button above the list gives all its rows, as they are narrowed just now."""

from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import unquote, urlencode

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, IGNORED_PARAMS, PAGE_VAR, SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse

from config.kernel import clock
from config.kernel.admin import downloading, wording
from config.kernel.admin.buttons import attempt
from config.kernel.admin.house import HouseAdmin

# What a list reads of its address without being narrowed by it.
OF_THE_LAYOUT = (*IGNORED_PARAMS, PAGE_VAR, ERROR_FLAG)


class TableAdmin(HouseAdmin):
    """The columns are the page's own: `table_heading` and `table_row` give what this person may see, and no more."""

    change_list_template = "admin/_table_list.html"
    # Beside the right to see the list.
    table_permission: ClassVar[str] = ""

    def table_heading(self, request: HttpRequest) -> Sequence[Any]:
        raise NotImplementedError

    def table_row(self, request: HttpRequest, row: Any) -> Sequence[Any]:
        raise NotImplementedError

    def may_take_out(self, request: HttpRequest) -> bool:
        beside = not self.table_permission or request.user.has_perm(self.table_permission)
        return beside and self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_table"
        return [path("table.csv", self.admin_site.admin_view(self.table_view), name=name), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {}
        if self.may_take_out(request):
            asked = request.GET.copy()
            asked.pop(PAGE_VAR, None)
            address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_table")
            more = {"table_url": f"{address}?{asked.urlencode()}" if asked else address}
        page: HttpResponse = super().changelist_view(request, {**more, **(extra_context or {})})
        return page

    def table_view(self, request: HttpRequest) -> HttpResponseBase:
        if not self.may_take_out(request):
            raise PermissionDenied
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        try:
            rows = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return HttpResponseRedirect(back)
        number = downloading.length(rows)
        given = attempt(
            request,
            lambda: downloading.as_csv(
                request,
                name=f"{self.opts.model_name}-{wording.plain_moment(clock.now())[:10]}",
                heading=self.table_heading(request),
                rows=(self.table_row(request, row) for row in rows.iterator(chunk_size=1000)),
                number=number,
                of=self.model,
                called=f"{number:,}",
                narrowed=narrowed(request),
            ),
        )
        return given.value if given else HttpResponseRedirect(f"{back}?{request.GET.urlencode()}")


def narrowed(request: HttpRequest) -> str:
    """How the list was narrowed, as in its address.

    The audit is for good, so a phone number searched for stays out of it, and so does what the list does not narrow by: it has
    refused every parameter that is no filter of its own, except those of its layout.
    """
    asked = {name: value for name, value in request.GET.items() if name not in OF_THE_LAYOUT}
    asked[SEARCH_VAR] = wording.masked(request.GET.get(SEARCH_VAR, ""), kept=3)
    return unquote(urlencode({name: value for name, value in asked.items() if value}))
