"""What the plans reckon with: advice, classes, learned lead times; and what the shop promises, pays for and allows."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from config.kernel.admin import wording
from config.kernel.admin.house import HouseAdmin, ReadOnlyAdmin
from config.kernel.admin.navigation import Link, add_tabs
from inventory.admin import explaining, labels
from inventory.admin.auditing import NamedInAudit
from inventory.admin.policies import HUNDRED, SERVICE_HELP, SERVICE_LEVEL, PercentField
from inventory.admin.saving import AmountFormField
from inventory.models import ApprovalLimit, DemandAdvice, LearnedLeadTime, ServiceClass, StockClass, StockingRules

# Half a day more or less is no news.
NO_NEWS = 0.5
LEARNED = (
    Link(
        gettext_lazy("Learned lead times"),
        "schedule",
        "admin:inventory_learnedleadtime_changelist",
        "inventory.view_learnedleadtime",
    ),
    Link(gettext_lazy("Stock classes"), "category", "admin:inventory_stockclass_changelist", "inventory.view_stockclass"),
    Link(gettext_lazy("Demand advice"), "insights", "admin:inventory_demandadvice_changelist", "inventory.view_demandadvice"),
    Link(gettext_lazy("Service classes"), "star", "admin:inventory_serviceclass_changelist", "inventory.view_serviceclass"),
)
LIMITS = (
    Link(
        gettext_lazy("Cost figures and limits"), "account_balance_wallet", "admin:inventory_stockingrules_changelist",
        "inventory.view_stockingrules",
    ),
    Link(
        gettext_lazy("Approval limits"), "verified_user", "admin:inventory_approvallimit_changelist",
        "inventory.view_approvallimit",
    ),
)  # fmt: skip
add_tabs(
    ("inventory.learnedleadtime", "inventory.stockclass", "inventory.demandadvice", "inventory.serviceclass"),
    LEARNED,
)
add_tabs(("inventory.stockingrules", "inventory.approvallimit"), LIMITS)


class OfPlace(NamedInAudit):
    """For rows about one SKU in one warehouse."""

    list_select_related: Any = ("variant__product", "warehouse")
    search_fields = ("variant__sku__istartswith", "variant__product__name")
    search_help_text = gettext_lazy("Search by SKU or product")

    def title_of(self, row: Any) -> str:
        return f"{row.variant} · {row.warehouse}"

    @display(description=gettext_lazy("SKU"))
    def sku(self, row: Any) -> str:
        return str(row.variant.sku)

    @display(description=gettext_lazy("product"))
    def product(self, row: Any) -> str:
        return labels.variant_name(row.variant)


@admin.register(DemandAdvice)
class DemandAdviceAdmin(OfPlace, ReadOnlyAdmin):
    empty_hint = gettext_lazy(
        "What is expected to be sold. Proposals follow it while it is valid; without it, what was shipped."
    )
    list_display = ("sku", "product", "warehouse", "week", "method", "origin", "valid_until")
    list_filter: tuple[Any, ...] = (("warehouse", RelatedDropdownFilter),)
    ordering = ("variant_id", "warehouse_id")
    readonly_fields = (
        "sku",
        "product",
        "warehouse",
        "week",
        "days",
        "spread",
        "method",
        "origin",
        "valid_until",
        "applied",
        "more",
    )
    fieldsets = (
        (None, {"fields": ("sku", "product", "warehouse", "origin", "valid_until", "applied")}),
        (gettext_lazy("What is expected"), {"fields": ("method", "week", "days", "spread", "more")}),
    )

    applied = wording.moment_column("applied_at", gettext_lazy("applied at"))

    @display(description=gettext_lazy("units for the coming week"))
    def week(self, row: DemandAdvice) -> str:
        return f"{sum(row.daily[:7]):,.1f}"

    @display(description=gettext_lazy("units for a day, week by week"))
    def days(self, row: DemandAdvice) -> str:
        weeks = [row.daily[first : first + 7] for first in range(0, len(row.daily), 7)]
        return " · ".join(f"{sum(week) / len(week):,.2f}" for week in weeks)

    @display(description=gettext_lazy("variance to mean"))
    def spread(self, row: DemandAdvice) -> str:
        return f"{row.dispersion:.2f}" + (f" ± {row.doubt:.0%}" if row.doubt else "")

    @display(description=gettext_lazy("how it was made"))
    def more(self, row: DemandAdvice) -> str:
        sentence = row.explanation.get("sentence")
        return str(sentence) if sentence else "-"


@admin.register(StockClass)
class StockClassAdmin(OfPlace, ReadOnlyAdmin):
    empty_hint = gettext_lazy("Which SKUs make the turnover and which sell steadily, learned each night from 26 weeks.")
    list_display = ("sku", "product", "warehouse", "name", "money", "above", "weekly", "unsteady")
    list_filter: tuple[Any, ...] = (
        ("abc", ChoicesDropdownFilter),
        ("xyz", ChoicesDropdownFilter),
        ("warehouse", RelatedDropdownFilter),
    )
    ordering = ("abc", "xyz", "id")
    fields = ("sku", "product", "warehouse", "name", "money", "above", "weekly", "unsteady", "learned")
    readonly_fields = fields

    learned = wording.moment_column("learned_at", gettext_lazy("learned at"))

    @display(description=gettext_lazy("class"))
    def name(self, row: StockClass) -> str:
        return f"{row.abc}{row.xyz}"

    @display(description=gettext_lazy("turnover of 26 weeks"))
    def money(self, row: StockClass) -> str:
        return wording.amount(row.turnover)

    @display(description=gettext_lazy("share of those above"))
    def above(self, row: StockClass) -> str:
        return explaining.percent(row.share_above)

    @display(description=gettext_lazy("units for a week"))
    def weekly(self, row: StockClass) -> str:
        return f"{row.weekly_mean:,.1f}"

    @display(description=gettext_lazy("variation"))
    def unsteady(self, row: StockClass) -> str:
        return "-" if row.variation is None else f"{row.variation:.2f}"


@admin.register(LearnedLeadTime)
class LearnedLeadTimeAdmin(NamedInAudit, ReadOnlyAdmin):
    empty_hint = gettext_lazy("How long suppliers really take, learned each night from what came. Proposals reckon with it.")
    list_display = ("who", "what", "receipts", "promise", "as_it_was", "reckoned", "verdict")
    list_filter: tuple[Any, ...] = (("supplier", RelatedDropdownFilter),)
    list_select_related = ("supplier", "offer__variant")
    search_fields = ("supplier__name", "offer__variant__sku__istartswith")
    search_help_text = gettext_lazy("Search by supplier or SKU")
    ordering = ("supplier_id", "id")
    fields = ("who", "what", "receipts", "promise", "as_it_was", "reckoned", "verdict", "learned")
    readonly_fields = fields

    learned = wording.moment_column("learned_at", gettext_lazy("learned at"))

    def title_of(self, row: LearnedLeadTime) -> str:
        return f"{row.supplier} · {row.offer.variant}" if row.offer else str(row.supplier)

    @display(description=gettext_lazy("supplier"))
    def who(self, row: LearnedLeadTime) -> str:
        return str(row.supplier)

    @display(description=gettext_lazy("SKU"))
    def what(self, row: LearnedLeadTime) -> str:
        return row.offer.variant.sku if row.offer else str(_("all its goods"))

    @display(description=gettext_lazy("days promised"))
    def promise(self, row: LearnedLeadTime) -> str:
        return f"{row.promised:g}"

    @display(description=gettext_lazy("days as they were"))
    def as_it_was(self, row: LearnedLeadTime) -> str:
        return f"{row.observed_mean:.1f} ± {row.observed_deviation:.1f}"

    @display(description=gettext_lazy("days reckoned with"))
    def reckoned(self, row: LearnedLeadTime) -> str:
        return f"{row.mean:.1f} ± {row.deviation:.1f}"

    @display(description=gettext_lazy("against the promise"))
    def verdict(self, row: LearnedLeadTime) -> str:
        late = row.observed_mean - row.promised
        if abs(late) < NO_NEWS:
            return wording.label(_("as promised"), "success")
        told = _("%(days)s days later") if late > 0 else _("%(days)s days earlier")
        return wording.label(told % {"days": f"{abs(late):.1f}"}, "warning" if late > 0 else "info")


class ServiceClassForm(forms.ModelForm):  # type: ignore[type-arg]
    service_level = PercentField(label=SERVICE_LEVEL, help_text=SERVICE_HELP)

    class Meta:
        model = ServiceClass
        fields = ("service_level", "mode")


@admin.register(ServiceClass)
class ServiceClassAdmin(NamedInAudit):
    form = ServiceClassForm
    empty_hint = gettext_lazy("What is promised for each class of SKUs.")
    list_display = ("name", "meaning", "level", "mode")
    ordering = ("abc", "xyz")
    fields = ("name", "meaning", "service_level", "mode")
    readonly_fields = ("name", "meaning")
    MEANINGS = {
        "A": gettext_lazy("makes most of the turnover"),
        "B": gettext_lazy("makes part of the turnover"),
        "C": gettext_lazy("makes little of the turnover"),
        "X": gettext_lazy("sells steadily"),
        "Y": gettext_lazy("sells unevenly"),
        "Z": gettext_lazy("sells now and then"),
    }

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There are nine of them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def title_of(self, row: ServiceClass) -> str:
        return f"{row.abc}{row.xyz}"

    @display(description=gettext_lazy("class"))
    def name(self, row: ServiceClass) -> str:
        return self.title_of(row)

    @display(description=gettext_lazy("which SKUs"))
    def meaning(self, row: ServiceClass) -> str:
        return f"{self.MEANINGS[row.abc]} · {self.MEANINGS[row.xyz]}"

    @display(description=gettext_lazy("service level"))
    def level(self, row: ServiceClass) -> str:
        return explaining.percent(row.service_level)


class RateField(PercentField):
    """A share of any size, typed in percent."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 0.01, "max_value": 200, **kwargs})


