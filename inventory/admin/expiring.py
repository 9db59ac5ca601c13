"""What expires next: lot by lot how many are left, whether they sell in time, and what might be done."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from config.kernel import clock, shop
from config.kernel.admin import wording
from inventory.admin import costs, labels, reports
from inventory.admin.reports import Cell, NarrowForm, Table, Tile, Told
from inventory.lots import Standing
from inventory.models import LotLevel, Warehouse
from inventory.queries import lots
from inventory.queries.lots import Action, Expiring

ACTIONS: Mapping[str, Any] = {
    Action.WRITE_OFF: pgettext_lazy("expiring", "write off"),
    Action.SORT: pgettext_lazy("expiring", "count by lot"),
    Action.TRANSFER: pgettext_lazy("expiring", "transfer"),
    Action.MARKDOWN: pgettext_lazy("expiring", "mark down"),
    Action.NONE: pgettext_lazy("expiring", "sells in time"),
}
DAYS = [(str(days), gettext_lazy("%s days") % days) for days in (7, 14, 30, 60, 90)]


class ExpiringForm(NarrowForm):
    days = reports.choice_field(gettext_lazy("Last sale within"), DAYS)
    field_order = ("days", "warehouse", "category")


def _form(request: HttpRequest) -> ExpiringForm:
    return ExpiringForm({"days": str(lots.AHEAD_DAYS), **request.GET.dict()})


def _asked(form: ExpiringForm) -> list[Expiring]:
    return lots.expiring(
        today=shop.day(clock.now()), days=int(form.cleaned_data["days"]), warehouse_id=form.warehouse_id,
        category_id=form.category_id,
    )  # fmt: skip


def why(one: Expiring, stores: Mapping[int, str]) -> str:
    match one.action:
        case Action.SORT:
            return _("Nobody knows of which lot these units are; they are held back until they are counted by lot.")
        case Action.WRITE_OFF if one.is_blocked:
            return _("Blocked: nothing of it leaves.")
        case Action.WRITE_OFF if one.standing == Standing.HELD:
            return _("Expired: nothing of it leaves.")
        case Action.WRITE_OFF:
            return _("%(held)s are sold no more; the rest is promised.") % {"held": f"{one.held:,}"}
        case Action.TRANSFER:
            return _("About %(left)s are left over here; %(warehouse)s will be asked for more than it has.") % {
                "left": f"{one.left_over:,}", "warehouse": stores.get(one.to_warehouse or 0, ""),
            }  # fmt: skip
        case Action.MARKDOWN:
            return _("About %(sells)s of %(units)s are expected to sell by then.") % {
                "sells": f"{one.sells:,.0f}", "units": f"{one.quantity:,}",
            }  # fmt: skip
        case _:
            return ""


def page(request: HttpRequest) -> HttpResponse:
    reports.require(request)
    form = _form(request)
    told = _told(request, _asked(form)) if form.is_valid() else None
    return reports.page(
        request, title=_("Expiring stock"), form=form, told=told,
        explanation=_(
            "Lots that are held back, and lots whose last day of sale is near, the soonest first. What is expected to sell is "
            "the demand that the plans expect by that day, less what the lots before it serve."
        ),
    )  # fmt: skip


def file(request: HttpRequest) -> HttpResponseBase:
    reports.require(request)
    form = _form(request)
    if not form.is_valid():
        return reports.refused(form)
    stores = reports.names(Warehouse)
    heading = [
        _("SKU"), _("product"), pgettext("stock", "lot"), _("warehouse"), _("expires on"), _("days to the last sale"),
        pgettext("lot", "standing"), _("on hand"), pgettext("lot", "held back"), _("expected to sell"),
        pgettext("expiring", "left over"), pgettext("excess", "suggestion"), pgettext("stock count", "why"),
        _("value at cost"), _("value left over"),
    ]  # fmt: skip
    costly = (len(heading) - 2, len(heading) - 1)
    rows = (
        [
            one.sku, one.name, labels.lot_code(one.code), stores[one.warehouse_id], one.expires_on or "",
            "" if one.days is None else one.days,
            LotLevel.Standing(one.standing).label, one.quantity, one.held, round(one.sells, 1), one.left_over,
            ACTIONS[one.action], why(one, stores), round(one.value, 2), round(one.value_left_over, 2),
        ]
        for one in _asked(form)
    )  # fmt: skip
    return reports.file(
        request, name=f"expiring-{shop.day(clock.now()):%Y%m%d}", title=_("Expiring stock"),
        heading=reports.priced(request, heading, *costly), rows=(reports.priced(request, row, *costly) for row in rows),
    )  # fmt: skip


def _told(request: HttpRequest, found: Sequence[Expiring]) -> Told:
    held = [one for one in found if one.action in (Action.WRITE_OFF, Action.SORT)]
    tiles = [
        Tile(_("Lots near their last day of sale"), f"{len(found) - len(held):,}"),
        Tile(_("Lots held back"), f"{len(held):,}"),
    ]
    if costs.sees(request):
        tiles.append(Tile(_("Value left over"), wording.amount(sum((one.value_left_over for one in found), Decimal(0)))))
    return Told(tiles=tiles, tables=[_rows(request, found)], files=reports.files(request, "expiring", "csv"))


def _rows(request: HttpRequest, found: Sequence[Expiring]) -> Table:
    stores = reports.names(Warehouse)
    shown = found[: reports.MOST_ROWS]
    rows = []
    for one in shown:
        told = why(one, stores)
        cells = [
            reports.sku(one.variant_id, one.sku, one.name),
            Cell(
                labels.lot_code(one.code), small=stores[one.warehouse_id],
                url=reverse("admin:inventory_lot_change", args=[one.lot_id]), looks="what",
            ),
            Cell(reports.day(one.expires_on) if one.expires_on else "-", looks="wide unbroken"),
            Cell("-" if one.days is None else f"{one.days:,}", looks="number"),
            reports.number(one.quantity), reports.number(one.sells, "number wide"),
            reports.number(one.left_over, "number wide"),
            reports.amount(one.value_left_over, "number wide"),
            Cell(ACTIONS[one.action], small=told, looks="why"),
        ]  # fmt: skip
        rows.append(reports.priced(request, cells, 7))
    heading = [
        (_("SKU"), ""), (pgettext("stock", "lot"), ""), (_("expires on"), "wide"), (_("days to the last sale"), "number"),
        (_("on hand"), "number"), (_("expected to sell"), "number wide"), (pgettext("expiring", "left over"), "number wide"),
        (_("value left over"), "number wide"), (pgettext("excess", "suggestion"), ""),
    ]  # fmt: skip
    return Table(
        _("Lot by lot"), reports.priced(request, heading, 7), rows, nothing=_("Nothing expires soon."),
        note=reports.more(len(rows), len(found)),
    )  # fmt: skip
