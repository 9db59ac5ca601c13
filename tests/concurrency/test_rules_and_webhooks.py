"""Two workers evaluate one rule, or send to one webhook: each match is made once, each message posted once.

Each guard has a control without it that goes wrong in the same interleaving.
"""

import threading
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.db import IntegrityError

from analytics.models import EventMatch, EventRule, EventSource, Incident, Notice, Webhook
from analytics.operations import event_rules, webhooks
from analytics.queries import event_kinds, windows
from analytics.words import payloads
from config.kernel.models import OutboxEvent
from tests.analytics.alerts import builders
from tests.analytics.alerts.receiver import Receiver, receiver
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.builders import AT, a_variant
from tests.probe.together import together

pytestmark = [pytest.mark.django_db(transaction=True)]
NOW = AT + timedelta(hours=1)
WORKERS = 2

# --- one rule -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def rule() -> EventRule:
    event_kinds.forget()
    cup = a_variant()
    events = [an_event("product_viewed", at=AT + timedelta(minutes=one), sku=cup.sku) for one in (0, 10, 20)]
    told(a_source(EventSource.Nature.SERVER), a_batch(*events), at=NOW)
    return event_rules.add(values={"name": "조회", "act": "product_viewed", "subject": "VISITOR"}, at=AT - timedelta(days=1))


def both_have_read(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Whoever has read what the rule finds waits for the other to have read, for so long at most."""
    find, here = windows.find, threading.Barrier(WORKERS)

    def find_and_wait(rule: EventRule, *, at: datetime) -> windows.Found:
        found = find(rule, at=at)
        with suppress(threading.BrokenBarrierError):
            here.wait(seconds)
        return found

    monkeypatch.setattr(windows, "find", find_and_wait)


def evaluate(rule: EventRule) -> list[int]:
    return sorted(number for number, _cut in together(WORKERS, lambda _: event_rules.evaluate(rule_id=rule.pk, at=NOW)))


def test_two_who_evaluate_a_rule_make_one_match_and_tell_it_once(rule: EventRule, monkeypatch: pytest.MonkeyPatch) -> None:
    both_have_read(monkeypatch, 0.5)
    assert evaluate(rule) == [0, 1]
    assert EventMatch.objects.count() == OutboxEvent.objects.filter(topic="analytics.behavior_matched").count() == 1


def test_control_without_the_rules_row_both_find_it_and_only_the_database_stops_the_second(
    rule: EventRule, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_read(monkeypatch, 30)
    monkeypatch.setattr(event_rules, "_locked", lambda rule_id: EventRule.objects.get(pk=rule_id))
    with pytest.raises(IntegrityError, match="event_match_once_per_cooldown"):
        evaluate(rule)
    assert EventMatch.objects.count() == 1


# --- one webhook ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def pager(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOWED_NETWORKS = (ip_network("127.0.0.1/32"),)
    with receiver() as one:
        yield one


@pytest.fixture
def webhook(pager: Receiver) -> Webhook:
    made = webhooks.add(name="호출기", url=webhooks.check_url(pager.url), at=NOW)
    pager.secret = made.secret
    rule = builders.a_rule()
    rule.webhooks.add(made)
    incident = Incident.objects.create(rule=rule, severity="WARNING", opened_at=NOW, seen_at=NOW, value=1, peak=1, evidence={})
    for occasion in ("OPENED", "ESCALATED", "RESOLVED"):
        webhooks.tell(incident=incident, occasion=occasion, at=NOW)
    return made


def send(at: datetime = NOW) -> list[webhooks.Posted]:
    return together(WORKERS, lambda _: webhooks.send_due(told=payloads.incident, at=at))


def both_have_chosen(monkeypatch: pytest.MonkeyPatch, seconds: float, *, held: bool) -> None:
    """The first time, whoever has chosen a message waits for the other to have chosen, for so long at most."""
    choose, here, first = webhooks._next, threading.Barrier(WORKERS), threading.local()

    def without_lock(at: datetime, _over: Collection[int]) -> Notice | None:
        waiting = Notice.objects.select_related("incident__rule", "webhook").filter(state="WAITING", due_at__lte=at)
        return waiting.order_by("due_at", "id").first()

    def choose_and_wait(at: datetime, over: Collection[int]) -> Notice | None:
        chosen = (choose if held else without_lock)(at, over)
        if not getattr(first, "is_over", False):
            first.is_over = True
            here.wait(seconds)
        return chosen

    monkeypatch.setattr(webhooks, "_next", choose_and_wait)


def test_two_who_send_to_a_webhook_post_each_message_once(
    webhook: Webhook, pager: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_chosen(monkeypatch, 30, held=True)
    assert sum(one.taken for one in send()) == 3
    assert (len(pager.taken), len(set(pager.taken))) == (3, 3)
    assert set(Notice.objects.values_list("state", "attempts")) == {("SENT", 1)}


def test_control_without_the_lock_of_what_is_sent_both_post_the_same(
    webhook: Webhook, pager: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_chosen(monkeypatch, 30, held=False)
    send()
    assert len(pager.taken) > len(set(pager.taken)) == 3


def test_two_whose_posts_fail_in_one_round_count_one_failing_round(
    webhook: Webhook, pager: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    pager.plan = [500] * 3
    both_have_chosen(monkeypatch, 30, held=True)
    send()
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.paused_because) == (1, "")
    assert len(pager.ledger) == 2


def test_two_who_try_a_paused_webhook_have_one_turn_an_hour(webhook: Webhook, pager: Receiver) -> None:
    Webhook.objects.update(paused_at=NOW, paused_because="FAILURES", failures=5, next_at=NOW)
    pager.plan = [500] * 3
    send()
    assert len(pager.ledger) == 1
    assert Webhook.objects.get().next_at == NOW + webhooks.TRIED_EACH
