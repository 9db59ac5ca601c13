"""Amounts as people type them."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from config.kernel.money import Money, round_half_up


class AmountFormField(forms.DecimalField):
    """An amount in the shop's currency; `exact` also takes fractions of its smallest unit, as unit costs have them."""

    def __init__(self, *, exact: bool = False, **kwargs: Any) -> None:
        self.exact = exact
        given = {"min_value": 0, "max_digits": 16, "decimal_places": 4, "widget": UnfoldAdminDecimalFieldWidget}
        super().__init__(**{**given, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        """Without the zeros that the column keeps."""
        return Money(value, settings.SHOP_CURRENCY).as_text() if isinstance(value, Decimal) else value

    def to_python(self, value: Any) -> Any:
        amount = super().to_python(value)
        if amount is not None and amount.is_finite() and not self.exact:
            smallest = round_half_up(amount, settings.SHOP_CURRENCY)
            if smallest != amount:
                raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return amount
