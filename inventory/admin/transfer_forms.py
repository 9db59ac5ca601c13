"""What the pages and buttons of transfers ask."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.kernel.admin.buttons import ButtonForm, ReasonForm
from inventory.admin import labels
from inventory.admin.saving import AmountFormField
from inventory.admin.sku_fields import DraftLineFormSet
from inventory.models import Lane, TransferLine, TransferOrder, TransferProposal
from inventory.operations.stock import MOST_UNITS


class LaneForm(forms.ModelForm):  # type: ignore[type-arg]
    cost_per_unit = AmountFormField(
        label=gettext_lazy("cost for a unit"), initial=0, help_text=gettext_lazy("Packing, handling and freight of one unit.")
    )
    cost_per_shipment = AmountFormField(
        label=gettext_lazy("cost for a shipment"),
        initial=0,
        help_text=gettext_lazy("What each drive costs, however little is on it."),
    )

    class Meta:
        model = Lane
        fields = (
            *("from_warehouse", "to_warehouse", "is_active", "days", "cost_per_unit", "cost_per_shipment"),
            *("lot", "most_units", "cover_days"),
        )


class OrderForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        ends = cleaned.get("from_warehouse"), cleaned.get("to_warehouse")
        if ends[0] is not None and ends[0] == ends[1]:
            self.add_error("to_warehouse", _("Choose two different warehouses."))
        return cleaned


class LineFormSet(DraftLineFormSet):
    TWICE = NONE = gettext_lazy("Move each SKU once, and at least one.")


class UnitsForm(ButtonForm):
    """One field for each line."""

    EMPTY: Any = ""

    def prepare(self, row: TransferOrder) -> None:
        self.lines = [line for line in row.lines.select_related("variant__product").order_by("pk") if self.most(line)]
        for line in self.lines:
            self.fields[f"line-{line.pk}"] = forms.IntegerField(
                label=f"{line.variant.sku} · {labels.variant_name(line.variant)}",
                min_value=0,
                max_value=self.most(line),
                required=False,
                initial=self.most(line),
                help_text=self.told(line),
            )

    def most(self, line: TransferLine) -> int:
        raise NotImplementedError

    def told(self, line: TransferLine) -> str:
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        units = {line.variant.sku: cleaned.get(f"line-{line.pk}") or 0 for line in self.lines}
        cleaned["quantities"] = {sku: number for sku, number in units.items() if number}
        if not cleaned["quantities"] and not self.errors:
            raise forms.ValidationError(self.EMPTY)
        return cleaned


class ShipForm(UnitsForm):
    EMPTY = gettext_lazy("Enter what leaves.")
    expected_on = forms.DateField(
        label=gettext_lazy("expected on"),
        required=False,
        widget=forms.DateInput(),
        help_text=gettext_lazy("Empty: after the days of the lane."),
    )

    def most(self, line: TransferLine) -> int:
        return line.quantity

    def told(self, line: TransferLine) -> str:
        return _("%(units)s planned") % {"units": f"{line.quantity:,}"}


class ReceiveForm(UnitsForm):
    EMPTY = gettext_lazy("Enter what has come.")

    def most(self, line: TransferLine) -> int:
        return line.in_transit

    def told(self, line: TransferLine) -> str:
        return _("%(units)s in transit") % {"units": f"{line.in_transit:,}"}


class QuantityForm(ReasonForm):
    quantity = forms.IntegerField(label=gettext_lazy("Quantity"), min_value=1, max_value=MOST_UNITS)
    field_order = ("quantity", "reason")

    def prepare(self, proposal: TransferProposal) -> None:
        self.fields["quantity"].initial = proposal.units
