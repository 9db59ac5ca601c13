"""How every page of the back-office behaves: what a list costs, what a read-only page refuses, what a page is called."""

import copy
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.models import LogEntry
from django.db.models import Model, QuerySet
from django.db.models.options import Options
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from config.kernel.admin import slips, wording
from config.kernel.admin.pagination import LAST_PAGE, EstimatedPaginator
from config.kernel.errors import DomainError, InProgress

T = TypeVar("T", bound=Model)


def once_per_row(told: Callable[[Any, T], str]) -> Callable[[Any, T], str]:
    """For what a page tells of a row and asks the database for: the page of a row asks each of its fields several times."""

    @wraps(told)
    def remembered(page: Any, row: T) -> str:
        kept: dict[str, str] = row.__dict__.setdefault("_told", {})
        if told.__name__ not in kept:
            kept[told.__name__] = told(page, row)
        return kept[told.__name__]

    return remembered


class HouseChangeList(ChangeList):  # type: ignore[misc]
    page_num: int

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.opts = self.model_admin.opts
        self.title = capfirst(self.opts.verbose_name_plural)

    def get_filters(self, request: HttpRequest) -> Any:
        """By its filters, and by what other pages lead here with.

        Any other field would tell by the number of rows what it holds, be it a masked phone number or what goods cost.
        """
        found = super().get_filters(request)
        for left in found[2]:
            if left not in self.model_admin.also_narrowed_by:
                raise DisallowedModelAdminLookup(f"Filtering by {left} not allowed")
        return found

    def get_results(self, request: HttpRequest) -> None:
        if self.page_num > LAST_PAGE:
            self.page_num = LAST_PAGE
            messages.warning(request, _("There is no page beyond this one: narrow the list by date, filter or search."))
        super().get_results(request)
        if not (self.has_active_filters or self.query):
            # The heading tells "12 of 300 rows" only where something is left out.
            self.full_result_count = self.result_count


class Titled:
    """Stands for a row in a page's heading, called what staff call it."""

    def __init__(self, row: Model, opts: Any, title: str) -> None:
        self.pk, self._meta, self._title = row.pk, opts, title

    def __str__(self) -> str:
        return self._title


class ShownAgain(Exception):
    """The form of a new row could not be saved and asks again."""

    def __init__(self, page: HttpResponse) -> None:
        super().__init__()
        self.page = page


class HouseAdmin(ModelAdmin):  # type: ignore[misc]
    """The base of every page: `HouseAdmin` where staff edit, `KeptAdmin` where they never delete, `ReadOnlyAdmin` where the
    shop itself writes.

    The form of a new row makes one row, however often it is sent.
    """

    change_form_before_template = "admin/_slip.html"
    paginator = EstimatedPaginator
    show_full_result_count = False
    list_per_page = 50
    compressed_fields = True
    list_filter_submit = True
    # Parameters, beside those of its filters, by which other pages lead to the list.
    also_narrowed_by: tuple[str, ...] = ()
    # What will come here and by whom or when, for a list without any row.
    empty_hint: Any = ""
    # Where the model comes from elsewhere and its own name would puzzle staff: singular and plural.
    called: tuple[Any, Any] | None = None

    def __init__(self, model: type[Model], admin_site: Any) -> None:
        super().__init__(model, admin_site)
        if self.called:
            self.opts: Options[Any] = copy.copy(self.opts)
            self.opts.verbose_name, self.opts.verbose_name_plural = self.called

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what the list tells of each row, which its own page tells as well."""
        rows: QuerySet[Any] = super().get_queryset(request)
        along = self.list_select_related
        return rows if isinstance(along, bool) else rows.select_related(*along)

    def title_of(self, row: Any) -> str:
        """What the heading of its page calls a row."""
        return str(row)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            title = self.title_of(row)
            # The subtitle is what the browser's tab says.
            context |= {"original": Titled(row, self.opts, title), "subtitle": title}
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        if kwargs.get("add") and request.method == "POST":
            # Nothing was made, so nothing is kept, the slip neither. What a popup answers is another page.
            raise ShownAgain(page)
        return page

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A refusal that the form could not foresee is told, and nothing was saved."""
        if request.method != "POST":
            return self._form(request, object_id, form_url, extra_context or {})
        try:
            return self._form(request, object_id, form_url, extra_context or {})
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(request.get_full_path())

    def _form(self, request: HttpRequest, object_id: str | None, form_url: str, context: dict[str, Any]) -> HttpResponse:
        if object_id is not None:
            page: HttpResponse = super().changeform_view(request, object_id, form_url, context)
            return page

        def answer() -> HttpResponse:
            page: HttpResponse = super(HouseAdmin, self).changeform_view(
                request, None, form_url, {**context, slips.FIELD: slips.kept(request)}
            )
            return page

        if request.method != "POST":
            return answer()
        try:
            slips.require_unspent(request)
            return slips.spend(request, answer)
        except ShownAgain as again:
            return again.page
        except (slips.Spent, InProgress) as repeated:
            messages.warning(request, str(repeated))
            back: HttpResponse = self.response_post_save_add(request, None)
            return back

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        page: HttpResponse = super().history_view(request, object_id, extra_context)
        shown: dict[str, Any] = getattr(page, "context_data", None) or {}
        for entry in shown.get("action_list", ()):
            entry.change_message = wording.change(entry)
        if "object" in shown:
            shown["title"] = _("Change history: %s") % self.title_of(shown["object"])
        return page

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """A row that is not there is no page of the shop. Django would lead home, as if all were well."""
        raise Http404

    def get_paginator(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any) -> Any:
        """The history of a row is read newest first, as every history of the shop is; Django asks for the oldest."""
        if queryset.model is LogEntry and self.model is not LogEntry:
            queryset = queryset.order_by("-action_time", "-id")
        return super().get_paginator(request, queryset, *args, **kwargs)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return HouseChangeList


class KeptAdmin(HouseAdmin):
    """Other rows refer to its rows: one is switched off, paused or stopped instead of deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(KeptAdmin):
    """Ledgers, timelines, records of what happened: looked at, never typed over, not even by an owner. Together with
    `ButtonsAdmin`: rows that nothing but their buttons changes.
    """

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
