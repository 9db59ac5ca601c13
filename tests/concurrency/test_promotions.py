"""Two workers at once, and two members of staff at once."""

import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import QuerySet

from campaigns.models import Promotion, PromotionChange, PromotionOccurrence
from campaigns.operations import occurrences, promotions
from campaigns.operations.promotions import Ended
from config.kernel.models import OutboxEvent
from tests.builders import a_promotion
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)


def settle_by_many(at: datetime) -> None:
    for _ in range(8):
        a_promotion(at, ends_at=at + timedelta(hours=1))
    together(4, lambda _: occurrences.settle_due(at=at + timedelta(hours=2)))


def told() -> Counter[tuple[str, int]]:
    rows = OutboxEvent.objects.filter(topic__startswith="campaigns.promotion")
    return Counter((row.topic, row.payload["promotion_id"]) for row in rows)


def test_workers_that_settle_at_once_tell_each_start_and_end_once(at: datetime) -> None:
    settle_by_many(at)

    assert PromotionOccurrence.objects.filter(ended_at__isnull=False).count() == 8
    assert set(told().values()) == {1}
    assert len(told()) == 16


def test_control_without_the_row_lock_a_window_is_told_twice(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self)
    open_window = occurrences._open

    def open_late(*args: Any) -> PromotionOccurrence:
        # The moment between looking and writing, held open, so that the race does not hang on luck.
        time.sleep(0.02)
        return open_window(*args)

    monkeypatch.setattr(occurrences, "_open", open_late)

    settle_by_many(at)

    assert max(told().values()) > 1, "not powered: the race did not show without the lock"


def test_of_many_who_stop_a_promotion_one_does(at: datetime) -> None:
    promotion = a_promotion(at)

    def stop(_thread: int) -> str:
        try:
            promotions.stop_now(promotion_id=promotion.pk, actor=None, at=at)
        except Ended:
            return "ended before"
        return "stopped"

    answers = Counter(together(6, stop))

    assert answers == {"stopped": 1, "ended before": 5}
    assert PromotionChange.objects.count() == 1
    assert Promotion.objects.get().version == 2
