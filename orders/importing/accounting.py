"""Every row of every file is accounted for once: what it became, or why it was left out; and the money of each month.

Pure. Two counts that know nothing of each other meet here: `RawSums` adds up the file's rows as they are read, `Account` says
what was decided about each row. A third, the database's own, is compared by whoever can ask it.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)

# What a row became.
SOLD = "sold"
FREE = "free"
SHIPPING = "shipping"
RETURNED = "returned"
RETURNED_PARTLY_WITHOUT_SALE = "returned_partly_without_sale"
RETURNED_WITHOUT_SALE = "returned_without_sale"
SHIPPING_RETURNED = "shipping_returned"
CORRECTED = "corrected"
ORDER = "order"
PAYMENT = "payment"
CUSTOMER = "customer"
PRODUCT = "product"
# Why a row was left out.
ALREADY = "already_imported"
REPEATED = "repeated_by_another_file"
LATE = "document_imported_without_it"
FEE = "fee"
MANUAL = "manual"
DISCOUNT = "discount_afterwards"
SAMPLE = "sample"
VOUCHER = "gift_voucher"
BAD_DEBT = "bad_debt"
MAKEWEIGHT = "makeweight"
UNKNOWN_CODE = "unknown_code"
ZERO_QUANTITY = "zero_quantity"
NEGATIVE_PRICE = "negative_price"
NEGATIVE_SALE = "negative_without_credit_note"
POSITIVE_CREDIT = "positive_on_credit_note"
SHIPPING_ALONE = "shipping_without_goods"
SHIPPING_CREDIT_ALONE = "shipping_credit_without_sale"
NO_LINES = "order_without_lines"
OTHER_ORDER = "other_order"
ZERO_PAYMENT = "zero_payment"
NEVER_SOLD = "product_never_sold"
NO_ORDER = "customer_without_order"

IMPORTED = (
    *(SOLD, FREE, SHIPPING, RETURNED, RETURNED_PARTLY_WITHOUT_SALE, RETURNED_WITHOUT_SALE, SHIPPING_RETURNED, CORRECTED),
    *(ORDER, PAYMENT, CUSTOMER, PRODUCT),
)
SKIPPED = (
    *(ALREADY, REPEATED, LATE, FEE, MANUAL, DISCOUNT, SAMPLE, VOUCHER, BAD_DEBT, MAKEWEIGHT, UNKNOWN_CODE),
    *(ZERO_QUANTITY, NEGATIVE_PRICE, NEGATIVE_SALE, POSITIVE_CREDIT, SHIPPING_ALONE, SHIPPING_CREDIT_ALONE),
    *(NO_LINES, OTHER_ORDER, ZERO_PAYMENT, NEVER_SOLD, NO_ORDER),
)
_BLANK = 255
_NUMBERS = {outcome: number for number, outcome in enumerate((*IMPORTED, *SKIPPED), start=1)}
_OUTCOMES = {number: outcome for outcome, number in _NUMBERS.items()}

# A row is named by one number: its file times this, plus its row in the file (the heading is row 1).
ROWS_PER_FILE = 100_000_000


class Unaccounted(AssertionError):
    """A row was decided twice, or not at all: a fault of the importer, never of the file."""


class Account:
    """Of each row: one outcome. Of each month: the money of rows that were left out, gross and returns."""

    def __init__(self) -> None:
        self._outcomes: list[array[int]] = []
        self.left_out: dict[str, tuple[Decimal, Decimal]] = {}
        self.amounts: defaultdict[str, Decimal] = defaultdict(Decimal)

    def open_file(self) -> int:
        """Begins the next file; its rows follow through `read`."""
        self._outcomes.append(array("B"))
        return len(self._outcomes) - 1

    def read(self, file: int, row: int) -> int:
        """Counts one more row of the file and names it. Numbers that are left out were blank lines."""
        rows = self._outcomes[file]
        if len(rows) != row - 2:
            rows.extend([_BLANK] * (row - 2 - len(rows)))
        rows.append(0)
        return file * ROWS_PER_FILE + row

    def decide(self, ref: int, outcome: str, month: str = "", amount: Decimal = ZERO, *, is_return: bool = False) -> None:
        """Says once what became of a row. `amount` is its money as the file states it: negative for money given back."""
        file, row = divmod(ref, ROWS_PER_FILE)
        rows = self._outcomes[file]
        if rows[row - 2]:
            raise Unaccounted(f"row {row} of file {file} is {_OUTCOMES[rows[row - 2]]} already, not {outcome}")
        rows[row - 2] = _NUMBERS[outcome]
        self.amounts[outcome] += amount
        if amount and outcome in SKIPPED:
            gross, returns = self.left_out.get(month, (ZERO, ZERO))
            self.left_out[month] = (gross, returns + amount) if is_return else (gross + amount, returns)

    def rows(self, file: int) -> int:
        return len(self._outcomes[file]) - self._outcomes[file].count(_BLANK)

    def by_outcome(self, file: int) -> dict[str, int]:
        """How many rows of the file became what; every row is in exactly one of the counts."""
        counts = Counter(self._outcomes[file])
        if counts[0]:
            raise Unaccounted(f"{counts[0]} rows of file {file} were never decided")
        return {outcome: counts[number] for outcome, number in _NUMBERS.items() if counts[number]}

    def skipped(self, file: int) -> Iterator[tuple[int, str]]:
        """Row number and reason of each row that was left out, in the order of the file."""
        first = _NUMBERS[SKIPPED[0]]
        for place, number in enumerate(self._outcomes[file], start=2):
            if first <= number < _BLANK:
                yield place, _OUTCOMES[number]


class RawSums:
    """The file's own money by month, added up row by row without asking what a row means.

    A document counts in the month of its first row; what begins as a credit note counts as returns.
    """

    def __init__(self) -> None:
        self._documents: dict[str, tuple[datetime, Decimal, bool]] = {}

    def add(self, document: str, at: datetime, amount: Decimal, *, is_return: bool) -> None:
        known = self._documents.get(document)
        if known is None:
            self._documents[document] = (at, amount, is_return)
        else:
            self._documents[document] = (min(known[0], at), known[1] + amount, is_return)

    def months(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Gross sales and returns by month; returns are negative, as in the file."""
        sums: defaultdict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
        for at, amount, is_return in self._documents.values():
            sums[f"{at:%Y-%m}"][is_return] += amount
        return {month: (gross, returns) for month, (gross, returns) in sorted(sums.items())}


