"""Warehouses, stock levels with their corrections, the ledger, and what is reserved for whom."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from config.kernel import clock
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonsAdmin, ReasonForm, actor, operation_button
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import HouseAdmin, ReadOnlyAdmin
from config.kernel.admin.tables import TableAdmin
from config.kernel.money import Money
from inventory.admin import costs, documents, labels, limits, lot_forms
from inventory.admin import lots as lot_pages
from inventory.admin.auditing import NamedInAudit
from inventory.admin.finding import ByAvailability, ByCategory, FoundBySkuOrDocument
from inventory.admin.stock_reports import StockReports
from inventory.models import Reservation, StockLevel, StockMovement, StockRepair, Warehouse, WriteOffCause
from inventory.operations import lots, stock, transfers
from inventory.queries import lots as lot_queries
from inventory.queries import shelves, valuation
from inventory.queries import transfers as transfer_queries

MAY_CORRECT = "inventory.correct_stock"


@admin.register(Warehouse)
class WarehouseAdmin(HouseAdmin):
    empty_hint = gettext_lazy("Where goods lie and leave from. The first in order of priority serves first.")
    list_display = ("name", "code", "priority", "is_active", "units", "worth")
    search_fields = ("name", "code")
    search_help_text = gettext_lazy("Search by name or code")
    ordering = ("priority", "id")
    fields = ("name", "code", "priority", "is_active")
    list_before_template = "admin/inventory/warehouse/_afloat.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With what is on no shelf, as a line of its own: it is worth something, too."""
        afloat = transfer_queries.afloat()
        value = wording.total(afloat.value) if costs.sees(request) else ""
        more = {"afloat": afloat, "afloat_value": value, **(extra_context or {})}
        page: HttpResponse = super().changelist_view(request, more)
        return page

    def get_queryset(self, request: HttpRequest) -> QuerySet[Warehouse]:
        return valuation.warehouses()

    def get_list_display(self, request: HttpRequest) -> Any:
        return costs.without(request, super().get_list_display(request), "worth")

    @display(description=gettext_lazy("on hand"))
    def units(self, warehouse: Warehouse) -> str:
        return f"{warehouse.units:,}"  # type: ignore[attr-defined]  # annotated by the query

    @display(description=gettext_lazy("value at cost"))
    def worth(self, warehouse: Warehouse) -> str:
        return wording.total(warehouse.value)  # type: ignore[attr-defined]


class AdjustForm(lot_forms.LotChosen, ReasonForm):
    quantity = forms.IntegerField(
        label=gettext_lazy("units to add or take"),
        min_value=-stock.MOST_UNITS,
        max_value=stock.MOST_UNITS,
        help_text=gettext_lazy("5 adds five units, -5 takes five away."),
    )
    field_order = ("quantity", "reason")

    def prepare(self, row: StockLevel) -> None:
        self.ask(row)


class WriteOffForm(lot_forms.LotChosen, ReasonForm):
    quantity = forms.IntegerField(label=gettext_lazy("units to write off"), min_value=1, max_value=stock.MOST_UNITS)
    cause = forms.ChoiceField(label=pgettext_lazy("write-off", "cause"), choices=WriteOffCause.choices)
    field_order = ("quantity", "cause", "reason")

    def prepare(self, row: StockLevel) -> None:
        self.ask(row)


class TransferForm(ReasonForm):
    to_warehouse = forms.ModelChoiceField(
        label=gettext_lazy("to warehouse"), queryset=Warehouse.objects.none(), empty_label=None
    )
    quantity = forms.IntegerField(
        label=gettext_lazy("units"),
        min_value=1,
        max_value=stock.MOST_UNITS,
        help_text=gettext_lazy("Only available units can be moved."),
    )
    field_order = ("to_warehouse", "quantity", "reason")

    def prepare(self, row: StockLevel) -> None:
        others: Any = self.fields["to_warehouse"]
        others.queryset = Warehouse.objects.exclude(pk=row.warehouse_id)


def moved(level: StockLevel, units: int, *why: str) -> str:
    """What the audit keeps. The operations refuse where something else lies there than this page showed."""
    return " · ".join([f"{level.on_hand} → {level.on_hand + units}", *why])


