"""The sheet of a stock count: where people enter or scan what they find, blind if it is meant to be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from config.kernel import clock, waits
from config.kernel.admin import slips
from config.kernel.admin.buttons import actor
from config.kernel.errors import DomainError
from inventory.admin import labels
from inventory.models import StockCount, StockMovement
from inventory.operations import counting
from inventory.operations.stock import MOST_UNITS
from inventory.queries import counting as query
from inventory.queries.counting import SheetLine
from inventory.queries.marks import Since

MAY_COUNT = "inventory.count_stock"
MAY_APPROVE = "inventory.approve_stockcount"
_SALT = "inventory.count_sheet"


@dataclass
class Row:
    """One line of the sheet: what is to be counted, what was counted so far, and what was typed just now."""

    told: SheetLine
    mark: int
    shown: str = ""
    typed: str = ""
    error: str = ""

    @property
    def name(self) -> str:
        return labels.variant_name(self.told.line.variant)

    @property
    def units(self) -> int | None:
        return int(self.typed) if self.typed.isdecimal() and int(self.typed) <= MOST_UNITS else None


def sees_expected(request: HttpRequest, count: StockCount) -> bool:
    """A blind sheet stays blind until it is handed in, except for those who approve."""
    being_counted = count.state in counting.BEING_COUNTED
    return not (count.is_blind and being_counted) or request.user.has_perm(MAY_APPROVE)


def moved(since: Since) -> str:
    """What moved, kind by kind: "shipment −3, receipt +10"."""
    return ", ".join(f"{StockMovement.Kind(kind).label} {units:+,}" for kind, units in since.by_kind.items())


def view(request: HttpRequest, site: Any, object_id: str) -> HttpResponse:
    """Shows the lines that are to be counted; takes a scan, or all that was typed."""
    if not request.user.has_perm(MAY_COUNT):
        raise PermissionDenied
    known = object_id.isdecimal() and len(object_id) < 19
    count = StockCount.objects.select_related("warehouse").filter(pk=object_id).first() if known else None
    if count is None:
        raise Http404
    back = reverse("admin:inventory_stockcount_change", args=[count.pk])
    if count.state not in counting.BEING_COUNTED:
        messages.warning(request, _("This sheet is not being counted any more."))
        return HttpResponseRedirect(back)
    rows = _rows(count, clock.now())
    if request.method != "POST":
        return _show(request, site, count, rows)
    if "scan" in request.POST:
        return _scanned(request, site, count, rows)
    began = _began(request, count)
    if began is None:
        messages.error(request, _("This page is not as it was opened: nothing was saved. Enter what you have found once more."))
        return HttpResponseRedirect(request.path)
    for row in rows:
        variant = row.told.line.variant_id
        row.typed = request.POST.get(f"counted-{variant}", "").strip()
        row.shown = request.POST.get(f"shown-{variant}", "").strip()
        row.mark = began.marks.get(variant, row.mark)
        if row.typed and row.units is None:
            row.error = _("Enter a whole number of units, zero or more.")
    found = {row.told.line.variant_id: row.units for row in rows if row.units is not None and not _unchanged(row)}
    if any(row.error for row in rows):
        messages.error(request, _("Nothing was saved: look at the lines once more."))
        return _show(request, site, count, rows, began)
    done = "done" in request.POST

    def enter() -> None:
        if found:
            # Of a line that was not on the page nobody knows when its counter began.
            seen = {variant: began.marks.get(variant, 0) for variant in found}
            counting.enter(number=count.number, found=found, seen=seen, seen_at=began.at, actor=actor(request), at=clock.now())
        if done:
            counting.hand_in(number=count.number, actor=actor(request), at=clock.now())

    try:
        with waits.refusing():
            slips.spend(request, enter)
    except slips.Spent as spent:
        messages.warning(request, str(spent))
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return _show(request, site, count, rows, began)
    else:
        _tell(request, count, done=done)
    return HttpResponseRedirect(back if done else request.path)


def _unchanged(row: Row) -> bool:
    """What is sent as the page showed it was not counted anew; a colleague may have counted on meanwhile."""
    return row.typed == row.shown


@dataclass(frozen=True)
class Began:
    """When the counter opened the page, and the ledger's marks of that moment by variant."""

    at: datetime
    marks: Mapping[int, int]

    def signed(self, count: StockCount) -> str:
        """So that nobody says they began later than they did: what moved meanwhile would go unnoticed."""
        return signing.dumps([count.pk, self.at.isoformat(), list(self.marks.items())], salt=_SALT, compress=True)


def _began(request: HttpRequest, count: StockCount) -> Began | None:
    """What the page carried; None where it was not made here, or for another sheet."""
    try:
        of, at, marks = signing.loads(request.POST.get("began", ""), salt=_SALT)
    except signing.BadSignature:
        return None
    return Began(datetime.fromisoformat(at), dict(marks)) if of == count.pk else None


def _tell(request: HttpRequest, count: StockCount, *, done: bool) -> None:
    count.refresh_from_db()
    if not done:
        messages.success(request, _("Saved. The sheet stays open until it is handed in."))
    elif count.state == StockCount.State.RECOUNT:
        messages.warning(request, _("Some lines are to be counted once more."))
    else:
        messages.success(request, _("The sheet is handed in. Nothing is corrected before it is approved."))


def _scanned(request: HttpRequest, site: Any, count: StockCount, rows: list[Row]) -> HttpResponse:
    units = request.POST.get("units", "1").strip() or "1"
    if not units.removeprefix("-").isdecimal() or abs(int(units)) > MOST_UNITS:
        messages.error(request, _("Enter a whole number of units."))
        return _show(request, site, count, rows)

    def scan() -> Any:
        code = request.POST.get("code", "")
        return counting.scan(number=count.number, code=code, units=int(units), actor=actor(request), at=clock.now())

    try:
        with waits.refusing():
            line = slips.spend(request, scan)
    except slips.Spent as spent:
        messages.warning(request, str(spent))
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return _show(request, site, count, rows)
    else:
        told = _("%(sku)s: %(units)s counted.") % {"sku": line.variant.sku, "units": f"{line.counted:,}"}
        messages.success(request, told + (f" {_('It was not on the sheet.')}" if line.was_unexpected else ""))
    return HttpResponseRedirect(request.path)


def _rows(count: StockCount, at: datetime) -> list[Row]:
    lines = query.sheet(count=count)
    if count.state == StockCount.State.RECOUNT:
        lines = [one for one in lines if one.line.asked_round == count.round]
    marks = query.seen(count=count, variant_ids=[one.line.variant_id for one in lines], at=at)
    rows = []
    for one in lines:
        shown = "" if one.line.is_asked or one.line.counted is None else str(one.line.counted)
        rows.append(Row(one, marks[one.line.variant_id], shown, typed=shown))
    return rows


def _show(request: HttpRequest, site: Any, count: StockCount, rows: list[Row], began: Began | None = None) -> HttpResponse:
    """`began` is what a page carried that is shown again: its counter began then, not now."""
    marks = {row.told.line.variant_id: row.mark for row in rows}
    context = {
        **site.each_context(request),
        "title": f"{count.number} · {count.warehouse.name}",
        "count": count,
        "rows": rows,
        "left": sum(1 for row in rows if row.told.line.is_asked),
        "sees_expected": sees_expected(request, count),
        "began": Began(began.at if began else clock.now(), marks).signed(count),
        "back": reverse("admin:inventory_stockcount_change", args=[count.pk]),
        slips.FIELD: slips.fresh(),
    }
    return TemplateResponse(request, "admin/inventory/stockcount/sheet.html", context)
