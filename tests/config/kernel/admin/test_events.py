"""Events on their way to their subscribers, and trying them again."""

from datetime import datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from config.kernel import outbox
from config.kernel.models import OutboxDelivery, User
from tests.config.kernel.pages import a_delivery, text

pytestmark = pytest.mark.django_db


def test_a_parked_event_is_tried_again(client: Client, at: datetime) -> None:
    delivery = a_delivery(at, attempts=10, last_error="boom")

    client.post(reverse("admin:kernel_outboxdelivery_press", args=[delivery.pk, "retry"]))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (OutboxDelivery.State.PENDING, 0)
    assert LogEntry.objects.filter(object_id=str(delivery.pk)).count() == 1


def test_trying_again_is_one_call(client: Client, owner: User, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = [a_delivery(at), a_delivery(at)]
    called: list[tuple[list[int], User]] = []

    def retry(*, delivery_ids: list[int], actor: User, at: datetime) -> int:
        called.append((sorted(delivery_ids), actor))
        return len(delivery_ids)

    monkeypatch.setattr(outbox, "retry", retry)

    client.post(reverse("admin:kernel_outboxdelivery_press", args=[chosen[0].pk, "retry"]))
    selected = {"action": "retry_selected", "_selected_action": [str(one.pk) for one in chosen]}
    client.post(reverse("admin:kernel_outboxdelivery_changelist"), selected)

    assert called == [([chosen[0].pk], owner), ([one.pk for one in chosen], owner)]


def test_an_event_handled_meanwhile_says_so(client: Client, at: datetime) -> None:
    delivery = a_delivery(at, state=OutboxDelivery.State.HANDLED)

    pressed = client.post(reverse("admin:kernel_outboxdelivery_press", args=[delivery.pk, "retry"]), follow=True)
    selected = client.post(
        reverse("admin:kernel_outboxdelivery_changelist"),
        {"action": "retry_selected", "_selected_action": [str(delivery.pk)]},
        follow=True,
    )

    assert "지금 상태에서는" in text(pressed)
    assert "press/retry" not in text(pressed)
    assert "이미 처리된 이벤트" in text(selected)
    assert "전달하도록 했습니다" not in text(selected)
    assert LogEntry.objects.count() == 0


def test_several_events_are_tried_again_at_once(client: Client, at: datetime) -> None:
    parked = [a_delivery(at) for _ in range(3)]
    done = a_delivery(at, state=OutboxDelivery.State.HANDLED)
    chosen = [str(one.pk) for one in [*parked, done]]

    page = client.post(
        reverse("admin:kernel_outboxdelivery_changelist"),
        {"action": "retry_selected", "_selected_action": chosen},
        follow=True,
    )

    assert "3건" in text(page)
    assert OutboxDelivery.objects.filter(state=OutboxDelivery.State.PENDING).count() == 3
    assert sorted(LogEntry.objects.values_list("object_id", flat=True)) == sorted(str(one.pk) for one in parked)
