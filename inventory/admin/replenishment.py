"""Reorder policies and the proposals that follow from them, with every figure behind each."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from config.kernel import clock, jobs, shop
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonForm, ButtonsAdmin, ReasonForm, actor, attempt, operation_button
from config.kernel.admin.house import ReadOnlyAdmin, once_per_row
from config.kernel.admin.navigation import Link, add_group
from inventory.admin import figures, labels
from inventory.admin.auditing import NamedInAudit
from inventory.models import ReorderPolicy, ReplenishmentProposal
from inventory.operations import purchasing, replenishment
from inventory.queries import replenishment as queries

State = ReplenishmentProposal.State
MAY_DECIDE = "inventory.change_replenishmentproposal"
MAY_CHANGE = "inventory.change_reorderpolicy"
JOB = "inventory.propose_replenishment"
COLORS = {State.OPEN: "info", State.ORDERED: "success", State.DISMISSED: "warning", State.SUPERSEDED: ""}
HUNDRED = Decimal(100)

add_group(
    gettext_lazy("Replenishment"),
    [
        Link(
            gettext_lazy("Replenishment proposals"),
            "shopping_cart_checkout",
            "admin:inventory_replenishmentproposal_changelist",
            "inventory.view_replenishmentproposal",
            "?state__exact=OPEN",
        ),
        Link(
            gettext_lazy("Reorder policies"), "tune", "admin:inventory_reorderpolicy_changelist", "inventory.view_reorderpolicy"
        ),
    ],
    order=25,
)


class PercentField(forms.DecimalField):
    """A share that people type in percent: 97.5 stands for 0.975."""

    def __init__(self, **kwargs: Any) -> None:
        given = {"min_value": 50, "max_value": Decimal("99.99"), "decimal_places": 2, "widget": UnfoldAdminDecimalFieldWidget}
        super().__init__(**{**given, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        """A share is shown in percent; what was typed and came back stays as it is."""
        return f"{value * HUNDRED:.2f}".rstrip("0").rstrip(".") if isinstance(value, Decimal) else value

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        return None if typed is None else typed / HUNDRED

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(initial * HUNDRED if isinstance(initial, Decimal) else initial, data)


SERVICE_LEVEL = gettext_lazy("Service level in percent")
SERVICE_HELP = gettext_lazy("Chance that stock lasts until the goods come. At 95 it lasts nineteen times of twenty.")


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    service_level = PercentField(label=SERVICE_LEVEL, help_text=SERVICE_HELP, initial=Decimal("0.95"))

    class Meta:
        model = ReorderPolicy
        fields = ("variant", "warehouse", "is_enabled", "service_level", "review_days", "minimum_stock", "maximum_stock")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        lowest, highest = cleaned.get("minimum_stock"), cleaned.get("maximum_stock")
        if lowest is not None and highest is not None and highest < lowest:
            self.add_error("maximum_stock", _("The maximum stock is not below the minimum stock."))
        return cleaned


class ManyPoliciesForm(forms.Form):
    """What is left empty stays as it is."""

    service_level = PercentField(label=SERVICE_LEVEL, help_text=SERVICE_HELP, required=False)
    review_days = forms.IntegerField(
        label=gettext_lazy("Days to cover"),
        help_text=gettext_lazy("Days that one purchase shall last beyond its lead time."),
        required=False,
        min_value=0,
        max_value=replenishment.MOST_REVIEW_DAYS,
        widget=UnfoldAdminDecimalFieldWidget,
    )


@admin.register(ReorderPolicy)
class ReorderPolicyAdmin(NamedInAudit):
    form = PolicyForm
    empty_hint = gettext_lazy("For each SKU and warehouse how much shall lie there. Without a policy nothing is proposed.")
    list_display = ("sku", "product", "warehouse", "level", "review_days", "minimum_stock", "maximum_stock", "is_enabled")
    list_filter: tuple[Any, ...] = (("warehouse", RelatedDropdownFilter), "is_enabled")
    list_select_related = ("variant__product", "warehouse")
    search_fields = ("variant__sku__istartswith", "variant__product__name")
    search_help_text = gettext_lazy("Search by SKU or product")
    ordering = ("variant_id", "warehouse_id")
    autocomplete_fields = ("variant",)
    actions = ("change_selected",)
    fieldsets = (
        (None, {"fields": ("variant", "warehouse", "is_enabled")}),
        (
            gettext_lazy("What shall lie there"),
            {"fields": ("service_level", "review_days", "minimum_stock", "maximum_stock")},
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        tonight = ((gettext_lazy("What would be bought now"), {"fields": ("tonight",)}),) if obj else ()
        return (*super().get_fieldsets(request, obj), *tonight)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("variant", "warehouse", "tonight") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A policy is switched off instead, and its figures stay to be looked at."""
        return False

    def title_of(self, policy: ReorderPolicy) -> str:
        return f"{policy.variant} · {policy.warehouse}"

    @display(description=gettext_lazy("SKU"), ordering="variant_id")
    def sku(self, policy: ReorderPolicy) -> str:
        return policy.variant.sku

    @display(description=gettext_lazy("product"))
    def product(self, policy: ReorderPolicy) -> str:
        return str(policy.variant.product)

    @display(description=gettext_lazy("service level"))
    def level(self, policy: ReorderPolicy) -> str:
        return figures.percent(policy.service_level)

    @display(description="")
    @once_per_row
    def tonight(self, policy: ReorderPolicy) -> str:
        now = clock.now()
        found = queries.needs(at=now, as_of=shop.day(now), policies=[policy.pk])
        if found.needs:
            return figures.table(found.needs[0].explanation(found.needs[0].quantity))
        return str(figures.NOTHING[replenishment.OFF_SALE if found.off_sale else replenishment.NO_SUPPLIER])

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_CHANGE)

    @admin.action(description=gettext_lazy("Change the selected policies"), permissions=["decide"])
    def change_selected(self, request: HttpRequest, queryset: QuerySet[ReorderPolicy]) -> HttpResponse | None:
        """Asks by a form of its own, which is sent back to this action."""
        form = ManyPoliciesForm(request.POST if "apply" in request.POST else None)
        chosen = list(queryset.select_related("variant", "warehouse"))
        if "apply" in request.POST and form.is_valid():
            wanted, ids = form.cleaned_data, [policy.pk for policy in chosen]
            answer = attempt(
                request,
                lambda: replenishment.change_policies(policy_ids=ids, actor=actor(request), at=clock.now(), **wanted),
            )
            if answer is not None:
                LogEntry.objects.log_actions(
                    actor(request).pk,
                    [self.named(policy) for policy in chosen],
                    CHANGE,
                    wording.untranslated(gettext_lazy("Change the selected policies")),
                )
                told = ngettext("%(count)s policy was changed.", "%(count)s policies were changed.", answer.value)
                messages.success(request, told % {"count": answer.value})
                return None
        count = len(chosen)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Change the selected policies"),
            "form": form,
            "chosen": [policy.pk for policy in chosen],
            "explanation": ngettext(
                "%(count)s policy is selected. What you leave empty stays as it is.",
                "%(count)s policies are selected. What you leave empty stays as it is.",
                count,
            )
            % {"count": count},
            "submit": _("Change"),
            "back": reverse("admin:inventory_reorderpolicy_changelist"),
        }
        return TemplateResponse(request, "admin/inventory/reorderpolicy/change_selected.html", context)