@admin.register(StockLevel)
class StockLevelAdmin(StockReports, NamedInAudit, TableAdmin, ReadOnlyAdmin, ButtonsAdmin):
    empty_hint = gettext_lazy("What lies where, once goods have come in or were counted.")
    list_display = ("sku", "product", "warehouse", "on_hand", "reserved", "available", "incoming")
    list_filter: tuple[Any, ...] = (("warehouse", RelatedDropdownFilter), ByAvailability, ByCategory)
    search_fields = ("variant__sku__istartswith", "variant__product__name", "variant__barcode__exact")
    search_help_text = gettext_lazy("SKU, product or barcode")
    ordering = ("variant__sku", "warehouse_id")
    fields = ("sku_link", "product", "warehouse", "on_hand", "reserved", "available", "incoming")
    readonly_fields = fields
    change_form_outer_after_template = "admin/inventory/stocklevel/_standing.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockLevel]:
        return shelves.levels()

    def title_of(self, level: StockLevel) -> str:
        return f"{level.variant.sku} · {level.warehouse.name}"

    def table_heading(self, request: HttpRequest) -> list[Any]:
        told = [
            _("SKU"), _("product"), _("warehouse"), _("on hand"), _("reserved"), pgettext("stock", "available"), _("incoming"),
        ]  # fmt: skip
        return [*told, _("unit cost"), _("value at cost")] if costs.sees(request) else told

    def table_row(self, request: HttpRequest, level: StockLevel) -> list[Any]:
        variant = level.variant
        told = [
            variant.sku, labels.variant_name(variant), level.warehouse.name, level.on_hand, level.reserved, level.available,
            level.incoming,  # type: ignore[attr-defined]  # annotated by the query
        ]  # fmt: skip
        amounts = (variant.cost, variant.cost * level.on_hand) if costs.sees(request) else ()
        return [*told, *(Money(one, settings.SHOP_CURRENCY).as_text() for one in amounts)]

    def version_of(self, level: StockLevel) -> str:
        """What lies there; the operations compare it once more under the level's lock."""
        return str(level.on_hand)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        standing = shelves.of_level(kwargs["obj"])
        level: StockLevel = kwargs["obj"]
        there = lot_queries.at_place(level.variant_id, level.warehouse_id) if level.tracks_lots else ()
        context |= {
            "lots": [{"row": one, "standing": lot_pages.standing(one), "code": labels.lot_code(one.lot.code)} for one in there],
            "held": [
                {"row": one, "document": documents.link(one.document_kind, one.document_number)} for one in standing.held
            ],
            "movements": [
                {"row": one, "kind": labels.movement_kind(one), "units": labels.signed(one.quantity),
                 "document": documents.link(one.document_kind, one.document_number), "actor": wording.actor(one)}
                for one in standing.movements
            ],
        }  # fmt: skip
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page

    @display(description=gettext_lazy("SKU"), ordering="variant__sku")
    def sku(self, level: StockLevel) -> str:
        return level.variant.sku

    @display(description=gettext_lazy("SKU"))
    def sku_link(self, level: StockLevel) -> str:
        return labels.variant_link(level.variant)

    @display(description=gettext_lazy("product"))
    def product(self, level: StockLevel) -> str:
        return labels.variant_name(level.variant)

    @display(description=pgettext_lazy("stock", "available"))
    def available(self, level: StockLevel) -> str:
        return labels.none_left(level.available)

    @display(description=gettext_lazy("incoming"))
    def incoming(self, level: StockLevel) -> str:
        return f"{level.incoming:,}" if level.incoming else "-"  # type: ignore[attr-defined]  # annotated by the query

    @operation_button(
        title=gettext_lazy("Adjust"), permission=MAY_CORRECT, icon="tune", form=AdjustForm,
        explanation=gettext_lazy(
            "Corrects what lies there. Where less remains than is reserved, the newest reservations are released."
        ),
        noted=lambda level, values: moved(level, values["quantity"], values["reason"]),
    )  # fmt: skip
    def adjust(self, request: HttpRequest, level: StockLevel, values: dict[str, Any]) -> None:
        stock.adjust(
            variant_id=level.variant_id, warehouse_id=level.warehouse_id, quantity=values["quantity"],
            reason=values["reason"], actor=actor(request), at=clock.now(), expected=level.on_hand, limit=limits.of(request),
            lot=values.get("lot", ""),
        )  # fmt: skip

    @operation_button(
        title=gettext_lazy("Count by lot"), permission="inventory.count_stock", icon="fact_check", form=lot_forms.CountForm,
        shown=lambda level: level.tracks_lots, quiet=lambda level: True,
        explanation=gettext_lazy(
            "Enter what is found of each lot, 0 where none is left. What the lots differ in together corrects the stock."
        ),
        noted=lambda level, values: " · ".join(
            [*(f"{labels.lot_code(one.code)} {one.quantity}" for one in values["found"]), values["reason"]]
        ),
    )  # fmt: skip
    def count_lots(self, request: HttpRequest, level: StockLevel, values: dict[str, Any]) -> None:
        lots.count(
            variant_id=level.variant_id, warehouse_id=level.warehouse_id, found=values["found"], reason=values["reason"],
            actor=actor(request), at=clock.now(), expected=level.on_hand, limit=limits.of(request),
        )  # fmt: skip

    @operation_button(
        title=gettext_lazy("Transfer"), permission=MAY_CORRECT, icon="swap_horiz", form=TransferForm,
        shown=lambda level: level.available > 0,
        explanation=gettext_lazy("Moves units to another warehouse. Reserved units stay where they are promised from."),
        noted=lambda level, values: moved(level, -values["quantity"], values["to_warehouse"].name, values["reason"]),
    )  # fmt: skip
    def transfer(self, request: HttpRequest, level: StockLevel, values: dict[str, Any]) -> str:
        target: Warehouse = values["to_warehouse"]
        transfers.move(
            variant_id=level.variant_id, from_warehouse_id=level.warehouse_id, to_warehouse_id=target.pk,
            quantity=values["quantity"], reason=values["reason"], actor=actor(request), at=clock.now(),
            expected=level.on_hand,
        )  # fmt: skip
        return _("%(count)s units were moved to %(warehouse)s.") % {"count": values["quantity"], "warehouse": target.name}

    @operation_button(
        title=gettext_lazy("Write off"), permission=MAY_CORRECT, icon="delete_sweep", form=WriteOffForm, danger=True,
        shown=lambda level: level.on_hand > 0,
        explanation=gettext_lazy(
            "For lost, broken or expired units. Where less remains than is reserved, the newest reservations are released."
        ),
        noted=lambda level, values: moved(level, -values["quantity"], values["cause"], values["reason"]),
    )  # fmt: skip
    def write_off(self, request: HttpRequest, level: StockLevel, values: dict[str, Any]) -> None:
        stock.write_off(
            variant_id=level.variant_id, warehouse_id=level.warehouse_id, quantity=values["quantity"],
            reason=values["reason"], actor=actor(request), at=clock.now(), expected=level.on_hand,
            limit=limits.of(request), cause=WriteOffCause(values["cause"]), lot=values.get("lot", ""),
        )  # fmt: skip


