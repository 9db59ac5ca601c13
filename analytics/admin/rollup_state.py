"""Which days have figures, which wait to be made anew, and the button that does it at once."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display

from analytics.models import RollupState
from analytics.operations import rollups
from analytics.words.figures import day, number
from config.kernel import clock
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonsAdmin, actor, operation_button
from config.kernel.admin.house import ReadOnlyAdmin

COLORS = {RollupState.State.DIRTY: "warning", RollupState.State.CLEAN: "success"}


@admin.register(RollupState)
class RollupStateAdmin(ReadOnlyAdmin, ButtonsAdmin):
    empty_hint = gettext_lazy("Business days whose figures are made, from the first order on.")
    list_display = ("business_day", "state_label", "rebuilt", "rows", "took", "dirtied")
    list_filter = (("state", ChoicesDropdownFilter), ("day", RangeDateFilter))
    ordering = ("-day",)
    fieldsets = ((None, {"fields": ("business_day", "state_label", "rebuilt", "rows", "took", "dirtied")}),)
    readonly_fields = ("business_day", "state_label", "rebuilt", "rows", "took", "dirtied")

    rebuilt = wording.moment_column("rebuilt_at", gettext_lazy("rebuilt at"))
    dirtied = wording.moment_column("dirtied_at", gettext_lazy("to rebuild since"))

    def title_of(self, row: RollupState) -> str:
        return day(row.day)

    @display(description=gettext_lazy("business day"), ordering="day")
    def business_day(self, row: RollupState) -> str:
        return day(row.day)

    @display(description=gettext_lazy("state"), ordering="state")
    def state_label(self, row: RollupState) -> str:
        return wording.label(row.get_state_display(), COLORS[RollupState.State(row.state)])

    @display(description=gettext_lazy("source rows"), ordering="source_rows")
    def rows(self, row: RollupState) -> str:
        return "-" if row.source_rows is None else number(row.source_rows)

    @display(description=gettext_lazy("took"), ordering="seconds")
    def took(self, row: RollupState) -> str:
        return wording.duration(row.seconds)

    @operation_button(title=gettext_lazy("Rebuild now"), permission="analytics.change_rollupstate", icon="replay")
    def rebuild_now(self, request: HttpRequest, row: RollupState) -> str:
        made = rollups.rebuild(first=row.day, last=row.day, actor=actor(request), at=clock.now())
        return _("Made from %(rows)s source rows.") % {"rows": number(made.source_rows)}

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}