class QuantityForm(ReasonForm):
    quantity = forms.IntegerField(label=gettext_lazy("Quantity"), min_value=1, max_value=purchasing.MOST_UNITS)
    field_order = ("quantity", "reason")

    def prepare(self, proposal: ReplenishmentProposal) -> None:
        self.fields["quantity"].initial = proposal.units


class NightForm(ButtonForm):
    as_of = forms.DateField(
        label=gettext_lazy("Day"),
        required=False,
        help_text=gettext_lazy("Demand is counted up to the day before. Empty: today. Stock is always that of now."),
    )

    def clean_as_of(self) -> date | None:
        day: date | None = self.cleaned_data["as_of"]
        if day is not None and day > shop.day(clock.now()):
            raise forms.ValidationError(_("The day lies in the future: demand is only known up to yesterday."))
        return day


def is_open(proposal: ReplenishmentProposal) -> bool:
    return proposal.state == State.OPEN and proposal.line_id is not None


@admin.register(ReplenishmentProposal)
class ReplenishmentProposalAdmin(NamedInAudit, ReadOnlyAdmin, ButtonsAdmin):
    empty_hint = gettext_lazy("What the shop proposes to buy, computed each night from the reorder policies.")
    list_display = ("sku", "product", "warehouse", "supplier", "amount", "cover", "state_label", "order", "night")
    list_filter: tuple[Any, ...] = (
        ("state", ChoicesDropdownFilter),
        ("warehouse", RelatedDropdownFilter),
        ("offer__supplier", RelatedDropdownFilter),
    )
    list_select_related = ("variant__product", "warehouse", "offer__supplier", "line__purchase_order")
    search_fields = ("variant__sku__istartswith", "variant__product__name")
    search_help_text = gettext_lazy("Search by SKU or product")
    ordering = ("-as_of", "-id")
    actions = None
    readonly_fields = (
        *("sku", "product", "warehouse", "supplier", "state_label", "order", "night"),
        *("computed", "by_staff", "decision", "why"),
    )
    fieldsets = (
        (None, {"fields": ("sku", "product", "warehouse", "supplier", "state_label", "order", "night")}),
        (gettext_lazy("Decision"), {"fields": ("computed", "by_staff", "decision")}),
        (gettext_lazy("Why so much"), {"fields": ("why",)}),
    )

    night = wording.moment_column("as_of", gettext_lazy("computed at"))

    def title_of(self, proposal: ReplenishmentProposal) -> str:
        return f"{proposal.variant} · {proposal.warehouse}"

    @display(description=gettext_lazy("SKU"))
    def sku(self, proposal: ReplenishmentProposal) -> str:
        return proposal.variant.sku

    @display(description=gettext_lazy("product"))
    def product(self, proposal: ReplenishmentProposal) -> str:
        return str(proposal.variant.product)

    @display(description=gettext_lazy("supplier"))
    def supplier(self, proposal: ReplenishmentProposal) -> str:
        return str(proposal.offer.supplier)

    @display(description=gettext_lazy("quantity"))
    def amount(self, proposal: ReplenishmentProposal) -> str:
        if proposal.override is None:
            return str(proposal.quantity)
        return format_html("<b>{}</b> <s>{}</s>", proposal.override, proposal.quantity)

    @display(description=gettext_lazy("days of cover"))
    def cover(self, proposal: ReplenishmentProposal) -> str:
        days = proposal.explanation["plan"]["days_of_cover"]
        return "-" if days is None else str(days)

    @display(description=gettext_lazy("state"))
    def state_label(self, proposal: ReplenishmentProposal) -> str:
        return wording.label(proposal.get_state_display(), COLORS[State(proposal.state)])

    @display(description=gettext_lazy("purchase order"))
    def order(self, proposal: ReplenishmentProposal) -> str:
        if proposal.line is None:
            return ""
        purchase = proposal.line.purchase_order
        address = reverse("admin:inventory_purchaseorder_change", args=[purchase.pk])
        return format_html('<a class="row-link" href="{}">{}</a>', address, purchase)

    @display(description=gettext_lazy("computed quantity"))
    def computed(self, proposal: ReplenishmentProposal) -> str:
        return str(proposal.quantity)

    @display(description=gettext_lazy("quantity set by staff"))
    def by_staff(self, proposal: ReplenishmentProposal) -> str:
        if proposal.override is None:
            return "-"
        return f"{proposal.override} · {labels.override_reason(proposal)}" + (
            f" · {proposal.override_by}" if proposal.override_by else ""
        )

    @display(description=gettext_lazy("decided"))
    def decision(self, proposal: ReplenishmentProposal) -> str:
        if proposal.decided_at is None:
            return "-"
        said = [wording.plain_moment(proposal.decided_at)]
        said += [str(proposal.decided_by)] if proposal.decided_by else []
        if proposal.state == State.DISMISSED:
            said.append(proposal.reason or _("taken out of the draft of the purchase order"))
        return " · ".join(said)

    @display(description="")
    def why(self, proposal: ReplenishmentProposal) -> str:
        return figures.table(proposal.explanation)

    @operation_button(
        title=gettext_lazy("Set another quantity"), permission=MAY_DECIDE, icon="edit", form=QuantityForm, shown=is_open,
        explanation=gettext_lazy(
            "It is bought instead of the computed quantity. Later nights keep it until the purchase order is approved."
        ),
        noted=lambda proposal, values: f"{proposal.units} → {values['quantity']} · {values['reason']}",
    )  # fmt: skip
    def override(self, request: HttpRequest, proposal: ReplenishmentProposal, values: dict[str, Any]) -> None:
        replenishment.override(proposal_id=proposal.pk, actor=actor(request), at=clock.now(), **values)

    @operation_button(
        title=gettext_lazy("Back to the computed quantity"), permission=MAY_DECIDE, icon="undo",
        shown=lambda proposal: is_open(proposal) and proposal.override is not None,
        noted=lambda proposal, values: f"{proposal.units} → {proposal.quantity}",
    )  # fmt: skip
    def undo_override(self, request: HttpRequest, proposal: ReplenishmentProposal) -> None:
        replenishment.undo_override(proposal_id=proposal.pk, actor=actor(request), at=clock.now())

    @operation_button(
        title=pgettext_lazy("proposal", "Dismiss"), permission=MAY_DECIDE, icon="block", form=ReasonForm, shown=is_open,
        danger=True, explanation=gettext_lazy(
            "Its line is taken out of the draft. The same need is not proposed again until the days to cover have passed."
        ),
        noted=lambda proposal, values: f"{proposal.units} → 0 · {values['reason']}",
    )  # fmt: skip
    def dismiss(self, request: HttpRequest, proposal: ReplenishmentProposal, values: dict[str, Any]) -> None:
        replenishment.dismiss(proposal_id=proposal.pk, actor=actor(request), at=clock.now(), **values)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.propose_view)
        return [path("propose/", view, name="inventory_replenishmentproposal_propose"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        may = request.user.has_perm(MAY_DECIDE)
        more = {"propose_url": reverse("admin:inventory_replenishmentproposal_propose")} if may else {}
        page: HttpResponse = super().changelist_view(request, {**more, **(extra_context or {})})
        return page

    def propose_view(self, request: HttpRequest) -> HttpResponse:
        """Asks for a run of the nightly job; the proposals are there when a worker has done it."""
        if not request.user.has_perm(MAY_DECIDE):
            raise PermissionDenied
        back = reverse("admin:inventory_replenishmentproposal_changelist") + "?state__exact=OPEN"
        form = NightForm(request.POST or None, row=None)
        if request.method == "POST" and form.is_valid():
            day = form.cleaned_data["as_of"]
            arguments = {"as_of": day.isoformat()} if day else {}
            if attempt(request, lambda: jobs.request(name=JOB, arguments=arguments, actor=actor(request), at=clock.now())):
                messages.success(request, _("The proposals are computed within a minute."))
                return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Compute the proposals now"),
            "form": form,
            "explanation": _("This is done each night by itself. Where nothing has changed since, nothing changes."),
            "submit": _("Compute now"),
            "back": back,
        }
        return TemplateResponse(request, "admin/_form_page.html", context)
