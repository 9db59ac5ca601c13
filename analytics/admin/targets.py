"""Sales targets of months: their list and form, and what the page of the sales forecast tells of a month next to its target."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from analytics import aiming
from analytics.admin import target_words as words
from analytics.admin.lines import LabeledForm
from analytics.aiming import Figures
from analytics.models import SalesTarget
from analytics.operations import targets
from analytics.queries import targets as queries
from analytics.queries.targets import Month
from analytics.words.figures import money, number, short_day
from config.kernel import clock, shop
from config.kernel.admin import wording
from config.kernel.admin.buttons import actor
from config.kernel.admin.tables import TableAdmin
from config.kernel.money import Money
from inventory.admin.saving import AmountFormField
from inventory.models import Category

MAY_SEE = ("analytics.view_salestarget", "analytics.view_dailysales")
MAY_ADD, MAY_CHANGE = "analytics.add_salestarget", "analytics.change_salestarget"
MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
# A year can be planned at once.
MONTHS_AHEAD = 12
# Months one click away on the page of the forecast, before and after the present one.
OFFERED = (-2, -1, 0, 1)


class CategoryField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Category) -> str:
        return obj.path


class TargetForm(LabeledForm):
    month = forms.TypedChoiceField(
        label=pgettext_lazy("sales target", "month"), coerce=date.fromisoformat, widget=UnfoldAdminSelectWidget
    )
    category = CategoryField(
        label=gettext_lazy("category"),
        queryset=Category.objects.none(),
        required=False,
        empty_label=gettext_lazy("Whole shop"),
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("A category's target is for those below it as well."),
    )
    amount = AmountFormField(
        label=gettext_lazy("target net sales"),
        min_value=1,
        help_text=gettext_lazy("Net sales: after discounts and returns, tax inside."),
    )
    units = forms.IntegerField(
        label=gettext_lazy("target units"),
        required=False,
        min_value=1,
        max_value=2_147_483_647,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=gettext_lazy("Units ordered. Leave it empty where only sales count."),
    )

    class Meta:
        model = SalesTarget
        fields = ("month", "category", "amount", "units")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            # Another month, or another category, is another target.
            del self.fields["month"], self.fields["category"]
            return
        present = shop.day(clock.now()).replace(day=1)
        offered = [aiming.next_month(present, number) for number in range(MONTHS_AHEAD + 1)]
        months: Any = self.fields["month"]
        months.choices = [(one.isoformat(), words.month(one)) for one in offered]
        categories: Any = self.fields["category"]
        categories.queryset = Category.objects.select_related("parent__parent").order_by("name", "pk")


class ByMonth(DropdownFilter):  # type: ignore[misc]
    title = pgettext_lazy("sales target", "month")
    parameter_name = "month"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        months = SalesTarget.objects.order_by("-month").values_list("month", flat=True).distinct()
        return [(f"{one:%Y-%m}", words.month(one)) for one in months[: 3 * MONTHS_AHEAD]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        month = month_of(self.value() or "")
        return queryset if month is None else queryset.filter(month=month)


@admin.register(SalesTarget)
class SalesTargetAdmin(TableAdmin):
    form = TargetForm
    empty_hint = gettext_lazy("What is to be sold in a month, of the whole shop or of a category.")
    list_display = ("month_words", "part", "amount_words", "units_words", "who", "set")
    list_filter: tuple[Any, ...] = (ByMonth,)
    list_select_related = ("category__parent__parent", "set_by")
    # Falling, the shop's own target comes before those of categories.
    ordering = ("-month", "-category_id")
    sortable_by = ()
    actions = None

    set = wording.moment_column("set_at", gettext_lazy("set at"))

    def title_of(self, row: SalesTarget) -> str:
        return f"{words.month(row.month)} · {words.part(row)}"

    def get_fields(self, request: HttpRequest, obj: SalesTarget | None = None) -> Any:
        if obj is None:
            return ("month", "category", "amount", "units")
        if not self.has_change_permission(request, obj):
            return ("month_words", "part", "amount_words", "units_words", "who", "set")
        return ("month_words", "part", "amount", "units", "who", "set")

    def get_readonly_fields(self, request: HttpRequest, obj: SalesTarget | None = None) -> Any:
        return ("month_words", "part", "amount_words", "units_words", "who", "set")

    # A month that is over keeps the target it was judged by.

    def has_change_permission(self, request: HttpRequest, obj: SalesTarget | None = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and (obj is None or targets.is_open(obj.month, clock.now()))

    def has_delete_permission(self, request: HttpRequest, obj: SalesTarget | None = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and (obj is None or targets.is_open(obj.month, clock.now()))

    # --- the operations write

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> SalesTarget:
        target: SalesTarget = form.instance
        return target

    def save_model(self, request: HttpRequest, obj: SalesTarget, form: Any, change: bool) -> None:
        given: dict[str, Any] = {"amount": form.cleaned_data["amount"], "units": form.cleaned_data["units"]}
        who: dict[str, Any] = {"actor": actor(request), "at": clock.now()}
        if change:
            targets.change_target(target_id=obj.pk, **given, **who)
        else:
            obj.pk = targets.add_target(month=obj.month, category_id=obj.category_id, **given, **who).pk

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing belongs to a target."""

    def delete_model(self, request: HttpRequest, obj: SalesTarget) -> None:
        targets.drop_target(target_id=obj.pk, at=clock.now())

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """What the audit keeps: the target, and the one before it."""
        amount, units = form.cleaned_data["amount"], form.cleaned_data["units"]
        now = _told(amount, units)
        return now if add else f"{_told(form.initial.get('amount'), form.initial.get('units'))} → {now}"

    # --- columns

    @display(description=pgettext_lazy("sales target", "month"))
    def month_words(self, row: SalesTarget) -> str:
        return words.month(row.month)

    @display(description=gettext_lazy("category"))
    def part(self, row: SalesTarget) -> str:
        return words.part(row)

    @display(description=gettext_lazy("target net sales"))
    def amount_words(self, row: SalesTarget) -> str:
        return money(row.amount)

    @display(description=gettext_lazy("target units"))
    def units_words(self, row: SalesTarget) -> str:
        return "-" if row.units is None else number(row.units)

    @display(description=gettext_lazy("set by"))
    def who(self, row: SalesTarget) -> str:
        return str(row.set_by) if row.set_by else "-"

    # --- the table

    def table_heading(self, request: HttpRequest) -> list[Any]:
        return [
            pgettext_lazy("sales target", "month"), _("category"), _("target net sales"), _("target units"), _("set by"),
            _("set at"),
        ]  # fmt: skip

    def table_row(self, request: HttpRequest, row: SalesTarget) -> list[Any]:
        code = row.category.code if row.category else ""
        amount = Money(row.amount, settings.SHOP_CURRENCY).as_text()
        return [f"{row.month:%Y-%m}", code, amount, row.units, self.who(row), wording.plain_moment(row.set_at)]


