"""What a count found against what the system held: line by line, in units and in value at cost, with what moved meanwhile."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from config.kernel.admin import wording
from config.kernel.money import Money
from inventory.admin import costs, counting_sheets, labels, reports
from inventory.models import StockCount
from inventory.operations import counting
from inventory.queries import counting as query
from inventory.queries.counting import SheetLine


def context(request: HttpRequest, count: StockCount) -> dict[str, Any]:
    """What stands below the facts of a count."""
    lines = query.sheet(count=count)
    sees = counting_sheets.sees_expected(request, count)
    value = sum((one.value for one in lines), Decimal(0))
    worth = counting.worth([one.line for one in lines])
    being_counted = count.state in counting.BEING_COUNTED
    may_count = being_counted and request.user.has_perm(counting_sheets.MAY_COUNT)
    told = {
        "lines": [_line(one, sees) for one in lines],
        "counted_lines": sum(1 for one in lines if one.line.counted is not None),
        "all_lines": len(lines),
        "sees_expected": sees,
        "sees_costs": sees and costs.sees(request),
        "units": labels.signed(sum(one.line.difference for one in lines)) if sees else "",
        "value": wording.amount(value),
        "worth": wording.amount(worth),
        "is_large": worth > settings.STOCK_COUNT_LIMIT,
        "limit": wording.amount(settings.STOCK_COUNT_LIMIT),
        "tolerance": {"units": count.tolerance_units, "value": wording.amount(count.tolerance_value)},
        "sheet_url": reverse("admin:inventory_stockcount_sheet", args=[count.pk]) if may_count else "",
        "csv_url": reverse("admin:inventory_stockcount_variance", args=[count.pk]) if sees else "",
    }
    return {"variance": told}


def _line(one: SheetLine, sees: bool) -> dict[str, Any]:
    line = one.line
    counted = line.counted is not None
    return {
        "line": line,
        "sku": labels.variant_link(line.variant),
        "name": labels.variant_name(line.variant),
        "bin": one.bin,
        "expected": line.expected if sees else None,
        "counted": line.counted,
        "difference": labels.signed(line.difference) if counted and line.difference and sees else "-",
        "value": wording.amount(one.value) if counted else "-",
        "notes": _notes(one, sees),
    }


def _notes(one: SheetLine, sees: bool) -> list[str]:
    line, found = one.line, []
    if line.is_asked and line.round:
        found.append(_("to be counted once more"))
    if line.doubt and sees:
        found.append(str(line.get_doubt_display()))
    if line.round > 1:
        found.append(_("counted in round %(round)s") % {"round": line.round})
    if line.was_unexpected:
        found.append(_("was not on the sheet"))
    if line.moved_while and sees:
        found.append(_("%(units)s while it was counted") % {"units": f"{line.moved_while:+,}"})
    if one.since.by_kind and sees:
        found.append(_("since then: %(moved)s") % {"moved": counting_sheets.moved(one.since)})
    if line.moved_since:
        found.append(_("%(units)s moved until it was posted, and kept") % {"units": f"{line.moved_since:+,}"})
    return found


def file(request: HttpRequest, count: StockCount) -> HttpResponseBase:
    sees = counting_sheets.sees_expected(request, count)
    heading = [
        _("SKU"), _("product"), pgettext("warehouse", "bin"), _("counted"), _("expected"), _("difference"), _("notes"),
        _("unit cost"), _("value of the difference"),
    ]  # fmt: skip
    rows = [_row(one, sees) for one in query.sheet(count=count)]
    return reports.file(
        request, name=count.number, title=count.number, heading=reports.priced(request, heading, 7, 8),
        rows=[reports.priced(request, row, 7, 8) for row in rows], of=StockCount,
    )  # fmt: skip


def _row(one: SheetLine, sees: bool) -> Sequence[Any]:
    line = one.line
    told: list[Any] = [line.variant.sku, labels.variant_name(line.variant), one.bin, line.counted]
    if line.counted is None or not sees:
        return [*told, None, None, "; ".join(_notes(one, sees)), None, None]
    cost = line.unit_cost or Decimal(0)
    return [
        *told, line.expected, line.difference, "; ".join(_notes(one, sees)), Money(cost, settings.SHOP_CURRENCY).as_text(),
        Money(one.value, settings.SHOP_CURRENCY).as_text(),
    ]  # fmt: skip
