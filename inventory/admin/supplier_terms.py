"""When a supplier takes orders and how much fits into one delivery, as fields of its page."""

from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from inventory.admin.saving import AmountFormField
from inventory.models import Supplier

FIELDS = ("order_weekdays", "order_cutoff", "minimum_order_value", "volume_cap", "weight_cap")


class SupplierTermsForm(forms.ModelForm):  # type: ignore[type-arg]
    order_weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("order days"), choices=list(WEEKDAYS.items()), coerce=int, required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget, help_text=Supplier._meta.get_field("order_weekdays").help_text,
    )  # fmt: skip
    minimum_order_value = AmountFormField(
        label=gettext_lazy("minimum order value"), initial=0,
        help_text=Supplier._meta.get_field("minimum_order_value").help_text,
    )  # fmt: skip

    def clean_order_weekdays(self) -> list[int]:
        chosen: list[Any] = self.cleaned_data["order_weekdays"]
        return sorted(chosen)
