"""The report of one import: where every row went, and the file's money beside the database's, month by month."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from orders.importing import accounting
from orders.importing.accounting import SKIPPED, Account, Reconciled, rounded

OUTCOMES = {
    accounting.SOLD: gettext_lazy("sold goods"),
    accounting.FREE: gettext_lazy("goods given away with an order"),
    accounting.SHIPPING: gettext_lazy("shipping fee of an order"),
    accounting.RETURNED: gettext_lazy("return, its sale found"),
    accounting.RETURNED_PARTLY_WITHOUT_SALE: gettext_lazy("return, the sale of some units found"),
    accounting.RETURNED_WITHOUT_SALE: gettext_lazy("return without a sale"),
    accounting.SHIPPING_RETURNED: gettext_lazy("shipping fee given back"),
    accounting.CORRECTED: gettext_lazy("stock correction"),
    accounting.ORDER: gettext_lazy("order"),
    accounting.PAYMENT: gettext_lazy("payment"),
    accounting.CUSTOMER: gettext_lazy("customer of an order"),
    accounting.PRODUCT: gettext_lazy("product"),
    accounting.ALREADY: gettext_lazy("imported before"),
    accounting.REPEATED: gettext_lazy("stands in another file as well"),
    accounting.LATE: gettext_lazy("its document was imported before without this row"),
    accounting.FEE: gettext_lazy("fee of a bank or marketplace"),
    accounting.MANUAL: gettext_lazy("entered by hand, without goods"),
    accounting.DISCOUNT: gettext_lazy("discount given afterwards"),
    accounting.SAMPLE: gettext_lazy("samples"),
    accounting.VOUCHER: gettext_lazy("gift voucher: money owed, no goods"),
    accounting.BAD_DEBT: gettext_lazy("correction of a bad debt"),
    accounting.MAKEWEIGHT: gettext_lazy("makeweight without a price of its own"),
    accounting.UNKNOWN_CODE: gettext_lazy("the code is no SKU of this shop"),
    accounting.ZERO_QUANTITY: gettext_lazy("zero units"),
    accounting.NEGATIVE_PRICE: gettext_lazy("negative price"),
    accounting.NEGATIVE_SALE: gettext_lazy("negative units without a credit note"),
    accounting.POSITIVE_CREDIT: gettext_lazy("positive units on a credit note"),
    accounting.SHIPPING_ALONE: gettext_lazy("shipping fee without goods"),
    accounting.SHIPPING_CREDIT_ALONE: gettext_lazy("shipping fee given back, its sale not found"),
    accounting.NO_LINES: gettext_lazy("order without goods"),
    accounting.OTHER_ORDER: gettext_lazy("belongs to an order that is not in the files"),
    accounting.ZERO_PAYMENT: gettext_lazy("payment of nothing"),
    accounting.NEVER_SOLD: gettext_lazy("product that no order names"),
    accounting.NO_ORDER: gettext_lazy("customer without an order"),
}
FIGURES = {
    "orders": gettext_lazy("orders"),
    "customers": gettext_lazy("customers"),
    "skus": gettext_lazy("SKUs"),
    "units_opening": gettext_lazy("units of opening stock"),
    "units_returned": gettext_lazy("units returned to a sale"),
    "units_returned_without_sale": gettext_lazy("units returned without a sale"),
    "movements": gettext_lazy("entries of the stock ledger"),
}


def compose(
    *,
    profile: str,
    currency: str,
    files: Sequence[tuple[str, str, str]],
    account: Account,
    months: Iterable[Reconciled],
    figures: Mapping[str, int],
    shift_days: int,
) -> dict[str, Any]:
    """The report as JSON. `files` are name, table and SHA-256 of each. Counts are checked here: no row is left over."""
    told = [_file(number, *one, account) for number, one in enumerate(files)]
    outcomes: dict[str, int] = {}
    for file in told:
        for outcome, rows in file["outcomes"].items():
            outcomes[outcome] = outcomes.get(outcome, 0) + rows
    return {
        "profile": profile,
        "currency": currency,
        "shift_days": shift_days,
        "files": told,
        "rows": {one: sum(file[one] for file in told) for one in ("read", "imported", "skipped")},
        "outcomes": [
            {
                "outcome": outcome,
                "skipped": outcome in SKIPPED,
                "rows": outcomes[outcome],
                "amount": _exact(account.amounts[outcome]),
            }
            for outcome in OUTCOMES
            if outcome in outcomes
        ],
        "months": [_month(one) for one in months],
        "figures": dict(figures),
    }


def _file(number: int, name: str, table: str, sha256: str, account: Account) -> dict[str, Any]:
    outcomes = account.by_outcome(number)
    skipped = sum(rows for outcome, rows in outcomes.items() if outcome in SKIPPED)
    read = account.rows(number)
    return {
        "name": name,
        "table": table,
        "sha256": sha256,
        "read": read,
        "imported": sum(outcomes.values()) - skipped,
        "skipped": skipped,
        "outcomes": outcomes,
    }


def _month(one: Reconciled) -> dict[str, Any]:
    gross, returns = one.differences
    return {
        "month": one.month,
        "file": {"gross": rounded(one.file_gross), "returns": rounded(one.file_returns), "net": rounded(one.file_net)},
        "left_out": {"gross": rounded(one.left_out_gross), "returns": rounded(one.left_out_returns)},
        "database": {
            "gross": rounded(one.database_gross),
            "returns": rounded(one.database_returns),
            "net": rounded(one.database_net),
        },
        "difference": {"gross": _plain(gross), "returns": _plain(returns)},
    }


def _exact(amount: Decimal) -> str:
    """Unrounded, with two decimals at least."""
    whole, _point, decimals = f"{amount:f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}" if amount else "0"


def readable(report: Mapping[str, Any]) -> str:
    """The report as text, for a terminal or a mail."""
    lines = [_("%(profile)s, amounts in %(currency)s") % report]
    if report["shift_days"]:
        lines.append(_("All dates moved by %(days)s days.") % {"days": report["shift_days"]})
    lines += ["", pgettext("import", "Rows")]
    left_out = pgettext("import", "left out")
    table = [[pgettext("import", "file"), pgettext("import", "read"), pgettext("import", "imported"), left_out]]
    table += [[one["name"], *(f"{one[key]:,}" for key in ("read", "imported", "skipped"))] for one in report["files"]]
    table.append([pgettext("import", "in all"), *(f"{report['rows'][key]:,}" for key in ("read", "imported", "skipped"))])
    lines += _aligned(table)
    lines += ["", _("What became of them")]
    lines += _aligned(
        [
            [str(OUTCOMES[one["outcome"]]), left_out if one["skipped"] else "", f"{one['rows']:,}", one["amount"]]
            for one in report["outcomes"]
        ]
    )
    lines += ["", _("Money by month: the files, what was left out, the database")]
    money = [pgettext("money", "sales"), pgettext("money", "returns"), pgettext("money", "net")]
    heading = [pgettext("import", "month"), *money, left_out, *money, pgettext("import", "differs")]
    lines += _aligned([heading, *(_month_cells(one) for one in report["months"])])
    lines += ["", *(f"{FIGURES[name]}: {value:,}" for name, value in report["figures"].items() if name in FIGURES)]
    return "\n".join(lines) + "\n"


def _month_cells(one: Mapping[str, Any]) -> list[str]:
    left_out = Decimal(one["left_out"]["gross"]) + Decimal(one["left_out"]["returns"])
    differs = Decimal(one["difference"]["gross"]) + Decimal(one["difference"]["returns"])
    file, database = one["file"], one["database"]
    return [
        *(one["month"], file["gross"], file["returns"], file["net"], str(left_out)),
        *(database["gross"], database["returns"], database["net"], str(differs)),
    ]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns of one width each; the first to the left, the rest to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    return [
        "  ".join(["", row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]
