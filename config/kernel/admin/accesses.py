"""For owners: who saw, took out or erased personal data; and the catalogue of what every column may tell about people."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from config.kernel import clock, declared
from config.kernel.admin import downloading, wording
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import ReadOnlyAdmin
from config.kernel.admin.tables import TableAdmin
from config.kernel.catalogue import Column, Kept, Purpose, Sensitivity
from config.kernel.models import PersonalAccess
from config.kernel.roles import Role

COLORS = {"LISTED": "info", "OPENED": "info", "DOWNLOADED": "warning", "EXPORTED": "warning", "ERASED": "danger"}
SENSITIVITIES = {
    Sensitivity.NONE: pgettext_lazy("personal data", "none"),
    Sensitivity.PSEUDONYMOUS: pgettext_lazy("personal data", "pseudonymous"),
    Sensitivity.PERSONAL: pgettext_lazy("personal data", "personal"),
    Sensitivity.SENSITIVE: pgettext_lazy("personal data", "sensitive"),
}
PURPOSES = {
    Purpose.ORDERS: gettext_lazy("to fulfil what was ordered, and to prove it"),
    Purpose.CUSTOMERS: gettext_lazy("to know whom the shop speaks to, and what they allowed"),
    Purpose.OFFERS: gettext_lazy("to make offers and account for them"),
    Purpose.GOODS: gettext_lazy("to buy, store and count goods"),
    Purpose.MEASURING: gettext_lazy("to see how people shop"),
    Purpose.RUNNING: gettext_lazy("to run the system"),
    Purpose.ANSWERING: gettext_lazy("to tell who did what"),
}
KEPT = {
    Kept.FOR_GOOD: gettext_lazy("as long as the shop keeps its books"),
    Kept.UNTIL_ERASED: gettext_lazy("until the person is erased"),
    Kept.WHILE_NEEDED: gettext_lazy("until staff change or remove it"),
    Kept.REMADE: gettext_lazy("made anew from its source"),
    Kept.EVENTS: gettext_lazy("as long as events are kept"),
    Kept.EVENTS_PERSONAL: gettext_lazy("as long as events tell whose they are"),
    Kept.A_WEEK: gettext_lazy("one week"),
    Kept.A_MONTH: gettext_lazy("30 days"),
    Kept.THREE_MONTHS: gettext_lazy("three months"),
    Kept.A_YEAR: gettext_lazy("400 days"),
    Kept.TWO_YEARS: gettext_lazy("two years"),
}


@admin.register(PersonalAccess)
class PersonalAccessAdmin(TableAdmin, ReadOnlyAdmin):
    list_display = ("at", "who", "deed_label", "subject_title", "row", "people", "details", "address")
    list_display_links = ("at",)
    list_filter: tuple[Any, ...] = (("deed", ChoicesDropdownFilter), ("accessed_at", BusinessDaysFilter))
    search_fields = ("actor__username", "row_key")
    search_help_text = gettext_lazy("Search by login or by the number of a row")
    list_select_related = ("actor",)
    ordering = ("-accessed_at", "-id")
    sortable_by = ()
    actions = None
    empty_hint = gettext_lazy("Whoever opens, lists or takes out names and addresses stands here.")
    fields = ("at", "who", "deed_label", "subject_title", "row", "people", "details", "address")
    readonly_fields = fields

    at = wording.moment_column("accessed_at", gettext_lazy("time"))

    def title_of(self, access: PersonalAccess) -> str:
        return f"{access.get_deed_display()} · {wording.plain_moment(access.accessed_at)}"

    @display(description=gettext_lazy("staff member"))
    def who(self, access: PersonalAccess) -> str:
        return str(access.actor or _("a command on the server"))

    @display(description=pgettext_lazy("personal data", "what was done"))
    def deed_label(self, access: PersonalAccess) -> str:
        return wording.label(str(access.get_deed_display()), COLORS[access.deed])

    @display(description=gettext_lazy("kind"))
    def subject_title(self, access: PersonalAccess) -> str:
        return title_of_model(access.subject)

    @display(description=gettext_lazy("row"))
    def row(self, access: PersonalAccess) -> str:
        if not access.row_key:
            return "-"
        try:
            address = reverse(f"admin:{access.subject.replace('.', '_')}_change", args=[access.row_key])
        except NoReverseMatch:
            return access.row_key
        return format_html('<a href="{}">{}</a>', address, access.row_key)

    def table_heading(self, request: HttpRequest) -> list[Any]:
        return [
            _("time"), _("staff member"), pgettext("personal data", "what was done"), _("kind"), _("row"), _("rows"),
            _("details"), _("address"),
        ]  # fmt: skip

    def table_row(self, request: HttpRequest, access: PersonalAccess) -> list[Any]:
        return [
            wording.plain_moment(access.accessed_at), self.who(access), access.get_deed_display(),
            title_of_model(access.subject), access.row_key, access.people, access.details, access.address or "",
        ]  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("catalogue/", wrap(self.catalogue_view), name="kernel_personalaccess_catalogue"),
            path("catalogue.csv", wrap(self.catalogue_table_view), name="kernel_personalaccess_catalogue_table"),
            *super().get_urls(),
        ]

    def catalogue_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        every = request.GET.get("all") == "1"
        known = declared.columns()
        shown = [one for one in known if every or one.sensitivity is not Sensitivity.NONE]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Field catalogue"),
            "is_every": every,
            "number": len(known),
            "tables": [
                {"name": name, "title": tables_title(name), "rows": [told(one) for one in shown if one.table == name]}
                for name in dict.fromkeys(one.table for one in shown)
            ],
            "table_url": reverse("admin:kernel_personalaccess_catalogue_table"),
        }
        return TemplateResponse(request, "admin/kernel/personalaccess/catalogue.html", context)

    def catalogue_table_view(self, request: HttpRequest) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = [[one.table, *list(told(one).values())[:5]] for one in declared.columns()]
        return downloading.as_csv(
            request,
            name=f"columns-{wording.plain_moment(clock.now())[:10]}",
            heading=[_("table"), _("column"), *heading()],
            rows=rows,
            number=len(rows),
            of=PersonalAccess,
            called=_("Field catalogue"),
        )


def heading() -> list[str]:
    return [
        pgettext("personal data", "about people"), _("answers for it"), _("what for"), pgettext("personal data", "kept"),
    ]  # fmt: skip


def told(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "sensitivity": str(SENSITIVITIES[column.sensitivity]),
        "owner": str(Role(column.owner).label),
        "purpose": str(PURPOSES[column.purpose]),
        "kept": str(KEPT[column.kept]),
        "is_loud": column.sensitivity in (Sensitivity.PERSONAL, Sensitivity.SENSITIVE),
    }


def title_of_model(label: str) -> str:
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except LookupError:
        return label


def tables_title(table: str) -> str:
    """What staff call the rows of a table; a plain list of pairs has no name of its own."""
    named = {model._meta.db_table: model for model in apps.get_models()}
    return str(named[table]._meta.verbose_name_plural) if table in named else ""
