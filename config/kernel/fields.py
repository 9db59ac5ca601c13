"""The one column in which money is stored: sixteen digits, four of them decimals, because unit costs need them.

The currency stands on the document header; rounding to it happens before an amount arrives here.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import models


class MoneyAmountField(models.DecimalField):  # type: ignore[type-arg]  # generic in the stubs only
    """An amount without its currency. Floats are refused, in assignments and in look-ups alike."""

    def __init__(self, verbose_name: Any = None, **kwargs: Any) -> None:
        super().__init__(verbose_name, max_digits=16, decimal_places=4, **kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_digits"], kwargs["decimal_places"]
        return name, path, args, kwargs

    def to_python(self, value: Any) -> Decimal | None:
        # Every value on its way to the database passes here: `get_prep_value` of the parent class calls it.
        if isinstance(value, float | bool):
            raise TypeError(f"{self.name} takes a Decimal, not {type(value).__name__}.")
        amount: Decimal | None = super().to_python(value)
        return amount
