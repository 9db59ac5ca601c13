"""A promotion starts and ends by the clock; beat and the worker write its story."""

from datetime import timedelta
from decimal import Decimal

from campaigns.models import PromotionOccurrence
from campaigns.operations import promotions
from campaigns.pricing.settings import Settings
from config.kernel import clock, jobs
from config.kernel.models import JobRun, OutboxEvent
from tests.live import Shop
from tests.worker.conftest import ended, eventually


def test_the_worker_writes_down_a_window_that_opened_and_closed_by_itself(shop: Shop) -> None:
    at = clock.now()
    starts_at, ends_at = at + timedelta(seconds=1), at + timedelta(seconds=2)
    promotion = promotions.create(
        settings=Settings(name="flash", benefit="PERCENT", percent=Decimal(10), starts_at=starts_at, ends_at=ends_at),
        actor=None,
        at=at,
    )
    eventually(lambda: clock.now() > ends_at)

    run = ended(jobs.request(name="campaigns.settle_promotions", actor=None, at=clock.now()))
    again = ended(jobs.request(name="campaigns.settle_promotions", actor=None, at=clock.now()))

    assert run.state == again.state == JobRun.State.SUCCEEDED, run.error
    occurrence = PromotionOccurrence.objects.get(promotion=promotion)
    assert (occurrence.started_at, occurrence.ended_at, occurrence.uses) == (starts_at, ends_at, 0)
    events = OutboxEvent.objects.filter(topic__startswith="campaigns.promotion", payload__promotion_id=promotion.pk)
    assert [one.payload["at"] for one in events.order_by("id")] == [starts_at.isoformat(), ends_at.isoformat()]
