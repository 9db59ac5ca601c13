"""After a test that commits, nothing of it is left for the next."""

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType

from inventory.models import StockMovement, Variant
from tests import emptying
from tests.builders import a_stocked_variant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("most", [emptying.MOST, 0], ids=["few rows", "too many rows"])
def test_all_rows_go_and_what_migrating_wrote_stays(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(emptying, "MOST", most)
    kept = ContentType.objects.count(), Permission.objects.count()
    a_stocked_variant(5)
    assert {Variant._meta.db_table, StockMovement._meta.db_table} <= set(emptying.holding_rows())

    emptying.empty()

    assert emptying.holding_rows() == []
    assert (ContentType.objects.count(), Permission.objects.count()) == kept
    assert min(kept) > 100
