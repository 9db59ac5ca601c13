"""Demand of each SKU in each warehouse: its past, what is expected, what staff set; and whom a warehouse serves."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from analytics import drawing, expecting, holidays
from analytics.admin import demand_words as words
from analytics.admin.charts import LABELS, SATURDAY
from analytics.models import DemandOverride, DemandSeries, ServedRegion
from analytics.operations import demand_overrides
from analytics.queries import forecasts
from analytics.queries.demand import Past
from analytics.queries.forecasts import Told
from analytics.words.figures import day, number, short_day, weekday_names
from config.kernel import clock, shop
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonsAdmin, ReasonForm, actor, operation_button
from config.kernel.admin.house import HouseAdmin, ReadOnlyAdmin
from config.kernel.admin.row_links import RowLink, add_row_link
from config.kernel.admin.tables import TableAdmin
from inventory.admin import labels

MAY_SET = "analytics.change_demandseries"
LOWER, UPPER = 0.025, 0.975


class BySet(DropdownFilter):  # type: ignore[misc]
    title = gettext_lazy("set by staff")
    parameter_name = "set"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", _("set by staff"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(is_set=True) if self.value() == "1" else queryset


class SetForm(ReasonForm):
    first_on = forms.DateField(label=gettext_lazy("From"), widget=forms.DateInput)
    last_on = forms.DateField(label=gettext_lazy("To"), widget=forms.DateInput)
    units_a_day = forms.DecimalField(
        label=gettext_lazy("units a day"),
        required=False,
        max_digits=9,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0))],
        help_text=gettext_lazy("Or percent of the forecast: one of the two."),
    )
    percent = forms.IntegerField(
        label=gettext_lazy("percent of the forecast"),
        required=False,
        validators=[MinValueValidator(0), MaxValueValidator(1000)],
        help_text=gettext_lazy("150 is half as much again, 0 is nothing at all."),
    )
    field_order = ("first_on", "last_on", "units_a_day", "percent", "reason")

    def prepare(self, row: Any) -> None:
        tomorrow = shop.day(clock.now()) + timedelta(days=1)
        self.fields["first_on"].initial = tomorrow.isoformat()
        self.fields["last_on"].initial = (tomorrow + timedelta(days=13)).isoformat()

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if {"units_a_day", "percent"} <= given.keys() and (given["units_a_day"] is None) == (given["percent"] is None):
            self.add_error("units_a_day", _("Say either units a day or percent of the forecast."))
        if given.get("first_on") and given.get("last_on") and given["last_on"] < given["first_on"]:
            self.add_error("last_on", _("The period ends before it begins."))
        return given


@admin.register(DemandSeries)
class DemandSeriesAdmin(TableAdmin, ReadOnlyAdmin, ButtonsAdmin):
    change_form_outer_after_template = "admin/analytics/demandseries/_told.html"
    empty_hint = gettext_lazy("Demand is forecast each night, for every SKU that was ordered within a year.")
    list_display = ("sku", "product", "warehouse", "class_words", "method_words", "week", "month", "change", "is_set_words")
    list_filter: tuple[Any, ...] = (("demand_class", ChoicesDropdownFilter), ("warehouse", RelatedDropdownFilter), BySet)
    list_select_related = ("variant__product", "warehouse")
    search_fields = ("variant__sku__istartswith",)
    search_help_text = gettext_lazy("Search by the beginning of the SKU")
    ordering = ("-week_units", "-id")
    sortable_by = ()
    actions = None
    fields = ("sku_link", "product", "warehouse", "class_words", "method_words", "as_of")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[DemandSeries]:
        standing = DemandOverride.objects.filter(series=OuterRef("pk"), ended_at=None)
        found: QuerySet[DemandSeries] = super().get_queryset(request).annotate(is_set=Exists(standing))
        return found

    def title_of(self, row: DemandSeries) -> str:
        return f"{row.variant.sku} · {row.warehouse.name}"

    # --- columns

    @display(description=gettext_lazy("SKU"))
    def sku(self, row: DemandSeries) -> str:
        return row.variant.sku

    @display(description=gettext_lazy("SKU"))
    def sku_link(self, row: DemandSeries) -> str:
        return labels.variant_link(row.variant)

    @display(description=gettext_lazy("product"))
    def product(self, row: DemandSeries) -> str:
        return labels.variant_name(row.variant)

    @display(description=gettext_lazy("demand class"))
    def class_words(self, row: DemandSeries) -> str:
        return words.demand_class(row.demand_class)

    @display(description=pgettext_lazy("forecast", "method"))
    def method_words(self, row: DemandSeries) -> str:
        return words.method(row.method)

    @display(description=gettext_lazy("expected in 7 days"))
    def week(self, row: DemandSeries) -> str:
        return words.units(row.week_units)

    @display(description=gettext_lazy("expected in 28 days"))
    def month(self, row: DemandSeries) -> str:
        return words.units(row.month_units)

    @display(description=gettext_lazy("change in a week"))
    def change(self, row: DemandSeries) -> str:
        return words.percent(row.trend, signed=True)

    @display(description="")
    def is_set_words(self, row: DemandSeries) -> str:
        is_set: bool = row.is_set  # type: ignore[attr-defined]  # annotated by the query
        return wording.label(_("set by staff"), "warning") if is_set else ""

    @display(description=pgettext_lazy("forecast", "as of"))
    def as_of(self, row: DemandSeries) -> str:
        return day(row.origin)

    # --- the table

    def table_heading(self, request: HttpRequest) -> list[Any]:
        return [
            _("SKU"), _("warehouse"), _("as of"), _("demand class"), pgettext_lazy("forecast", "method"),
            _("expected in 7 days"), _("expected in 28 days"), pgettext_lazy("forecast", "level"),
            pgettext_lazy("forecast", "trend"), _("variance over mean"), _("set by staff"),
        ]  # fmt: skip

    def table_row(self, request: HttpRequest, row: DemandSeries) -> list[Any]:
        return [
            row.variant.sku, row.warehouse.code, row.origin, words.demand_class(row.demand_class), words.method(row.method),
            round(row.week_units, 2), round(row.month_units, 2), round(row.level, 3), round(row.trend, 4),
            round(row.dispersion, 2), int(row.is_set),  # type: ignore[attr-defined]
        ]  # fmt: skip

    # --- the page

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            context |= told(forecasts.told(row))
        return super().render_change_form(request, context, *args, **kwargs)

    @operation_button(
        title=gettext_lazy("Set the demand"),
        permission=MAY_SET,
        icon="edit",
        form=SetForm,
        explanation=gettext_lazy(
            "What you set wins over the forecast from the first to the last day, and purchases are proposed by it."
        ),
        noted=lambda row, values: f"{values['first_on']} - {values['last_on']}: {_set(values)}: {values['reason']}",
    )
    def set_demand(self, request: HttpRequest, row: DemandSeries, values: dict[str, Any]) -> str:
        demand_overrides.set_demand(series_id=row.pk, actor=actor(request), at=clock.now(), **values)
        return _("This is what is expected now.")

    @operation_button(
        title=gettext_lazy("Take back what was set"),
        permission=MAY_SET,
        icon="undo",
        shown=lambda row: row.is_set,
        form=ReasonForm,
        explanation=gettext_lazy("The forecast holds again."),
        noted=lambda row, values: values["reason"],
    )
    def take_back(self, request: HttpRequest, row: DemandSeries, values: dict[str, Any]) -> str:
        demand_overrides.take_back(series_id=row.pk, actor=actor(request), at=clock.now(), **values)
        return _("The forecast holds again.")


def _set(values: dict[str, Any]) -> str:
    return f"{values['percent']} %" if values["percent"] is not None else str(values["units_a_day"])


add_row_link(
    "inventory.variant",
    RowLink(
        gettext_lazy("Demand"),
        "show_chart",
        ("analytics.view_demandseries",),
        lambda variant: f"{reverse('admin:analytics_demandseries_changelist')}?{urlencode({'q': variant.sku})}",
    ),
)


@admin.register(ServedRegion)
class ServedRegionAdmin(HouseAdmin):
    empty_hint = gettext_lazy("Without regions an order counts for the warehouse that held its goods.")
    list_display = ("__str__", "warehouse", "priority")
    list_select_related = ("warehouse",)
    search_fields = ("postal_prefix", "province")
    search_help_text = gettext_lazy("Search by postal code or province")
    ordering = ("priority", "id")
    fields = ("warehouse", "postal_prefix", "province", "priority")


# --- what the page of one SKU tells


def told(found: Told) -> dict[str, Any]:
    row, daily = found.series, found.daily
    week, month = sum(daily[: forecasts.WEEK]), sum(daily)
    return {
        "chart": _chart(found, daily),
        "sentence": words.sentence(row, week, expecting.bound(week, row.dispersion)),
        "facts": [
            (_("expected in 7 days"), words.units(week)),
            (_("expected in 28 days"), words.units(month)),
            (_("Level, units a day"), words.factor(row.level)),
            (_("change in a week"), words.percent(row.trend, signed=True)),
            (_("Season, 28 days ahead"), words.season(found.season)),
            (_("variance over mean"), words.factor(row.dispersion)),
        ],
        "weekdays": [
            {"name": short, "factor": words.factor(one), "length": drawing.length(_share(one, row.weekdays))}
            for (short, _long), one in zip(weekday_names(), row.weekdays, strict=False)
        ],
        "canvas_width": drawing.WIDTH,
        "misses": [
            {
                "day": day(one.origin),
                "method": words.method(one.method),
                "expected": words.units(one.expected),
                "upper": number(round(one.upper)),
                "units": number(one.units),
                "missed": words.units(one.units - one.expected) if one.units <= one.expected else f"+{_more(one)}",
                "hidden": one.hidden_days,
                "is_over": one.units > one.upper,
            }
            for one in found.errors
        ],
        "override": words.override(found.override) if found.override else "",
        "overrides": [
            {
                "words": words.override(one),
                "reason": one.reason,
                "who": str(one.made_by) if one.made_by else "",
                "at": one.made_at,
                "ended_at": one.ended_at,
                "end_reason": one.end_reason,
            }
            for one in found.overrides
        ],
        "bulk": sum(one.bulk_units for one in found.past),
        "returned": sum(one.returned_units for one in found.past),
        "hidden_days": sum(one.is_hidden for one in found.past),
        "shown_days": len(found.past),
        "set_url": reverse("admin:analytics_demandseries_press", args=[row.pk, "set_demand"]),
        "accuracy_url": reverse("admin:analytics_forecastscore_changelist"),
    }


def _more(one: forecasts.Missed) -> str:
    return words.units(one.units - one.expected)


def _share(one: float, all_of_them: list[float]) -> Decimal:
    most = max(all_of_them, default=0.0)
    return Decimal(str(one / most)) if most else Decimal(0)


def _chart(found: Told, daily: list[float]) -> dict[str, Any]:
    """What was, as a line; what is expected, as a line in its band; days without stock marked."""
    spread = found.series.dispersion
    before, after = [None] * len(found.past), [None] * len(daily)
    was = [Decimal(one.units) for one in found.past]
    coming = [Decimal(str(round(one, 2))) for one in daily]
    upper = [Decimal(expecting.bound(one, spread, UPPER)) for one in daily]
    lower = [Decimal(expecting.bound(one, spread, LOWER)) for one in daily]
    drawn = drawing.chart([*was, *after], [*before, *coming], [*before, *upper], [*before, *lower])
    days = [*(one.day for one in found.past), *found.days()]
    off = holidays.between(days[0], days[-1], get_language() or "ko")
    told = [*(_was(one, off) for one in found.past), *_expected(days[len(was) :], coming, lower, upper, off)]
    return {
        "title": _("Units wanted by day, and what is expected"),
        "drawn": drawn,
        "was": drawn.lines[0],
        "expected": drawn.lines[1],
        "band": _band(drawn.lines[2], drawn.lines[3]),
        "slots": [
            {
                "left": slot.left,
                "width": slot.width,
                "words": one,
                "is_weekend": on.weekday() >= SATURDAY,
                "is_holiday": on in off,
                "is_hidden": place < len(found.past) and found.past[place].is_hidden,
                "is_promoted": place < len(found.past) and found.past[place].promoted_units > 0,
            }
            for place, (slot, on, one) in enumerate(zip(drawn.slots, days, told, strict=True))
        ],
        "ticks": [number(tick, 1 if tick % 1 else 0) for tick in drawn.ticks],
        "labels": [short_day(days[place]) for place in drawing.evenly(len(days), LABELS)],
        "width": drawing.WIDTH,
        "height": drawing.HEIGHT,
    }


def _was(one: Past, off: dict[date, str]) -> str:
    parts = [day(one.day), off.get(one.day, ""), _("%(units)s units") % {"units": number(one.units)}]
    if one.sold_out:
        parts.append(_("without stock for %(share)s of the day") % {"share": words.percent(one.sold_out)})
    if one.bulk_units:
        parts.append(_("and %(units)s in bulk orders") % {"units": number(one.bulk_units)})
    if one.promoted_units:
        parts.append(_("%(units)s of them with a promotion") % {"units": number(one.promoted_units)})
    return " · ".join(part for part in parts if part)


def _expected(
    days: list[date], coming: list[Decimal], lower: list[Decimal], upper: list[Decimal], off: dict[date, str]
) -> list[str]:
    return [
        " · ".join(
            part
            for part in (
                day(on),
                off.get(on, ""),
                _("%(units)s expected, from %(lower)s to %(upper)s")
                % {"units": words.units(float(one)), "lower": number(low), "upper": number(high)},
            )
            if part
        )
        for on, one, low, high in zip(days, coming, lower, upper, strict=True)
    ]


def _band(upper: str, lower: str) -> str:
    """From the upper line and back along the lower one."""
    back = lower.replace("M", "L").split("L")[1:]
    return f"{upper} " + " ".join(f"L{point.strip()}" for point in reversed(back)) + " Z" if back else ""
