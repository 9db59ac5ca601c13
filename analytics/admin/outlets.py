"""Exports: which views are written into files, what was written, and the runs."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from analytics.admin.lines import LabeledForm
from analytics.models import Outlet
from analytics.operations import outlets
from config.kernel import clock, jobs
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonsAdmin, actor, operation_button
from config.kernel.admin.house import KeptAdmin

MAY_CHANGE = "analytics.change_outlet"
SHOWN = 50
# Of what may be written into files; a test holds them to the views.
TITLES = {
    "orders": pgettext_lazy("view for readers", "orders"),
    "order_lines": pgettext_lazy("view for readers", "lines of orders"),
    "returns": pgettext_lazy("view for readers", "returns"),
    "products": pgettext_lazy("view for readers", "products and SKUs"),
    "stock": pgettext_lazy("view for readers", "stock now"),
    "stock_movements": pgettext_lazy("view for readers", "stock movements"),
    "sales_hourly": pgettext_lazy("view for readers", "sales by hour"),
    "sales_daily": pgettext_lazy("view for readers", "sales by day and SKU"),
    "stock_daily": pgettext_lazy("view for readers", "stock movements by day"),
    "promotions_daily": pgettext_lazy("view for readers", "promotions by day"),
    "metric_facts": pgettext_lazy("view for readers", "sums behind the figures"),
    "visits": pgettext_lazy("view for readers", "visits"),
    "visits_hourly": pgettext_lazy("view for readers", "visits by hour"),
    "funnel_daily": pgettext_lazy("view for readers", "funnel by day"),
    "purchases": pgettext_lazy("view for readers", "purchases and what led to them"),
    "attribution_daily": pgettext_lazy("view for readers", "origins by day"),
    "spend_daily": pgettext_lazy("view for readers", "advertising spend by day"),
    "parcels_daily": pgettext_lazy("view for readers", "parcels by day"),
    "outcomes_daily": pgettext_lazy("view for readers", "what became of orders, by day"),
    "events_hourly": pgettext_lazy("view for readers", "events by hour"),
    "days": pgettext_lazy("view for readers", "state of each day's figures"),
    "customers": pgettext_lazy("view for readers", "customers, without names"),
}


def _titled(name: str) -> str:
    """With the name by which documents and files call it."""
    return f"{TITLES[name]} ({name})" if name in TITLES else name


def _choices() -> list[tuple[str, str]]:
    return sorted(((name, _titled(name)) for name in outlets.views()), key=lambda one: one[1])


class OutletForm(LabeledForm):
    view = forms.ChoiceField(
        label=pgettext_lazy("outlet", "view"),
        choices=_choices,
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy(
            "What its columns mean stands in docs/sql-views.md. Views that tell who customers are cannot be written."
        ),
    )

    class Meta:
        model = Outlet
        fields = ("code", "view", "file_format", "target", "first_day", "trailing_days", "is_active")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors:
            try:
                outlets.check(view=given["view"], first_day=given["first_day"], target=given["target"], at=clock.now())
            except outlets.OutletRefused as refusal:
                self.add_error(refusal.details["field"], str(refusal))
        return given


class OutletChangeForm(LabeledForm):
    class Meta:
        model = Outlet
        fields = ("first_day", "trailing_days", "is_active")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors:
            try:
                outlets.check(view=self.instance.view, first_day=given["first_day"], at=clock.now())
            except outlets.OutletRefused as refusal:
                field = refusal.details["field"]
                self.add_error(field if field in self.fields else None, str(refusal))
        return given


@admin.register(Outlet)
class OutletAdmin(KeptAdmin, ButtonsAdmin):
    form = OutletForm
    list_display = ("code", "shown_view", "file_format", "last_day", "is_active")
    search_fields = ("code",)
    search_help_text = gettext_lazy("Search by code")
    ordering = ("code",)
    actions = None
    empty_hint = gettext_lazy("A view of the shop, written into files by day for another system to fetch.")
    change_form_outer_after_template = "admin/analytics/outlet/_runs.html"
    fields = ("code", "view", "file_format", "target", "first_day", "trailing_days", "is_active")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Files of another view under the same name would pass for those of the first, and those of another place be missed.
        return ("code", "shown_view", "shown_format", "shown_target", "last_day") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.fields
        return ("code", "shown_view", "shown_format", "shown_target", "first_day", "trailing_days", "is_active", "last_day")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            kwargs["form"] = OutletChangeForm
        return super().get_form(request, obj, change, **kwargs)

    @display(description=pgettext_lazy("outlet", "view"), ordering="view")
    def shown_view(self, outlet: Outlet) -> str:
        return _titled(outlet.view)

    @display(description=gettext_lazy("format"))
    def shown_format(self, outlet: Outlet) -> str:
        return outlet.get_file_format_display()

    @display(description=pgettext_lazy("outlet", "where to"))
    def shown_target(self, outlet: Outlet) -> str:
        return outlet.target or _("the shop's own folder")

    def save_model(self, request: HttpRequest, outlet: Outlet, form: Any, change: bool) -> None:
        if not change:
            outlet.created_at = clock.now()
        super().save_model(request, outlet, form, change)

    @operation_button(title=gettext_lazy("Run now"), permission=MAY_CHANGE, icon="play_arrow")
    def run_now(self, request: HttpRequest, outlet: Outlet) -> str:
        jobs.request(name=outlets.RUN, arguments={"outlet": outlet.pk}, actor=actor(request), at=clock.now())
        return _("The run is asked for; it stands below when it is over.")

    @operation_button(
        title=gettext_lazy("Start over"), permission=MAY_CHANGE, icon="restart_alt", danger=True,
        shown=lambda outlet: outlet.files.exists(),
    )  # fmt: skip
    def start_over(self, request: HttpRequest, outlet: Outlet) -> str:
        outlets.start_over(outlet=outlet)
        return _("The next run writes every day again.")

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        outlet = kwargs.get("obj")
        if outlet is not None:
            context |= {
                "runs": [
                    {"row": one, "seconds": f"{one.seconds:.1f}", "at": wording.plain_moment(one.began_at)}
                    for one in outlet.runs.order_by("-id")[:20]
                ],
                "files": outlet.files.order_by("-day")[:SHOWN],
            }
        return super().render_change_form(request, context, *args, **kwargs)
