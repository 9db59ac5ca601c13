"""What may sell out, worst first, with every figure behind each and the next step at hand."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from config.kernel import clock
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonsAdmin, ReasonForm, actor, operation_button
from config.kernel.admin.house import ReadOnlyAdmin, once_per_row
from config.kernel.admin.tables import TableAdmin
from inventory.admin import costs, labels
from inventory.admin.auditing import NamedInAudit
from inventory.admin.explaining import DAY, percent
from inventory.admin.figures import Figure, Part
from inventory.models import StockRisk, Warehouse
from inventory.operations import risks
from inventory.queries import risks as queries
from inventory.replenishment import Basis

Level, Action = StockRisk.Level, StockRisk.Action
MAY_DECIDE = "inventory.change_stockrisk"
WAYS = {"proposed": "inventory.view_replenishmentproposal", "kept_by": "inventory.view_reorderpolicy"}
COLORS = {Level.OUT: "danger", Level.URGENT: "warning", Level.LIKELY: "info"}


class ShownFilter(admin.SimpleListFilter):
    """Open ones that nobody has set aside, unless somebody asks for the others."""

    title = gettext_lazy("shown")
    parameter_name = "shown"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("aside", pgettext_lazy("stock risk", "set aside")),
            ("over", pgettext_lazy("stock risk", "over")),
        ]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": pgettext_lazy("stock risk", "open")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[StockRisk]) -> QuerySet[StockRisk]:
        if self.value() == "over":
            return queryset.filter(over_at__isnull=False).order_by("-over_at", "-id")
        aside = queryset.filter(over_at__isnull=True, set_aside_until__gt=clock.now())
        if self.value() == "aside":
            return aside
        return queryset.filter(over_at__isnull=True).exclude(set_aside_until__isnull=False, set_aside_until__gt=clock.now())


class AsideForm(ReasonForm):
    days = forms.IntegerField(
        label=gettext_lazy("For how many days"), initial=7, min_value=1, max_value=risks.LONGEST_ASIDE,
        help_text=gettext_lazy("It comes back to the list afterwards, if it is still at risk."),
    )  # fmt: skip
    field_order = ("days", "reason")


def is_listed(row: StockRisk) -> bool:
    return row.over_at is None and (row.set_aside_until is None or row.set_aside_until <= clock.now())


def is_aside(row: StockRisk) -> bool:
    return row.over_at is None and row.set_aside_until is not None and row.set_aside_until > clock.now()


@admin.register(StockRisk)
class StockRiskAdmin(NamedInAudit, ReadOnlyAdmin, ButtonsAdmin, TableAdmin):
    empty_hint = gettext_lazy("Each hour the shop looks which SKUs may sell out before new goods can be here. None does now.")
    list_display = ("sku", "product", "warehouse", "level_label", "chance_label", "cover", "out", "loss", "next_step")
    list_filter: tuple[Any, ...] = (
        ShownFilter,
        ("level", ChoicesDropdownFilter),
        ("action", ChoicesDropdownFilter),
        ("warehouse", RelatedDropdownFilter),
        "is_surge",
    )
    list_select_related = ("variant__product", "warehouse")
    search_fields = ("variant__sku__istartswith", "variant__product__name")
    search_help_text = gettext_lazy("Search by SKU or product")
    ordering = ("-expected_loss", "-id")
    actions = None
    readonly_fields = (
        *("sku_link", "product", "warehouse", "level_label", "seen", "came", "aside"),
        *("what_to_do", "proposed", "kept_by", "why"),
    )
    fieldsets = (
        (None, {"fields": ("sku_link", "product", "warehouse", "level_label", "seen", "came", "aside")}),
        (gettext_lazy("What to do"), {"fields": ("what_to_do",)}),
        (gettext_lazy("Why it may sell out"), {"fields": ("why",)}),
    )

    def get_list_display(self, request: HttpRequest) -> list[str]:
        return costs.without(request, self.list_display, "loss")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Beside what to do, the way to where it is done."""
        ways = [name for name, needed in WAYS.items() if request.user.has_perm(needed)]
        head, do, why = super().get_fieldsets(request, obj)
        return (head, (do[0], {"fields": (*do[1]["fields"], *ways)}), why)

    def title_of(self, row: StockRisk) -> str:
        return f"{row.variant} · {row.warehouse}"

    @display(description=gettext_lazy("SKU"))
    def sku(self, row: StockRisk) -> str:
        return row.variant.sku

    @display(description=gettext_lazy("SKU"))
    def sku_link(self, row: StockRisk) -> str:
        return labels.variant_link(row.variant)

    @display(description=gettext_lazy("product"))
    def product(self, row: StockRisk) -> str:
        return labels.variant_name(row.variant)

    @display(description=pgettext_lazy("stock risk", "risk"))
    def level_label(self, row: StockRisk) -> str:
        return wording.label(row.get_level_display(), COLORS[Level(row.level)])

    @display(description=pgettext_lazy("stock risk", "chance"))
    def chance_label(self, row: StockRisk) -> str:
        surge = wording.label(_("sells unusually fast"), "warning") if row.is_surge else ""
        # What is sold out already has no chance to sell out.
        return format_html("{} {}", "-" if row.level == Level.OUT else _share(row.chance), surge)

    @display(description=gettext_lazy("days of cover"))
    def cover(self, row: StockRisk) -> str:
        return "-" if row.days_of_cover is None else f"{row.days_of_cover:.1f}"

    @display(description=gettext_lazy("likely sold out on"))
    def out(self, row: StockRisk) -> str:
        return "-" if row.out_on is None else date_format(row.out_on, DAY)

    @display(description=gettext_lazy("margin likely lost"))
    def loss(self, row: StockRisk) -> str:
        return wording.amount(row.expected_loss)

    @display(description=gettext_lazy("next step"))
    def next_step(self, row: StockRisk) -> str:
        return row.get_action_display()

    @display(description=gettext_lazy("at risk"))
    def seen(self, row: StockRisk) -> str:
        first, last = wording.plain_moment(row.first_seen_at), wording.plain_moment(row.seen_at)
        return _("since %(first)s, last looked at %(last)s") % {"first": first, "last": last}

    @display(description=gettext_lazy("what came of it"))
    def came(self, row: StockRisk) -> str:
        if row.over_at is None:
            return _("not over yet") if row.sold_out_at is None else _("sold out since the warning")
        over = wording.plain_moment(row.over_at)
        if row.sold_out_at is None:
            return _("over on %(over)s, without selling out") % {"over": over}
        return _("over on %(over)s; it had sold out meanwhile") % {"over": over}

    @display(description=pgettext_lazy("stock risk", "set aside"))
    def aside(self, row: StockRisk) -> str:
        if row.set_aside_until is None:
            return "-"
        said = [_("until %(time)s") % {"time": wording.plain_moment(row.set_aside_until)}, row.set_aside_reason]
        return " · ".join(said + ([str(row.set_aside_by)] if row.set_aside_by else []))

    @display(description="")
    def what_to_do(self, row: StockRisk) -> str:
        names = {one.pk: one.name for one in Warehouse.objects.all()}
        is_awaited = bool(row.explanation["deliveries"])
        lines = [(_step(one, names, is_awaited=is_awaited),) for one in row.explanation["steps"]]
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{}</li>", lines))

    @display(description=gettext_lazy("proposal"))
    def proposed(self, row: StockRisk) -> str:
        found = queries.proposal_of(row)
        if found is None:
            return "-"
        address = reverse("admin:inventory_replenishmentproposal_change", args=[found.pk])
        told = _("%(units)s units from %(supplier)s") % {"units": f"{found.units:,}", "supplier": found.offer.supplier}
        return format_html('<a class="row-link" href="{}">{}</a>', address, told)

    @display(description=gettext_lazy("reorder policy"))
    def kept_by(self, row: StockRisk) -> str:
        found = queries.policy_of(row)
        if found is None:
            return "-"
        level = _("as its class") if found.service_level is None else percent(found.service_level)
        address = reverse("admin:inventory_reorderpolicy_change", args=[found.pk])
        return format_html('<a class="row-link" href="{}">{} {}</a>', address, _("service level"), level)

    @display(description="")
    @once_per_row
    def why(self, row: StockRisk) -> str:
        return render_to_string("admin/inventory/_figures.html", {"parts": parts(row.explanation)})

    def table_heading(self, request: HttpRequest) -> list[Any]:
        titles = (
            "SKU",
            _("product"),
            _("warehouse"),
            _("risk"),
            pgettext("stock risk", "chance"),
            _("days of cover"),
            _("likely sold out on"),
        )
        costly = (_("margin likely lost"),) if costs.sees(request) else ()
        return [*titles, *costly, _("next step")]

    def table_row(self, request: HttpRequest, row: StockRisk) -> list[Any]:
        costly = (row.expected_loss,) if costs.sees(request) else ()
        return [
            row.variant.sku,
            labels.variant_name(row.variant),
            row.warehouse.name,
            row.get_level_display(),
            round(row.chance, 4),
            row.days_of_cover,
            row.out_on,
            *costly,
            row.get_action_display(),
        ]

    @operation_button(
        title=gettext_lazy("Set aside"), permission=MAY_DECIDE, icon="snooze", form=AsideForm, shown=is_listed,
        explanation=gettext_lazy("It leaves the list and nobody is told of it, until the days have passed."),
        noted=lambda row, values: f"{values['days']} · {values['reason']}",
    )  # fmt: skip
    def set_aside(self, request: HttpRequest, row: StockRisk, values: dict[str, Any]) -> None:
        risks.set_aside(risk_id=row.pk, actor=actor(request), at=clock.now(), **values)

    @operation_button(title=gettext_lazy("Back to the list"), permission=MAY_DECIDE, icon="undo", shown=is_aside)
    def take_up(self, request: HttpRequest, row: StockRisk) -> None:
        risks.take_up(risk_id=row.pk, actor=actor(request), at=clock.now())