def _told(amount: Decimal | None, units: int | None) -> str:
    return money(amount) if units is None else f"{money(amount)} / {number(units)}"


# --- a month on the page of the forecast


def month_of(text: str) -> date | None:
    """The first day of 2026-11; nothing where that is no month."""
    return date.fromisoformat(f"{text}-01") if MONTH.fullmatch(text) else None


def section(request: HttpRequest) -> dict[str, Any]:
    """For whoever may see targets and takings; for others nothing."""
    if not request.user.has_perms(MAY_SEE):
        return {}
    at = clock.now()
    present = shop.day(at).replace(day=1)
    chosen = month_of(request.GET.get("month", "")) or present
    found = queries.month(first=chosen, at=at)
    offered = sorted({chosen, *(aiming.next_month(present, number) for number in OFFERED)})
    may_set = targets.is_open(chosen, at)
    add = reverse("admin:analytics_salestarget_add") if may_set and request.user.has_perm(MAY_ADD) else ""
    may_change = may_set and request.user.has_perm(MAY_CHANGE)
    known = {"month": chosen.isoformat()}
    return {
        "aimed": {
            "title": _("%(month)s against its target") % {"month": words.month(chosen)},
            "months": [
                {"title": words.month(one), "query": f"month={one:%Y-%m}", "is_current": one == chosen} for one in offered
            ],
            "summary": words.summary(found),
            "add": f"{add}?{urlencode(known)}" if add and None not in found.targets else "",
            "list": f"{reverse('admin:analytics_salestarget_changelist')}?{urlencode({'month': f'{chosen:%Y-%m}'})}",
            "is_over": found.span.is_over,
            # Where the forecast ends before the month does.
            "until": short_day(found.span.reaches) if found.span.untold and found.span.reaches else "",
            "of_categories": words.of_categories(found),
            "kept": words.kept(found.kept) if found.kept is not None else "",
            "kept_days": queries.KEPT_DAYS,
            "rows": [
                _row(found, None, found.whole, _("Total"), add, may_change, known) | {"css": "sum"},
                *(
                    _row(found, one.key, one.figures, found.names.get(one.key, "-"), add, may_change, known)
                    | {"css": f"under-{min(one.depth, 2)}"}
                    for one in found.rows
                ),
            ],
        }
    }


def _row(
    found: Month, key: int | None, figures: Figures, name: str, add: str, may_change: bool, known: dict[str, str]
) -> dict[str, Any]:
    span, target = found.span, found.targets.get(key)
    is_forecast = span.reaches is not None
    asked = known if key is None else {**known, "category": str(key)}
    url = ""
    if target is not None and may_change:
        url = reverse("admin:analytics_salestarget_change", args=[target.pk])
    elif target is None and add:
        url = f"{add}?{urlencode(asked)}"
    return {
        "name": name,
        "came": money(figures.came) if span.counted else "-",
        "coming": money(figures.coming) if is_forecast else "-",
        "expected": money(figures.expected) if is_forecast or span.is_over else "-",
        "range": f"{money(figures.lower)} – {money(figures.upper)}" if is_forecast else "",
        "target": money(target.amount) if target else "",
        "url": url,
        "difference": words.difference(span, figures, target.amount) if target else "",
        # Even at the upper end of what is expected.
        "is_short": target is not None and span.is_told and figures.upper < target.amount,
        "units": number(round(figures.expected_units)) if target and target.units and (is_forecast or span.is_over) else "",
        "target_units": number(target.units) if target and target.units else "",
    }
