"""Many rows by one value: what is new is written, what is known is told anew or left as it is."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from config.kernel import bulk, clock
from inventory.models import DemandAdvice
from tests.builders import a_variant, a_warehouse

pytestmark = pytest.mark.django_db
ORIGIN = date(2026, 11, 18)


def row(number: int, daily: list[float], warehouse: int, **values: object) -> DemandAdvice:
    told = {"dispersion": 1.5, "method": "평균", "valid_until": ORIGIN + timedelta(days=7), "applied_at": clock.now()}
    return DemandAdvice(variant_id=number, warehouse_id=warehouse, origin=ORIGIN, daily=daily, **{**told, **values})


def test_rows_come_back_as_they_were_put_with_keys_of_their_own() -> None:
    store, cups = a_warehouse(), [a_variant() for _ in range(3)]
    rows = [row(cup.pk, [0.5, 2.0], store.pk, explanation={"이유": ["가", 1, None]}) for cup in reversed(cups)]
    bulk.put(rows, unique=("variant_id", "warehouse_id"))

    for one in rows:
        found = DemandAdvice.objects.get(pk=one.pk)
        for field in DemandAdvice._meta.concrete_fields:
            assert getattr(found, field.attname) == getattr(one, field.attname), field.attname


@pytest.mark.parametrize(("replace", "daily"), [(True, [9.0]), (False, [1.0])])
def test_what_is_known_is_told_anew_or_left(replace: bool, daily: list[float]) -> None:
    store, known, new = a_warehouse(), a_variant(), a_variant()
    first = row(known.pk, [1.0], store.pk)
    bulk.put([first], unique=("variant_id", "warehouse_id"))
    rows = [row(one.pk, [9.0], store.pk) for one in (known, new)]
    bulk.put(rows, unique=("variant_id", "warehouse_id"), replace=replace)

    assert DemandAdvice.objects.count() == 2
    assert DemandAdvice.objects.get(pk=first.pk).daily == daily
    assert (rows[0].pk, rows[1].pk is None) == (first.pk if replace else None, False)


def test_the_database_refuses_what_it_refuses_of_any_row() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.put([row(a_variant().pk, [], a_warehouse().pk)], unique=("variant_id", "warehouse_id"))
    with pytest.raises(ValueError, match="JSON"):
        bulk.put([row(a_variant().pk, [float("nan")], a_warehouse().pk)], unique=("variant_id", "warehouse_id"))


def test_nothing_to_put_asks_nothing(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        bulk.put([], unique=("variant_id", "warehouse_id"))
