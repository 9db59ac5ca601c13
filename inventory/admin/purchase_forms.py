"""What the pages and buttons of purchase orders ask."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from config.kernel.admin.buttons import ButtonForm, reason_field
from inventory import lifecycle
from inventory.admin import labels, lot_forms
from inventory.admin.saving import AmountFormField
from inventory.admin.sku_fields import DraftLineForm, DraftLineFormSet
from inventory.models import LandedCost, PurchaseOrder, PurchaseOrderLine, ReceiptDiscrepancy, Supplier
from inventory.operations.confirming import Confirmed
from inventory.operations.lotbook import LotUnits
from inventory.operations.purchase_steps import MOST_UNITS
from inventory.operations.receiving import LONGEST_ITEM, Gap
from inventory.queries import bins

Kind, Outcome = ReceiptDiscrepancy.Kind, ReceiptDiscrepancy.Outcome
GAP_DAMAGED, GAP_SHORT = "damaged", "short"


class OrderForm(forms.ModelForm):  # type: ignore[type-arg]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "supplier" in self.fields:
            suppliers: Any = self.fields["supplier"]
            suppliers.queryset = Supplier.objects.filter(is_active=True)


class LineForm(DraftLineForm):
    """A cost that is left empty is known to the operation."""

    unit_cost = AmountFormField(
        label=gettext_lazy("unit cost"),
        exact=True,
        required=False,
        help_text=gettext_lazy("Empty: as the supplier offers it."),
    )


class LineFormSet(DraftLineFormSet):
    TWICE = gettext_lazy("Order each SKU once, and at least one.")
    NONE = gettext_lazy("A purchase order needs at least one line.")


class SendForm(ButtonForm):
    expected_on = forms.DateField(
        label=gettext_lazy("expected on"),
        required=False,
        widget=forms.DateInput(),
        help_text=gettext_lazy("Empty: after the longest lead time of its lines."),
    )


class ReceiveForm(ButtonForm):
    """One field for each line; what is outstanding is proposed."""

    delivery_note = forms.CharField(
        label=gettext_lazy("delivery note"),
        max_length=64,
        help_text=gettext_lazy("The supplier's own number on the paper."),
    )

    def prepare(self, row: PurchaseOrder) -> None:
        self.order = row
        self.lines = list(row.lines.select_related("variant__product").order_by("pk"))
        codes = bins.codes(places=[(line.variant_id, row.warehouse_id) for line in self.lines])
        for line in self.lines:
            lies = codes.get((line.variant_id, row.warehouse_id), "")
            self.fields[f"line-{line.pk}"] = forms.IntegerField(
                label=f"{line.variant.sku} · {labels.variant_name(line.variant)}",
                min_value=0,
                max_value=MOST_UNITS,
                required=False,
                initial=line.outstanding,
                help_text=_("%(outstanding)s outstanding of %(ordered)s ordered")
                % {"outstanding": line.outstanding, "ordered": line.quantity}
                + (f" · {pgettext('warehouse', 'bin')} {lies}" if lies else ""),
            )
            if line.variant.tracks_lots:
                self.fields[f"lots-{line.pk}"] = lot_forms.LotsField(
                    label=f"{line.variant.sku} · {pgettext('stock', 'lots')}",
                    help_text=_("One a line: code, date of expiry, units. Of a single lot the units may be left out."),
                )
        self.fields["more_came"] = forms.BooleanField(
            label=_("More came than was ordered"),
            required=False,
            help_text=_(
                "What is beyond the order is put on the shelf, too. Beyond the supplier's tolerance it takes somebody who "
                "approves purchase orders."
            ),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        units = {line.variant.sku: cleaned.get(f"line-{line.pk}") or 0 for line in self.lines}
        cleaned["quantities"] = {sku: number for sku, number in units.items() if number}
        cleaned["lots"] = self._lots(cleaned, units)
        cleaned["gaps"] = self.gaps(cleaned)
        if not cleaned["quantities"] and not cleaned["gaps"] and not self.errors:
            raise forms.ValidationError(_("Enter what has come."))
        if not cleaned.get("more_came") and not self._is_known(cleaned.get("delivery_note", "")):
            beyond = [line for line in self.lines if units[line.variant.sku] > line.outstanding + self._welcome(line)]
            for line in beyond:
                told = _("Only %(outstanding)s are outstanding. If more came, say so below.") % {
                    "outstanding": line.outstanding
                }
                self.add_error(f"line-{line.pk}", told)
            if beyond:
                self._ask_below(f"line-{beyond[-1].pk}")
        return cleaned

    def _lots(self, cleaned: dict[str, Any], units: dict[str, int]) -> dict[str, list[LotUnits]]:
        """By SKU. Lots of a line of which nothing came are not read."""
        found = {}
        for line in self.lines:
            whole, name = units[line.variant.sku], f"lots-{line.pk}"
            if not line.variant.tracks_lots or not whole:
                continue
            try:
                found[line.variant.sku] = lot_forms.read(cleaned.get(name) or "", whole)
            except forms.ValidationError as refusal:
                self.add_error(name, refusal)
                continue
            if not found[line.variant.sku]:
                self.add_error(name, _("Say of which lots the units are."))
        return found

    def gaps(self, cleaned: dict[str, Any]) -> list[Gap]:
        """What was wrong with the delivery, where the form asks for it."""
        return []

    def _welcome(self, line: PurchaseOrderLine) -> int:
        tolerance = self.order.supplier.over_tolerance
        return 0 if tolerance is None else lifecycle.surplus_welcome(line.quantity, tolerance)

    def _ask_below(self, name: str) -> None:
        """A delivery may have many lines: whether more came is asked right below the last one that says so."""
        names = [one for one in self.fields if one != "more_came"]
        names.insert(names.index(name) + 1, "more_came")
        self.order_fields(names)

    def _is_known(self, note: str) -> bool:
        """A note that was booked before is answered by the operation, which compares what it booked."""
        return self.order.receipts.filter(delivery_note=note.strip()).exists()


class CloseForm(ButtonForm):
    reason = reason_field(required=False, help_text=gettext_lazy("Needed where goods are still missing."))


class ReceiveWithGapsForm(ReceiveForm):
    """The same, with what was wrong: damaged and missing units of each line, and goods that nobody ordered."""

    def prepare(self, row: PurchaseOrder) -> None:
        super().prepare(row)
        kinds = ((GAP_DAMAGED, _("damaged")), (GAP_SHORT, _("on the delivery note, but not in the parcel")))
        for line in self.lines:
            for kind, words in kinds:
                self.fields[f"{kind}-{line.pk}"] = forms.IntegerField(
                    label=f"{line.variant.sku} · {words}", min_value=0, max_value=MOST_UNITS, required=False
                )
        self.fields["wrong_item"] = forms.CharField(
            label=_("Came, though nobody ordered it"), max_length=LONGEST_ITEM, required=False,
            help_text=_("Its SKU, or what it is. It is not put on the shelf."),
        )  # fmt: skip
        self.fields["wrong_units"] = forms.IntegerField(
            label=_("Units of it"), min_value=1, max_value=MOST_UNITS, required=False
        )
        self.fields["outcome"] = forms.ChoiceField(
            label=_("Damaged and wrong goods"),
            choices=[(one.value, one.label) for one in (Outcome.RETURN, Outcome.DISPOSE)],
        )
        self.fields["gap_reason"] = reason_field(required=False, help_text=_("What was wrong, for the supplier to understand."))
        self.order_fields(self._line_by_line())

    def _line_by_line(self) -> list[str]:
        names = ["delivery_note"]
        for line in self.lines:
            names += [f"{kind}-{line.pk}" for kind in ("line", "lots", GAP_DAMAGED, GAP_SHORT)]
        return names

    def gaps(self, cleaned: dict[str, Any]) -> list[Gap]:
        reason, outcome = cleaned.get("gap_reason") or "", cleaned.get("outcome") or ""
        found = []
        for line in self.lines:
            damaged, short = cleaned.get(f"{GAP_DAMAGED}-{line.pk}"), cleaned.get(f"{GAP_SHORT}-{line.pk}")
            if damaged:
                found.append(Gap(Kind.DAMAGED.value, damaged, reason, sku=line.variant.sku, outcome=outcome))
            if short:
                found.append(Gap(Kind.SHORT.value, short, reason, sku=line.variant.sku))
        item, units = (cleaned.get("wrong_item") or "").strip(), cleaned.get("wrong_units")
        if bool(item) != bool(units):
            self.add_error("wrong_units" if item else "wrong_item", _("Say what came, and how many."))
        elif item and units:
            found.append(Gap(Kind.WRONG.value, units, reason, item=item, outcome=outcome))
        if found and not reason.strip():
            self.add_error("gap_reason", _("Say what was wrong."))
        return found


class ConfirmedLines:
    """The fields of a confirmation, on the page of staff as on the supplier's: units and a day for each line still to come."""

    fields: dict[str, forms.Field]
    lines: list[PurchaseOrderLine]

    def ask(self, order: PurchaseOrder) -> None:
        self.lines = [line for line in order.lines.select_related("variant__product").order_by("pk") if line.outstanding]
        for line in self.lines:
            name = f"{line.variant.sku} · {labels.variant_name(line.variant)}"
            self.fields[f"units-{line.pk}"] = forms.IntegerField(
                label=name,
                min_value=0,
                max_value=MOST_UNITS,
                initial=line.quantity if line.confirmed_quantity is None else line.confirmed_quantity,
                help_text=_("%(ordered)s ordered, %(received)s received. Units in all, 0 for none.")
                % {"ordered": f"{line.quantity:,}", "received": f"{line.received:,}"},
            )
            self.fields[f"day-{line.pk}"] = forms.DateField(
                label=_("%(sku)s comes on") % {"sku": line.variant.sku},
                required=False,
                widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
                initial=line.confirmed_on or order.expected_on,
            )
        self.fields["note"] = forms.CharField(label=_("Note"), max_length=300, required=False)

    def confirmed(self, cleaned: dict[str, Any]) -> list[Confirmed]:
        return [
            Confirmed(line.variant.sku, cleaned[f"units-{line.pk}"], cleaned.get(f"day-{line.pk}"))
            for line in self.lines
            if cleaned.get(f"units-{line.pk}") is not None
        ]


