"""Why an import is refused, in words that name the file, the row, the column and the remedy.

A refusal is kept as its problem and facts, not as a sentence: a worker writes it down, and each reader has a language.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.kernel.errors import DomainError, Invalid
from orders.importing.values import Unreadable

Refusal = TypeVar("Refusal", bound=DomainError)

# As much of a cell as a sentence can quote.
QUOTED = 60

PROBLEMS = {
    # the file
    "missing_file": gettext_lazy("there is no such file."),
    "wrong_name": gettext_lazy("only .xlsx, .csv and .csv.gz files are read. In Excel choose “Save as” and “CSV UTF-8”."),
    "excel": gettext_lazy(
        "this is an Excel or zip file under another name, or of an old Excel. Save it as .xlsx or as “CSV UTF-8”."
    ),
    "empty": gettext_lazy("the file is empty."),
    "broken_workbook": gettext_lazy("this is no Excel workbook (.xlsx), it asks for a password, or it was damaged on the way."),
    "broken_gzip": gettext_lazy("this is no gzip file, or it was damaged on the way. Send it again."),
    "truncated_gzip": gettext_lazy("the compressed file ends in the middle. Send it again."),
    "bomb": gettext_lazy("unpacked, the file is more than %(most)s times as large as packed. It is not read on."),
    "too_large": gettext_lazy("the file holds more than %(most)s MB of text. Split it."),
    "too_many_rows": gettext_lazy("one import takes at most %(most)s rows. Split the files."),
    "utf16": gettext_lazy("the text is stored as UTF-16. In Excel choose “Save as” and “CSV UTF-8”."),
    # a heading
    "delimiter": gettext_lazy("cells are parted by “%(found)s”. Save the file with commas."),
    "duplicated_column": gettext_lazy("the column stands there twice. Remove one of them."),
    "unknown_table": gettext_lazy(
        "the heading fits no table of this profile. Closest: %(table)s. Missing: %(missing)s. Unknown: %(unknown)s."
    ),
    "table_missing": gettext_lazy("the table “%(table)s” is missing. Give all files together."),
    # a row
    "cp949": gettext_lazy("the text is stored in the old Korean encoding (cp949). In Excel choose “Save as” and “CSV UTF-8”."),
    "encoding": gettext_lazy("the text is not stored as UTF-8. In Excel choose “Save as” and “CSV UTF-8”."),
    "nul": gettext_lazy("there is a NUL character. The file is damaged or no text."),
    "too_long_line": gettext_lazy("the line is longer than %(most)s characters. Perhaps a quotation mark is not closed."),
    "too_long_cell": gettext_lazy("a cell is longer than %(most)s characters. Perhaps a quotation mark is not closed."),
    "unclosed_quote": gettext_lazy("a quotation mark is opened and never closed."),
    "stray_quote": gettext_lazy("a quotation mark stands in the middle of a cell. Double it."),
    "line_ends": gettext_lazy("lines end in a way of old Macs. Save the file anew as CSV."),
    "ragged": gettext_lazy("the row has %(found)s cells, the heading %(expected)s."),
    "two_customers": gettext_lazy("“%(document)s” belongs to customer “%(other)s” in an earlier row."),
    "two_moments": gettext_lazy("“%(document)s” was ordered at %(other)s in an earlier row."),
    "too_many_lines": gettext_lazy("“%(document)s” has more than %(most)s rows."),
    "too_much_money": gettext_lazy("“%(document)s” comes to more money than can be stored."),
    "twice": gettext_lazy("“%(document)s” stands in the table twice."),
    "no_customer_row": gettext_lazy("the customer is not in the table of customers."),
    "no_product_row": gettext_lazy("the product is not in the table of products."),
    # a cell
    "amount": gettext_lazy("this is not an amount. Write it like 1234.50, without signs for thousands or currency."),
    "units": gettext_lazy("this is not a whole number."),
    "negative_units": gettext_lazy("units are above zero; what came back has the kind “return”."),
    "kind": gettext_lazy("write sale or return; an empty cell is a sale."),
    "too_many_units": gettext_lazy("this is more than %(most)s."),
    "moment": gettext_lazy("this is not a date and time. Write it like 2026-11-21 09:05:00."),
    "code": gettext_lazy("this is not a code of this column."),
    "damaged_code": gettext_lazy("a spreadsheet turned the code into a number. Format the column as text and export anew."),
    "formula_error": gettext_lazy("a formula of the sheet came to an error. Mend it and save anew."),
    "formula": gettext_lazy("the text begins like a formula. Remove the first character."),
    "invisible": gettext_lazy("there is a character nobody can see. Remove it."),
    "too_long": gettext_lazy("the text is longer than %(most)s characters."),
    "missing": gettext_lazy("the cell is empty."),
    "state": gettext_lazy("this state is not known."),
}  # fmt: skip
# Problems of the import as a whole, which lie in no file.
SENTENCES = {
    "unknown_profile": gettext_lazy("There is no profile “%(name)s”. Known: %(known)s."),
    "wrong_currency": gettext_lazy(
        "The history of %(profile)s is in %(theirs)s and this shop's currency is %(ours)s. Import it into a shop of its own, "
        "with SHOP_CURRENCY=%(theirs)s."
    ),
    "unknown_warehouse": gettext_lazy("There is no warehouse “%(code)s”."),
    "moved_before": gettext_lazy("Earlier files of this shop were moved by %(days)s days; these must be moved as well."),
    "not_moved_before": gettext_lazy(
        "Earlier files of this shop were imported without moving their dates; these cannot be moved."
    ),
    "not_reconciled": gettext_lazy("%(month)s does not reconcile: sales differ by %(gross)s, returns by %(returns)s."),
    "worker_died": gettext_lazy("The worker died. Nothing was written."),
}


class FileRefused(Invalid):
    """A file cannot be read; nothing of the import was written. `details` names file, row, column and problem."""

    code = "file_refused"


def refused(problem: str, *, file: str, row: int | None = None, column: str = "", value: str = "", **facts: Any) -> FileRefused:
    details = {"file": shown(file), "row": row, "column": column, "value": shown(value), **kept(problem, **facts)}
    return FileRefused(told(details), details=details)


def of_import(kind: type[Refusal], problem: str, **facts: Any) -> Refusal:
    details = kept(problem, **facts)
    return kind(told(details), details=details)


def kept(problem: str, **facts: Any) -> dict[str, Any]:
    """What is kept of a problem, for `told`."""
    return {"problem": problem, "facts": {name: shown(str(fact)) for name, fact in facts.items()}}


def told(details: Mapping[str, Any]) -> str:
    """The refusal in one sentence of the reader's language: where, what was found, what to do."""
    problem: str = details["problem"]
    sentence: str = str(SENTENCES.get(problem) or PROBLEMS[problem]) % details["facts"]
    if problem in SENTENCES:
        return sentence
    where = [details["file"]]
    if details["row"] is not None:
        where.append(_("row %(row)s") % {"row": details["row"]})
    if details["column"]:
        where.append(_("column %(column)s") % {"column": details["column"]})
    found = f"“{details['value']}” – " if details["value"] else ""
    return f"{', '.join(where)}: {found}{sentence}"


def of_cell(trouble: Unreadable, *, file: str, row: int) -> FileRefused:
    return refused(trouble.problem, file=file, row=row, column=trouble.column, value=trouble.value, **trouble.facts)


def shown(text: str) -> str:
    """A value short enough for a sentence; what cannot be printed becomes visible."""
    text = "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text[: QUOTED * 4])
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}…"