def parts(told: Mapping[str, Any]) -> list[Part]:
    """The figures behind one judgement, in the order in which they follow from each other."""
    judged, lead = told["judged"], told["lead"]
    days, pace = judged["horizon_days"], judged["pace"]
    expected = [
        Figure(_("Demand is taken from"), _basis(told["basis"])),
        Figure(_("Expected a day until goods can come"), f"{judged['per_day']:.2f}"),
    ]
    if judged["is_surge"]:
        expected.insert(
            1,
            Figure(
                _("Asked for in the last 24 hours"),
                str(told["asked_last_day"]),
                _(
                    "Chance alone would bring as much once in %(days)s days: "
                    "it is taken to go on at %(pace)s times the usual pace."
                )
                % {"days": f"{1 / max(judged['surge_chance'], 1e-9):,.0f}", "pace": pace},
            ),
        )
    supply = [
        Figure(_("Can be sold now"), str(told["available"])),
        *(
            Figure(
                _("Comes with %(number)s") % {"number": one["number"]},
                str(one["units"]),
                _("promised for %(day)s") % {"day": date_format(date.fromisoformat(one["on"]), DAY)},
            )
            for one in told["deliveries"]
        ),
        Figure(
            _("Goods ordered now are here after"),
            _("%(days)s days") % {"days": days},
            f"{lead['mean']:.1f} + {lead['deviation']:.1f} + 1",
        ),
    ]
    is_out = judged["level"] == Level.OUT
    result = [
        Figure(_("Days of cover"), "-" if judged["days_of_cover"] is None else f"{judged['days_of_cover']:.1f}"),
        Figure(
            _("Chance that it is asked for before goods come") if is_out else _("Chance to sell out before goods come"),
            _share(judged["chance"]),
            strong=True,
        ),
        Figure(_("Units likely missing"), f"{judged['expected_short']:.1f}"),
    ]
    return [Part(_("Demand"), expected), Part(_("Stock and supply"), supply), Part(_("What follows"), result)]


