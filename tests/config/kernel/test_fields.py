from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.migrations.writer import MigrationWriter

from config.kernel.fields import MoneyAmountField


@pytest.fixture
def price() -> MoneyAmountField:
    field = MoneyAmountField("price", null=True, help_text="Includes tax.")
    field.set_attributes_from_name("price")
    return field


def test_a_money_column_has_sixteen_digits_and_four_decimals(price: MoneyAmountField) -> None:
    assert (price.max_digits, price.decimal_places) == (16, 4)


def test_a_migration_does_not_repeat_the_fixed_digits(price: MoneyAmountField) -> None:
    _, path, args, kwargs = price.deconstruct()

    assert path == "config.kernel.fields.MoneyAmountField"
    assert args == []
    assert kwargs == {"verbose_name": "price", "null": True, "help_text": "Includes tax."}
    assert MigrationWriter.serialize(MoneyAmountField())[0] == "config.kernel.fields.MoneyAmountField()"


def test_a_rebuilt_or_cloned_column_is_the_same_column(price: MoneyAmountField) -> None:
    _, _, args, kwargs = price.deconstruct()
    rebuilt = MoneyAmountField(*args, **kwargs)

    for twin in (rebuilt, price.clone()):
        assert type(twin) is MoneyAmountField
        assert twin.deconstruct()[1:] == price.deconstruct()[1:]
        assert (twin.max_digits, twin.decimal_places) == (16, 4)


@pytest.mark.parametrize("digits", [{"max_digits": 10}, {"decimal_places": 2}])
def test_the_digits_are_not_for_the_model_to_choose(digits: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="multiple values"):
        MoneyAmountField(**digits)


@pytest.mark.parametrize("amount", [19.9, 20.0, float("nan"), True])
def test_a_float_never_reaches_the_column(price: MoneyAmountField, amount: float) -> None:
    with pytest.raises(TypeError, match="price takes a Decimal"):
        price.to_python(amount)
    with pytest.raises(TypeError, match="price takes a Decimal"):
        price.get_prep_value(amount)
    with pytest.raises(TypeError, match="price takes a Decimal"):
        price.get_db_prep_save(amount, connection)


@pytest.mark.parametrize("amount", [Decimal("19.9055"), "19.9055"])
def test_decimals_and_their_text_are_stored_exactly(price: MoneyAmountField, amount: Decimal | str) -> None:
    stored = price.get_prep_value(amount)

    assert isinstance(stored, Decimal)
    assert stored == Decimal("19.9055")


def test_no_amount_stays_no_amount(price: MoneyAmountField) -> None:
    assert price.get_prep_value(None) is None


def test_more_than_four_decimals_are_an_error_in_the_form(price: MoneyAmountField) -> None:
    with pytest.raises(ValidationError):
        price.clean(Decimal("1.00001"), None)


def test_the_form_hands_over_a_decimal(price: MoneyAmountField) -> None:
    field = price.formfield()

    assert isinstance(field, forms.DecimalField)
    assert field.clean("12000") == Decimal(12000)
    assert isinstance(field.clean("12000"), Decimal)
