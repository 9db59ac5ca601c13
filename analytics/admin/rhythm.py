"""The rhythm of customers: a list to pick from, and a page for each with what is known and why."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from analytics.admin import rhythm_words as words
from analytics.admin.wording import address
from analytics.models import BuyerType, BuyerTypeChange, CustomerRhythm
from analytics.operations import buyer_types
from analytics.queries import rhythm
from analytics.words.figures import day
from campaigns.models import Customer
from config.kernel import clock, shop
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonsAdmin, ReasonForm, actor, operation_button
from config.kernel.admin.house import ReadOnlyAdmin
from config.kernel.admin.row_links import RowLink, add_row_link
from config.kernel.admin.tables import TableAdmin

MAY_SEE = ("campaigns.view_customer", "analytics.view_customerrhythm")
MAY_SAY = "analytics.change_customerrhythm"
TOLD_TYPES = [(one.value, one.label) for one in BuyerType if one is not BuyerType.UNKNOWN]


class ByType(DropdownFilter):  # type: ignore[misc]
    title = gettext_lazy("buyer type")
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(one.value, str(one.label)) for one in BuyerType]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(buyer_type=self.value()) if self.value() in BuyerType.values else queryset


class ByNeed(DropdownFilter):  # type: ignore[misc]
    title = pgettext_lazy("rhythm", "what to do")
    parameter_name = "need"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("due", _("due to buy again")), ("declines", _("interest declines"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = {"due": {"is_due": True}, "declines": {"declines": True}}.get(self.value() or "", {})
        return queryset.filter(**chosen)


class SayForm(ReasonForm):
    buyer_type = forms.ChoiceField(label=gettext_lazy("buyer type"), choices=TOLD_TYPES)
    field_order = ("buyer_type", "reason")


@admin.register(CustomerRhythm)
class CustomerRhythmAdmin(TableAdmin, ReadOnlyAdmin, ButtonsAdmin):
    change_form_outer_after_template = "admin/analytics/customerrhythm/_told.html"
    empty_hint = gettext_lazy("Customers are read each night, from their orders and visits.")
    list_display = ("customer_name", "type_words", "cycle_words", "expected_words", "slot_words", "needs", "last_bought")
    list_filter: tuple[Any, ...] = (ByType, ByNeed)
    list_select_related = ("customer",)
    search_fields = ("customer__external_id__startswith",)
    search_help_text = gettext_lazy("Search by the beginning of the customer id")
    ordering = (F("last_bought_on").desc(nulls_last=True), "-customer")
    sortable_by = ()
    actions = None
    fields = ("customer_link", "type_words", "read_as_of")
    readonly_fields = fields

    def title_of(self, row: CustomerRhythm) -> str:
        return _("Rhythm of %(customer)s") % {"customer": row.customer.external_id}

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.of_customer_view)
        return [path("of/<int:customer_id>/", view, name="analytics_customerrhythm_of"), *super().get_urls()]

    # --- columns

    @display(description=gettext_lazy("customer id"))
    def customer_name(self, row: CustomerRhythm) -> str:
        return row.customer.external_id

    @display(description=gettext_lazy("customer"))
    def customer_link(self, row: CustomerRhythm) -> str:
        return format_html(
            '<a class="row-link" href="{}">{}</a>',
            reverse("admin:campaigns_customer_change", args=[row.pk]),
            row.customer.external_id,
        )

    @display(description=gettext_lazy("buyer type"))
    def type_words(self, row: CustomerRhythm) -> str:
        return words.type_label(row.buyer_type)

    @display(description=gettext_lazy("buys every"))
    def cycle_words(self, row: CustomerRhythm) -> str:
        return words.span(row.cycle_days) if row.cycle_days is not None else "-"

    @display(description=gettext_lazy("next purchase"))
    def expected_words(self, row: CustomerRhythm) -> str:
        return day(row.expected_on) if row.expected_on else "-"

    @display(description=gettext_lazy("most often"))
    def slot_words(self, row: CustomerRhythm) -> str:
        return words.slot(row) if row.is_own_slot else "-"

    @display(description=pgettext_lazy("rhythm", "what to do"))
    def needs(self, row: CustomerRhythm) -> str:
        if row.declines:
            return wording.label(_("interest declines"), "danger")
        return wording.label(_("due to buy again"), "success") if row.is_due else ""

    @display(description=gettext_lazy("last bought on"))
    def last_bought(self, row: CustomerRhythm) -> str:
        return day(row.last_bought_on) if row.last_bought_on else "-"

    @display(description=gettext_lazy("as of"))
    def read_as_of(self, row: CustomerRhythm) -> str:
        return day(row.read_on)

    # --- the table

    def table_heading(self, request: HttpRequest) -> list[Any]:
        return [
            _("customer id"), _("buyer type"), _("buys every (days)"), _("next purchase expected on"), _("due from"),
            _("due until"), _("due to buy again"), _("interest declines"), _("preferred weekday"), _("preferred hour"),
            _("last bought on"), _("orders"), _("visits"), _("as of"),
        ]  # fmt: skip

    def table_row(self, request: HttpRequest, row: CustomerRhythm) -> list[Any]:
        own = (row.weekday + 1, row.hour) if row.is_own_slot else ("", "")
        return [
            row.customer.external_id, BuyerType(row.buyer_type).label, row.cycle_days, row.expected_on, row.due_from,
            row.due_until, int(row.is_due), int(row.declines), *own, row.last_bought_on, row.orders, row.visits, row.read_on,
        ]  # fmt: skip

    # --- the page of one customer

    def of_customer_view(self, request: HttpRequest, customer_id: int) -> HttpResponse:
        """Leads from the customer's own page to what is known, or says that nothing is."""
        if not request.user.has_perms(MAY_SEE):
            raise PermissionDenied
        customer = get_object_or_404(Customer, pk=customer_id)
        if CustomerRhythm.objects.filter(pk=customer.pk).exists():
            return HttpResponseRedirect(reverse("admin:analytics_customerrhythm_change", args=[customer.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Rhythm of %(customer)s") % {"customer": customer.external_id},
            "customer_url": reverse("admin:campaigns_customer_change", args=[customer.pk]),
            "customer": customer,
        }
        return TemplateResponse(request, "admin/analytics/customerrhythm/unknown.html", context)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            context |= self._told(request, row)
        return super().render_change_form(request, context, *args, **kwargs)

    def _told(self, request: HttpRequest, row: CustomerRhythm) -> dict[str, Any]:
        liked = row.why["taste"]["categories"]
        names = rhythm.categories([one["category"] for one in liked])
        return {
            "sentences": list(words.sentences(row, shop.day(clock.now()))),
            "type_label": words.type_label(row.buyer_type),
            "because": words.because(row),
            "settled": words.type_label(row.settled_type) if row.said_type else "",
            "candidate": BuyerType(row.candidate_type).label if row.candidate_type else "",
            "candidate_since": day(row.candidate_since) if row.candidate_since else "",
            "since": day(row.settled_since) if row.settled_since else "",
            "taste": words.taste(row),
            "categories": [
                {
                    "name": names[one["category"]].name if one["category"] in names else "-",
                    "orders": one["orders"],
                    "cycle": words.span(one["cycle"]["days"]) if one["cycle"] else "-",
                    "expected": one["cycle"]["expected_on"] if one["cycle"] else "-",
                }
                for one in liked
            ],
            "changes": [_change(one) for one in rhythm.changes(row.pk)],
            "read_on": day(row.read_on),
            "types_url": reverse("admin:analytics_playbook_types"),
            "journey_url": address(request, "analytics_visit_journey", "analytics.view_visit", row.pk),
            "orders_url": address(
                request, "orders_order_changelist", "orders.view_order", customer=row.customer.external_id
            ),
        }  # fmt: skip

    # --- buttons

    @operation_button(
        title=gettext_lazy("Say the type"),
        permission=MAY_SAY,
        icon="edit",
        form=SayForm,
        explanation=gettext_lazy(
            "What staff say goes before the rules until it is taken back. Segments follow the next night."
        ),
        noted=lambda row, values: f"{row.buyer_type} -> {values['buyer_type']}: {values['reason']}",
    )
    def say_type(self, request: HttpRequest, row: CustomerRhythm, values: dict[str, Any]) -> str:
        buyer_types.say(customer_id=row.pk, actor=actor(request), at=clock.now(), **values)
        return _("The type is what you say.")

    @operation_button(
        title=gettext_lazy("Take back what was said"),
        permission=MAY_SAY,
        icon="undo",
        shown=lambda row: row.said_type is not None,
        form=ReasonForm,
        explanation=gettext_lazy("The rules hold again."),
        noted=lambda row, values: f"{row.said_type} -> {row.settled_type}: {values['reason']}",
    )
    def take_back(self, request: HttpRequest, row: CustomerRhythm, values: dict[str, Any]) -> str:
        buyer_types.take_back(customer_id=row.pk, actor=actor(request), at=clock.now(), **values)
        return _("The rules hold again.")


add_row_link(
    "campaigns.customer",
    RowLink(
        pgettext_lazy("customer", "Rhythm"),
        "avg_pace",
        MAY_SEE,
        lambda customer: reverse("admin:analytics_customerrhythm_of", args=[customer.pk]),
    ),
)


def _change(one: BuyerTypeChange) -> dict[str, Any]:
    found = one.why
    return {
        "at": one.changed_at,
        "former": BuyerType(one.former).label,
        "type": BuyerType(one.buyer_type).label,
        "cause": one.get_cause_display(),
        "who": wording.actor(one) if one.actor else pgettext("who acted", "system"),
        "reason": one.reason,
        "sure": words.share(found["confidence"]) if one.cause == BuyerTypeChange.Cause.RULES and found else "",
    }
