"""Reorder policies: what staff decide for each SKU in each warehouse, one by one or many at once."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from config.kernel import clock, shop
from config.kernel.admin import wording
from config.kernel.admin.buttons import actor, attempt, reason_field
from config.kernel.admin.house import once_per_row
from inventory.admin import explaining, figures
from inventory.admin.auditing import NamedInAudit
from inventory.models import Mode, ReorderPolicy
from inventory.operations import replenishment
from inventory.queries import replenishment as queries

MAY_CHANGE = "inventory.change_reorderpolicy"
HUNDRED = Decimal(100)


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


AS_ITS_CLASS = gettext_lazy("Empty: as its class.")


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    service_level = PercentField(
        label=SERVICE_LEVEL, help_text=format_lazy("{} {}", SERVICE_HELP, AS_ITS_CLASS), required=False
    )

    class Meta:
        model = ReorderPolicy
        fields = (
            *("variant", "warehouse", "is_enabled", "mode", "service_level"),
            *("form", "sizing", "review_days", "minimum_stock", "maximum_stock"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "mode" in self.fields:
            mode: Any = self.fields["mode"]
            mode.choices = [("", _("as its class")), *Mode.choices]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        lowest, highest = cleaned.get("minimum_stock"), cleaned.get("maximum_stock")
        if lowest is not None and highest is not None and highest < lowest:
            self.add_error("maximum_stock", _("The maximum stock is not below the minimum stock."))
        return cleaned


class ManyPoliciesForm(forms.Form):
    """What is left empty stays as it is."""

    service_level = PercentField(label=SERVICE_LEVEL, help_text=SERVICE_HELP, required=False)
    reason = reason_field(required=False, help_text=gettext_lazy("Needed for another service level; it stands in the history."))
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
    list_display = (
        "sku",
        "product",
        "warehouse",
        "level",
        "way",
        "review_days",
        "minimum_stock",
        "maximum_stock",
        "is_enabled",
    )
    list_filter: tuple[Any, ...] = (("warehouse", RelatedDropdownFilter), ("mode", ChoicesDropdownFilter), "is_enabled")
    list_select_related = ("variant__product", "warehouse")
    search_fields = ("variant__sku__istartswith", "variant__product__name")
    search_help_text = gettext_lazy("Search by SKU or product")
    ordering = ("variant_id", "warehouse_id")
    autocomplete_fields = ("variant",)
    actions = ("change_selected",)
    fieldsets = (
        (None, {"fields": ("variant", "warehouse", "is_enabled", "mode")}),
        (
            gettext_lazy("What shall lie there"),
            {"fields": ("service_level", "form", "sizing", "review_days", "minimum_stock", "maximum_stock")},
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Of a policy that is there the service level changes with a reason only: by the action, or beside a proposal."""
        tonight = ((gettext_lazy("What would be bought now"), {"fields": ("tonight",)}),) if obj else ()
        found = (*super().get_fieldsets(request, obj), *tonight)
        if obj is None:
            return found
        names = {"service_level": "level"}
        return tuple(
            (title, {**options, "fields": tuple(names.get(one, one) for one in options["fields"])}) for title, options in found
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("variant", "warehouse", "service_level", "level", "tonight") if obj else ()

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
        return str(_("as its class")) if policy.service_level is None else explaining.percent(policy.service_level)

    @display(description=pgettext_lazy("replenishment", "mode"))
    def way(self, policy: ReorderPolicy) -> str:
        return policy.get_mode_display() if policy.mode else str(_("as its class"))

    @display(description="")
    @once_per_row
    def tonight(self, policy: ReorderPolicy) -> str:
        now = clock.now()
        found = queries.needs(at=now, as_of=shop.day(now), policies=[policy.pk])
        if found.needs:
            return figures.table(found.needs[0].explanation(found.needs[0].quantity), is_open=True)
        return str(explaining.NOTHING[replenishment.OFF_SALE if found.off_sale else replenishment.NO_SUPPLIER])

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
