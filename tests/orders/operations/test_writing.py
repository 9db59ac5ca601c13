"""The statement that writes an order stands beside the models: neither may know a column that the other does not."""

import re

import pytest

from orders.models import Order, OrderDiscount, OrderEvent, OrderLine
from orders.operations import writing

# What only later steps of an order's life write, and PostgreSQL fills with null until then.
LATER = {"shipped_at", "closed_at"}


@pytest.mark.parametrize("model", [Order, OrderLine, OrderDiscount, OrderEvent])
def test_every_column_of_an_order_is_written(model: type[Order]) -> None:
    found = re.search(rf"INSERT INTO {model._meta.db_table} \(([^)]*)\)", writing._WRITE)
    assert found is not None
    written = {name.strip() for name in found[1].split(",")}
    known = {field.column for field in model._meta.concrete_fields}

    assert written == known - {"id"} - LATER
