"""What the pages and buttons of purchase orders ask."""

from typing import Any

from django import forms
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from config.kernel.admin.buttons import ButtonForm, reason_field
from inventory.admin import labels
from inventory.admin.saving import AmountFormField
from inventory.admin.sku_fields import SkuRowForm
from inventory.models import PurchaseOrder, Supplier
from inventory.operations import purchasing
from inventory.queries import bins


class OrderForm(forms.ModelForm):  # type: ignore[type-arg]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "supplier" in self.fields:
            suppliers: Any = self.fields["supplier"]
            suppliers.queryset = Supplier.objects.filter(is_active=True)


class LineForm(SkuRowForm):
    quantity = forms.IntegerField(
        label=gettext_lazy("quantity"), min_value=1, max_value=purchasing.MOST_UNITS, widget=UnfoldAdminDecimalFieldWidget
    )
    unit_cost = AmountFormField(
        label=gettext_lazy("unit cost"),
        exact=True,
        required=False,
        help_text=gettext_lazy("Empty: as the supplier offers it."),
    )

    def _post_clean(self) -> None:
        """The row itself is written by an operation, which also knows the cost that was left empty."""

    def has_changed(self) -> bool:
        return bool(self.data.get(self.add_prefix("variant"))) or super().has_changed()


class LineFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        chosen = [one["variant"] for one in self.kept() if "variant" in one]
        if len(set(chosen)) != len(chosen):
            raise forms.ValidationError(_("Order each SKU once, and at least one."))
        if not chosen and not any(self.errors):
            raise forms.ValidationError(_("A purchase order needs at least one line."))

    def validate_unique(self) -> None:
        """`clean` looks for a SKU that stands twice; a line may take the place of one that is deleted."""

    def kept(self) -> list[dict[str, Any]]:
        return [
            form.cleaned_data
            for form in self.forms
            if getattr(form, "cleaned_data", None) and not form.cleaned_data.get("DELETE")
        ]


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
                max_value=purchasing.MOST_UNITS,
                required=False,
                initial=line.outstanding,
                help_text=_("%(outstanding)s outstanding of %(ordered)s ordered")
                % {"outstanding": line.outstanding, "ordered": line.quantity}
                + (f" · {pgettext('warehouse', 'bin')} {lies}" if lies else ""),
            )
        self.fields["more_came"] = forms.BooleanField(
            label=_("More came than was ordered"),
            required=False,
            help_text=_("What is beyond the order is put on the shelf, too."),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        units = {line.variant.sku: cleaned.get(f"line-{line.pk}") or 0 for line in self.lines}
        cleaned["quantities"] = {sku: number for sku, number in units.items() if number}
        if not cleaned["quantities"] and not self.errors:
            raise forms.ValidationError(_("Enter what has come."))
        if not cleaned.get("more_came") and not self._is_known(cleaned.get("delivery_note", "")):
            beyond = [line for line in self.lines if units[line.variant.sku] > line.outstanding]
            for line in beyond:
                told = _("Only %(outstanding)s are outstanding. If more came, say so below.") % {
                    "outstanding": line.outstanding
                }
                self.add_error(f"line-{line.pk}", told)
            if beyond:
                self._ask_below(f"line-{beyond[-1].pk}")
        return cleaned

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