def _share(chance: float) -> str:
    return percent(round(chance, 3))


def _basis(basis: str) -> str:
    return _("the forecast") if basis == Basis.ADVICE else _("what was shipped in the last weeks")


def _step(told: Mapping[str, Any], warehouses: Mapping[int, str], *, is_awaited: bool) -> str:
    units, of = told["units"], told["of"]
    if told["action"] == Action.TRANSFER:
        return _("Bring %(units)s units from %(warehouse)s, which can spare them.") % {
            "units": units,
            "warehouse": warehouses.get(of, "-"),
        }
    if told["action"] == Action.EXPEDITE:
        return format_html(_("Have the delivery of {} sped up: {} units are ordered, but come too late."), _orders(of), units)
    if told["action"] == Action.APPROVE:
        return format_html(_("Approve and send {}: {} units wait there."), _orders(of), units)
    if told["action"] == Action.ORDER and is_awaited:
        return _("Order at least %(units)s units: what is on its way is not enough.") % {"units": units}
    if told["action"] == Action.ORDER:
        return _("Order at least %(units)s units: nothing is on its way.") % {"units": units}
    if told["action"] == Action.FIND_SUPPLIER:
        return _("Name a preferred supplier: nobody is known to buy from.")
    return _("Nothing: the SKU is off sale and may run out.")


def _orders(numbers: list[str]) -> str:
    address = reverse("admin:inventory_purchaseorder_changelist")
    return format_html_join(", ", '<a class="row-link" href="{}?q={}">{}</a>', ((address, one, one) for one in numbers))