@admin.register(StockMovement)
class StockMovementAdmin(FoundBySkuOrDocument, ReadOnlyAdmin):
    empty_hint = gettext_lazy("Every unit that comes or leaves: receipts, shipments, returns, corrections.")
    list_display = ("occurred", "sku", "product", "warehouse", "kind_label", "units", "document", "why", "who")
    list_filter: tuple[Any, ...] = (
        ("kind", ChoicesDropdownFilter),
        ("warehouse", RelatedDropdownFilter),
        ("occurred_at", BusinessDaysFilter),
    )
    list_select_related = ("variant__product", "warehouse", "actor")
    list_display_links = None
    ordering = ("-occurred_at", "-id")
    fields = ("occurred", "sku", "product", "warehouse", "kind_label", "units", "cost", "document", "why", "who")
    readonly_fields = fields

    occurred = wording.moment_column("occurred_at", gettext_lazy("occurred at"))

    def get_fields(self, request: HttpRequest, obj: StockMovement | None = None) -> Any:
        return costs.without(request, self.fields, "cost")

    @display(description=gettext_lazy("SKU"))
    def sku(self, movement: StockMovement) -> str:
        return labels.variant_link(movement.variant)

    @display(description=gettext_lazy("product"))
    def product(self, movement: StockMovement) -> str:
        return labels.variant_name(movement.variant)

    @display(description=gettext_lazy("kind"))
    def kind_label(self, movement: StockMovement) -> str:
        return labels.movement_kind(movement)

    @display(description=gettext_lazy("reason"))
    def why(self, movement: StockMovement) -> str:
        """With the cause of a write-off, which is chosen from a list."""
        return " · ".join(filter(None, [str(movement.get_cause_display()) if movement.cause else "", movement.reason]))

    @display(description=gettext_lazy("units"))
    def units(self, movement: StockMovement) -> str:
        return labels.signed(movement.quantity)

    @display(description=gettext_lazy("unit cost"))
    def cost(self, movement: StockMovement) -> str:
        return wording.amount(movement.unit_cost)

    @display(description=gettext_lazy("document"))
    def document(self, movement: StockMovement) -> str:
        return documents.link(movement.document_kind, movement.document_number)

    @display(description=gettext_lazy("actor"))
    def who(self, movement: StockMovement) -> str:
        return wording.actor(movement)