class ConfirmForm(ConfirmedLines, ButtonForm):
    def prepare(self, row: PurchaseOrder) -> None:
        self.ask(row)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["lines"] = self.confirmed(cleaned)
        return cleaned


class MailForm(ButtonForm):
    """Asks for the expected day where mailing it is what sends it."""

    def prepare(self, row: PurchaseOrder) -> None:
        if row.state == PurchaseOrder.State.APPROVED:
            self.fields["expected_on"] = forms.DateField(
                label=_("expected on"), required=False, widget=forms.DateInput(),
                help_text=_("Empty: after the longest lead time of its lines."),
            )  # fmt: skip


class LandedCostForm(ButtonForm):
    kind = forms.ChoiceField(label=gettext_lazy("kind"), choices=LandedCost.Kind.choices)
    amount = AmountFormField(label=gettext_lazy("amount"), help_text=gettext_lazy("Before tax."))
    basis = forms.ChoiceField(label=gettext_lazy("shared out"), choices=LandedCost.Basis.choices)
    reference = forms.CharField(
        label=gettext_lazy("invoice"), max_length=64, help_text=LandedCost._meta.get_field("reference").help_text
    )


class SettleForm(ButtonForm):
    settlement = forms.CharField(
        label=gettext_lazy("how it was settled"), max_length=200,
        help_text=ReceiptDiscrepancy._meta.get_field("settlement").help_text,
    )  # fmt: skip