class RulesForm(forms.ModelForm):  # type: ignore[type-arg]
    holding_rate = RateField(
        label=gettext_lazy("Holding rate in percent a year"), help_text=StockingRules._meta.get_field("holding_rate").help_text
    )
    order_line_cost = AmountFormField(
        label=gettext_lazy("cost for each order line"), help_text=StockingRules._meta.get_field("order_line_cost").help_text
    )
    monthly_budget = AmountFormField(
        label=gettext_lazy("budget for a month"), required=False,
        help_text=StockingRules._meta.get_field("monthly_budget").help_text,
    )  # fmt: skip
    automatic_amount = AmountFormField(
        label=gettext_lazy("most for an automatic order"), required=False,
        help_text=StockingRules._meta.get_field("automatic_amount").help_text,
    )  # fmt: skip

    class Meta:
        model = StockingRules
        fields = ("holding_rate", "order_line_cost", "monthly_budget", "automatic_amount", "automatic_factor")


@admin.register(StockingRules)
class StockingRulesAdmin(HouseAdmin):
    form = RulesForm
    empty_hint = gettext_lazy("What stock and orders cost the shop, and how far the replenishment may go by itself.")
    list_display = ("open_it", "rate", "line_cost", "budget", "most", "automatic_factor")
    ordering = ("pk",)
    fieldsets = (
        (gettext_lazy("What stock costs"), {"fields": ("holding_rate", "order_line_cost")}),
        (gettext_lazy("Shared by all purchases"), {"fields": ("monthly_budget",)}),
        (gettext_lazy("Orders by itself"), {"fields": ("automatic_amount", "automatic_factor")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one row, from the beginning."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description="")
    def open_it(self, row: StockingRules) -> str:
        return str(_("The shop's figures"))

    @display(description=gettext_lazy("holding rate"))
    def rate(self, row: StockingRules) -> str:
        return f"{row.holding_rate * HUNDRED:.2f}".rstrip("0").rstrip(".") + "%"

    @display(description=gettext_lazy("cost for each order line"))
    def line_cost(self, row: StockingRules) -> str:
        return wording.amount(row.order_line_cost)

    @display(description=gettext_lazy("budget for a month"))
    def budget(self, row: StockingRules) -> str:
        return wording.amount(row.monthly_budget)

    @display(description=gettext_lazy("most for an automatic order"))
    def most(self, row: StockingRules) -> str:
        return wording.amount(row.automatic_amount)


class LimitForm(forms.ModelForm):  # type: ignore[type-arg]
    amount = AmountFormField(
        label=gettext_lazy("most for a purchase order"), help_text=ApprovalLimit._meta.get_field("amount").help_text
    )

    class Meta:
        model = ApprovalLimit
        fields = ("role", "amount")


@admin.register(ApprovalLimit)
class ApprovalLimitAdmin(HouseAdmin):
    form = LimitForm
    empty_hint = gettext_lazy("Up to which amount a role may approve a purchase order. Without a row there is no limit.")
    list_display = ("who", "money")
    ordering = ("role",)
    fields = ("role", "amount")

    @display(description=pgettext_lazy("staff", "role"))
    def who(self, row: ApprovalLimit) -> str:
        return row.get_role_display()

    @display(description=gettext_lazy("most for a purchase order"))
    def money(self, row: ApprovalLimit) -> str:
        return wording.amount(row.amount)