@admin.register(StockRepair)
class StockRepairAdmin(ReadOnlyAdmin):
    empty_hint = gettext_lazy("Balances that the nightly recount had to mend. No entry is good news.")
    list_display = ("repaired", "sku", "product", "warehouse", "on_hand", "reserved", "who")
    list_filter: tuple[Any, ...] = (("warehouse", RelatedDropdownFilter), ("repaired_at", BusinessDaysFilter))
    list_select_related = ("variant__product", "warehouse", "actor")
    list_display_links = None
    search_fields = ("variant__sku__istartswith",)
    search_help_text = gettext_lazy("Search by SKU")
    ordering = ("-repaired_at", "-id")
    fields = ("repaired", "sku", "product", "warehouse", "on_hand", "reserved", "who")
    readonly_fields = fields

    repaired = wording.moment_column("repaired_at", gettext_lazy("repaired at"))

    @display(description=gettext_lazy("SKU"))
    def sku(self, repair: StockRepair) -> str:
        return labels.variant_link(repair.variant)

    @display(description=gettext_lazy("product"))
    def product(self, repair: StockRepair) -> str:
        return labels.variant_name(repair.variant)

    @display(description=gettext_lazy("on hand"))
    def on_hand(self, repair: StockRepair) -> str:
        return f"{repair.on_hand_before:,} → {repair.on_hand_after:,}"

    @display(description=gettext_lazy("reserved"))
    def reserved(self, repair: StockRepair) -> str:
        return f"{repair.reserved_before:,} → {repair.reserved_after:,}"

    @display(description=gettext_lazy("actor"))
    def who(self, repair: StockRepair) -> str:
        return wording.actor(repair)


@admin.register(Reservation)
class ReservationAdmin(FoundBySkuOrDocument, ReadOnlyAdmin):
    empty_hint = gettext_lazy("Units that are held for an order until it ships or is canceled.")
    list_display = ("document", "sku", "product", "warehouse", "quantity", "held_units", "state_label", "held_since", "expires")
    list_filter: tuple[Any, ...] = (("state", ChoicesDropdownFilter), ("warehouse", RelatedDropdownFilter))
    list_select_related = ("variant__product", "warehouse")
    list_display_links = None
    ordering = ("-id",)
    fields = (
        *("document", "sku", "product", "warehouse", "state_label"),
        *("quantity", "consumed", "released", "held_units", "held_since", "expires"),
    )
    readonly_fields = fields

    held_since = wording.moment_column("reserved_at", gettext_lazy("reserved at"))
    expires = wording.moment_column("expires_at", gettext_lazy("expires at"))

    @display(description=gettext_lazy("document"))
    def document(self, reservation: Reservation) -> str:
        return documents.link(reservation.document_kind, reservation.document_number)

    @display(description=gettext_lazy("SKU"))
    def sku(self, reservation: Reservation) -> str:
        return labels.variant_link(reservation.variant)

    @display(description=gettext_lazy("product"))
    def product(self, reservation: Reservation) -> str:
        return labels.variant_name(reservation.variant)

    @display(description=gettext_lazy("still held"))
    def held_units(self, reservation: Reservation) -> int:
        return reservation.held

    @display(description=gettext_lazy("state"))
    def state_label(self, reservation: Reservation) -> str:
        return labels.reservation_state(reservation)
