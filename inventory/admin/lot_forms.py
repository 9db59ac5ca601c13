"""What pages ask about lots: the terms of a SKU, the lots of a delivery, a count by lot, a decision about one."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from config.kernel.admin.buttons import ReasonForm
from inventory.admin import labels
from inventory.models import Lot, LotLevel, StockLevel, Variant
from inventory.operations import lots
from inventory.operations.lotbook import LONGEST_CODE, LotUnits
from inventory.operations.stock import MOST_UNITS
from inventory.queries import lots as queries

# No quantity has more; and Python reads no number of thousands of them.
MOST_DIGITS = 9


class LotsField(forms.CharField):
    """One lot a line: its code, the day it expires on, its units. Of a single lot the units may be left out."""

    def __init__(self, **kwargs: Any) -> None:
        told: dict[str, Any] = {"required": False, "max_length": 5000, "widget": forms.Textarea(attrs={"rows": 2})}
        super().__init__(**told | kwargs)


def read(text: str, whole: int | None) -> list[LotUnits]:
    """The lots that somebody typed; `whole` are the units that a single lot without units has."""
    lines = [words for line in text.splitlines() if (words := line.split())]
    found = []
    for words in lines:
        code, rest = words[0], words[1:]
        day, units = None, None
        for word in rest:
            if word.isdecimal() and len(word) <= MOST_DIGITS and units is None:
                units = int(word)
            elif day is None and (day := _day(word)) is not None:
                continue
            else:
                raise forms.ValidationError(
                    _("This is not a lot, a date and a number of units: %(line)s") % {"line": " ".join(words)}
                )
        if units is None and whole is not None and len(lines) == 1:
            units = whole
        if units is None or not 1 <= units <= MOST_UNITS or len(code) > LONGEST_CODE:
            raise forms.ValidationError(
                _("This is not a lot, a date and a number of units: %(line)s") % {"line": " ".join(words)}
            )
        found.append(LotUnits(code, units, day))
    return found


def _day(word: str) -> date | None:
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


class TermsForm(ReasonForm):
    shelf_life_days = forms.IntegerField(
        label=gettext_lazy("shelf life in days"), required=False, min_value=0, max_value=lots.LONGEST_LIFE,
        help_text=Variant._meta.get_field("shelf_life_days").help_text,
    )  # fmt: skip
    sell_until_days = forms.IntegerField(
        label=gettext_lazy("days of life at the last sale"), min_value=0, max_value=lots.LONGEST_LIFE, initial=0,
        help_text=Variant._meta.get_field("sell_until_days").help_text,
    )  # fmt: skip
    opening = forms.CharField(
        label=gettext_lazy("lot of what lies there now"), required=False, max_length=LONGEST_CODE,
        help_text=gettext_lazy("Only asked when a SKU begins to track lots. A count by lot tells it apart later."),
    )  # fmt: skip
    opening_expires_on = forms.DateField(
        label=gettext_lazy("expires on"), required=False, widget=forms.DateInput(),
        help_text=gettext_lazy("Of what lies there now. Empty: it is not known, and nothing of it counts as expired."),
    )  # fmt: skip
    field_order = ("shelf_life_days", "sell_until_days", "opening", "opening_expires_on", "reason")

    def prepare(self, row: Variant) -> None:
        if row.tracks_lots:
            self.fields["shelf_life_days"].initial, self.fields["sell_until_days"].initial = (
                row.shelf_life_days, row.sell_until_days,
            )  # fmt: skip
            del self.fields["opening"], self.fields["opening_expires_on"]


class CountForm(ReasonForm):
    """Every lot that lies there, without its units: whoever counts does not see what the system believes."""

    others = LotsField(
        label=gettext_lazy("other lots that were found"),
        help_text=gettext_lazy("One a line: code, date of expiry, units. L2611A 2027-03-31 12"),
    )

    def prepare(self, row: StockLevel) -> None:
        self.stocks: list[LotLevel] = list(queries.at_place(row.variant_id, row.warehouse_id))
        for one in self.stocks:
            self.fields[f"lot-{one.pk}"] = forms.IntegerField(
                label=labels.lot_code(one.lot.code), min_value=0, max_value=MOST_UNITS,
                help_text=_("expires on %(day)s") % {"day": one.lot.expires_on} if one.lot.expires_on else _("without a date"),
            )  # fmt: skip
        self.order_fields([*(f"lot-{one.pk}" for one in self.stocks), "others", "reason"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        found = [
            LotUnits(one.lot.code, cleaned[f"lot-{one.pk}"]) for one in self.stocks if cleaned.get(f"lot-{one.pk}") is not None
        ]
        try:
            found += read(cleaned.get("others") or "", None)
        except forms.ValidationError as refusal:
            self.add_error("others", refusal)
        cleaned["found"] = found
        return cleaned


class DateForm(ReasonForm):
    expires_on = forms.DateField(label=gettext_lazy("expires on"), widget=forms.DateInput())
    field_order = ("expires_on", "reason")

    def prepare(self, row: Lot) -> None:
        self.fields["expires_on"].initial = row.expires_on


class LotChosen(forms.Form):
    """Asks of which lot, where the SKU of the level tracks lots."""

    def ask(self, row: StockLevel) -> None:
        if not row.tracks_lots:
            return
        there = queries.at_place(row.variant_id, row.warehouse_id)
        choices = [
            (one.lot.code, f"{labels.lot_code(one.lot.code)} · {one.lot.expires_on or '-'} · {one.quantity:,}") for one in there
        ]  # fmt: skip
        self.fields["lot"] = forms.ChoiceField(label=pgettext_lazy("stock", "lot"), choices=choices)
        self.order_fields(["lot", *self.fields])
