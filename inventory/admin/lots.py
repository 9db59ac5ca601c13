"""Lots: when each expires, where it lies, what became of it, and the decisions about it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from config.kernel import clock, shop
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonsAdmin, ReasonForm, actor, operation_button
from config.kernel.admin.house import ReadOnlyAdmin
from inventory.admin import documents, labels, limits, lot_forms
from inventory.models import Lot, LotEntry, LotLevel
from inventory.operations import lotbook, lots
from inventory.queries import lots as queries

MAY_BLOCK = "inventory.block_lot"
MAY_CORRECT = "inventory.correct_stock"
STANDINGS = {LotLevel.Standing.SELLABLE: "success", LotLevel.Standing.LEAVING: "warning", LotLevel.Standing.HELD: "danger"}


class ByState(DropdownFilter):  # type: ignore[misc]
    title = pgettext_lazy("lot", "state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("blocked", pgettext_lazy("lot", "blocked")),
            ("expired", pgettext_lazy("lot", "expired")),
            ("dated", pgettext_lazy("lot", "not expired")),
            ("unsorted", pgettext_lazy("lot", "to be sorted")),
        ]

    def queryset(self, request: HttpRequest, rows: QuerySet[Lot]) -> QuerySet[Lot]:
        today = shop.day(clock.now())
        match self.value():
            case "blocked":
                return rows.filter(blocked_at__isnull=False)
            case "expired":
                return rows.filter(expires_on__lt=today)
            case "dated":
                return rows.filter(expires_on__gte=today)
            case "unsorted":
                return rows.filter(origin__in=lotbook.UNSORTED)
        return rows


def state(lot: Lot) -> str:
    if lot.is_blocked:
        return wording.label(pgettext("lot", "blocked"), "danger")
    if lot.expires_on is not None and lot.expires_on < shop.day(clock.now()):
        return wording.label(pgettext("lot", "expired"), "danger")
    return wording.label(pgettext("lot", "sold"), "success")


@admin.register(Lot)
class LotAdmin(ReadOnlyAdmin, ButtonsAdmin):
    empty_hint = gettext_lazy("Goods of one code and one date, of SKUs that track lots. Deliveries name them.")
    list_display = ("lot", "sku", "product", "expires", "state_label", "units", "held_back", "supplier")
    list_filter: tuple[Any, ...] = (ByState,)
    search_fields = ("code__istartswith", "variant__sku__istartswith")
    search_help_text = gettext_lazy("Search by lot or SKU")
    ordering = ("-id",)
    fields = (
        *("lot", "sku", "product", "expires", "state_label", "why", "units", "held_back", "origin", "supplier", "order"),
        "first_seen",
    )
    readonly_fields = fields
    change_form_outer_after_template = "admin/inventory/lot/_story.html"

    first_seen = wording.moment_column("first_seen_at", pgettext_lazy("lot", "first seen"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lot]:
        return queries.listed()

    def title_of(self, lot: Lot) -> str:
        return f"{lot.variant.sku} · {pgettext('stock', 'lot')} {labels.lot_code(lot.code)}"

    def version_of(self, lot: Lot) -> str:
        return f"{lot.blocked_at or ''}:{lot.expires_on}:{lot.units}"  # type: ignore[attr-defined]  # annotated by the query

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        lot: Lot | None = kwargs.get("obj")
        if lot is not None:
            story = queries.of_lot(lot)
            context |= {
                "levels": [{"row": one, "standing": standing(one)} for one in story.levels],
                "entries": [_told(one) for one in story.entries],
                "events": [{"row": one, "actor": wording.actor(one)} for one in story.events],
                "sent": f"{story.sent:,}",
                "receivers": documents.receivers_of(lot.pk) if story.sent else "",
            }
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page

    @display(description=pgettext_lazy("stock", "lot"), ordering="code")
    def lot(self, lot: Lot) -> str:
        return labels.lot_code(lot.code)

    @display(description=gettext_lazy("SKU"))
    def sku(self, lot: Lot) -> str:
        return labels.variant_link(lot.variant)

    @display(description=gettext_lazy("product"))
    def product(self, lot: Lot) -> str:
        return labels.variant_name(lot.variant)

    @display(description=gettext_lazy("expires on"), ordering="expires_on")
    def expires(self, lot: Lot) -> str:
        return f"{lot.expires_on:%Y-%m-%d}" if lot.expires_on else "-"

    @display(description=pgettext_lazy("lot", "state"))
    def state_label(self, lot: Lot) -> str:
        is_used_up = not lot.units and not lot.is_blocked  # type: ignore[attr-defined]  # annotated by the query
        return wording.label(pgettext("lot", "used up")) if is_used_up else state(lot)

    @display(description=gettext_lazy("why it is blocked"))
    def why(self, lot: Lot) -> str:
        return lot.block_reason or "-"

    @display(description=gettext_lazy("on hand"))
    def units(self, lot: Lot) -> str:
        return f"{lot.units:,}"  # type: ignore[attr-defined]  # annotated by the query

    @display(description=pgettext_lazy("lot", "held back"))
    def held_back(self, lot: Lot) -> str:
        return f"{lot.held:,}"  # type: ignore[attr-defined]  # annotated by the query

    @display(description=gettext_lazy("supplier"))
    def supplier(self, lot: Lot) -> str:
        return lot.supplier.name if lot.supplier else "-"

    @display(description=gettext_lazy("purchase order"))
    def order(self, lot: Lot) -> str:
        if lot.line is None:
            return "-"
        address = reverse("admin:inventory_purchaseorder_change", args=[lot.line.purchase_order_id])
        return format_html('<a class="row-link" href="{}">{}</a>', address, lot.line.purchase_order.number)

    @operation_button(
        title=pgettext_lazy("lot", "Block"), permission=MAY_BLOCK, icon="block", form=ReasonForm, danger=True,
        shown=lambda lot: not lot.is_blocked,
        explanation=gettext_lazy(
            "For recalls and doubts: nothing of the lot is promised or leaves any more. Orders that only it could serve are "
            "short at once."
        ),
        noted=lambda lot, values: f"{labels.lot_code(lot.code)} · {values['reason']}",
    )  # fmt: skip
    def block(self, request: HttpRequest, lot: Lot, values: dict[str, Any]) -> str:
        lots.block(lot_id=lot.pk, reason=values["reason"], actor=actor(request), at=clock.now())
        return _("Lot %(lot)s is blocked. Below stands to whom units of it went.") % {"lot": lot.code}

    @operation_button(
        title=pgettext_lazy("lot", "Give free"), permission=MAY_BLOCK, icon="lock_open", form=ReasonForm,
        shown=lambda lot: lot.is_blocked and lot.origin not in lotbook.UNSORTED,
        explanation=gettext_lazy("It is sold again as far as its date allows. Orders that are short stay short until filled."),
        noted=lambda lot, values: f"{labels.lot_code(lot.code)} · {values['reason']}",
    )  # fmt: skip
    def free(self, request: HttpRequest, lot: Lot, values: dict[str, Any]) -> None:
        lots.free(lot_id=lot.pk, reason=values["reason"], actor=actor(request), at=clock.now())

    @operation_button(
        title=gettext_lazy("Write off what is held back"), permission=MAY_CORRECT, icon="delete_sweep", form=ReasonForm,
        danger=True, shown=lambda lot: lot.held > 0,
        explanation=gettext_lazy("Takes it off the shelf in every warehouse, at what it costs."),
        noted=lambda lot, values: f"{labels.lot_code(lot.code)} · -{lot.held} · {values['reason']}",
    )  # fmt: skip
    def write_off(self, request: HttpRequest, lot: Lot, values: dict[str, Any]) -> None:
        lots.write_off(
            lot_id=lot.pk, reason=values["reason"], actor=actor(request), at=clock.now(), limit=limits.of(request)
        )  # fmt: skip

    @operation_button(
        title=gettext_lazy("Correct the date"), permission=MAY_CORRECT, icon="edit_calendar", form=lot_forms.DateForm,
        quiet=lambda lot: True, shown=lambda lot: lot.origin not in lotbook.UNSORTED,
        explanation=gettext_lazy("Where it was read or typed wrongly. What may be sold follows at once."),
        noted=lambda lot, values: f"{lot.code} · {lot.expires_on} → {values['expires_on']} · {values['reason']}",
    )  # fmt: skip
    def correct_date(self, request: HttpRequest, lot: Lot, values: dict[str, Any]) -> None:
        lots.correct_date(
            lot_id=lot.pk, expires_on=values["expires_on"], reason=values["reason"], actor=actor(request), at=clock.now()
        )


def standing(row: LotLevel) -> str:
    return wording.label(row.get_standing_display(), STANDINGS[LotLevel.Standing(row.standing)])


def _told(entry: LotEntry) -> dict[str, Any]:
    movement = entry.movement
    if movement is None:
        return {
            "row": entry, "kind": pgettext("lot", "sorted"), "units": labels.signed(entry.quantity), "document": entry.reason,
            "actor": wording.actor(entry),
        }  # fmt: skip
    return {
        "row": entry, "kind": labels.movement_kind(movement), "units": labels.signed(entry.quantity),
        "document": documents.link(movement.document_kind, movement.document_number), "actor": wording.actor(movement),
    }  # fmt: skip