@dataclass(frozen=True)
class Reconciled:
    """One month: the file's sums, what was left out of them with a reason, and what the database holds."""

    month: str
    file_gross: Decimal
    file_returns: Decimal
    left_out_gross: Decimal
    left_out_returns: Decimal
    database_gross: Decimal
    database_returns: Decimal

    @property
    def file_net(self) -> Decimal:
        return self.file_gross + self.file_returns

    @property
    def database_net(self) -> Decimal:
        return self.database_gross + self.database_returns

    @property
    def differences(self) -> tuple[Decimal, Decimal]:
        """What neither the database nor a reason explains, exactly: zero and zero, or the import is wrong."""
        return (
            self.file_gross - self.left_out_gross - self.database_gross,
            self.file_returns - self.left_out_returns - self.database_returns,
        )


def reconcile(
    raw: Mapping[str, tuple[Decimal, Decimal]],
    left_out: Mapping[str, tuple[Decimal, Decimal]],
    database: Mapping[str, tuple[Decimal, Decimal]],
) -> list[Reconciled]:
    nothing = (ZERO, ZERO)
    return [
        Reconciled(month, *raw.get(month, nothing), *left_out.get(month, nothing), *database.get(month, nothing))
        for month in sorted({*raw, *left_out, *database})
    ]


def rounded(amount: Decimal) -> str:
    """The one rounding of an import: a month's total, to the penny."""
    return str(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))
