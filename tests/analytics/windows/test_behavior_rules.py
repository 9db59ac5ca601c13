"""Behavior rules over stored events and orders: what they find, once, late events too, and what staff do about it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from analytics.admin import behavior_rules as event_rules_page
from analytics.models import EventKind, EventMatch, EventRule, EventSource, Incident, UnmatchedVisitor
from analytics.operations import alert_rules, erasing, event_rules, watching
from analytics.queries import windows
from campaigns.models import Customer
from config.kernel import clock
from config.kernel.models import OutboxEvent
from config.kernel.roles import Role
from inventory.models import Variant
from tests.analytics.builders import an_order
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.analytics.visits.builders import made
from tests.builders import AT, a_customer, a_variant
from tests.config.kernel.pages import a_client, a_staff_member, foreign_words, words_of

pytestmark = pytest.mark.django_db
NOW = AT + timedelta(hours=6)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def source() -> EventSource:
    return a_source(EventSource.Nature.SERVER)


@pytest.fixture
def cup() -> Variant:
    return a_variant()


def a_rule(**values: Any) -> EventRule:
    given = {"name": "세 번 보고 안 산 사람", "act": "product_viewed", "subject": "VISITOR", "same_sku": True}
    return event_rules.add(values=given | {"unless": "order_completed"} | values, at=AT - timedelta(days=9))


def tell(source: EventSource, *events: dict[str, Any], visitor: str = "visitor-1", at: datetime = NOW, **envelope: Any) -> None:
    told(source, a_batch(*events, visitor=visitor, **envelope), at=at)


def views(variant: Variant, *minutes: float) -> list[dict[str, Any]]:
    return [an_event("product_viewed", at=AT + timedelta(minutes=one), sku=variant.sku) for one in minutes]


def evaluated(at: datetime = NOW) -> int:
    return event_rules.evaluate_due(at=at).matches


def test_three_views_of_one_product_and_no_purchase_are_one_match_with_its_inputs(source: EventSource, cup: Variant) -> None:
    rule, pot = a_rule(), a_variant()
    tell(source, *views(cup, 0, 30, 60, 70), *views(pot, 5, 10))
    assert [evaluated(), evaluated(), evaluated(NOW + timedelta(hours=1))] == [1, 0, 0]
    match = EventMatch.objects.get()
    assert (match.rule, match.version, match.variant, match.count) == (rule, 1, cup, 3)
    assert match.matched_at == AT + timedelta(minutes=60)
    assert [one["at"] for one in match.inputs["acts"]] == [
        (AT + timedelta(minutes=one)).isoformat().replace("+00:00", "Z") for one in (0, 30, 60)
    ]
    assert match.inputs["terms"]["at_least"] == 3
    event = OutboxEvent.objects.get(topic="analytics.behavior_matched")
    assert event.payload == {"rule": rule.pk, "match": match.pk, "at": match.matched_at.isoformat()}


def test_a_purchase_told_by_the_front_or_paid_in_the_shop_makes_up_for_it(source: EventSource, cup: Variant) -> None:
    a_rule()
    buyer = a_customer()
    ordered = an_event("order_completed", at=AT + timedelta(minutes=50), order="1")
    tell(source, *views(cup, 0, 30, 60), ordered, visitor="told")
    tell(source, *views(cup, 0, 30, 60), visitor="placed", customer=buyer.external_id)
    tell(source, *views(cup, 0, 30, 60), visitor="not-yet")
    made(NOW)
    an_order(AT + timedelta(minutes=20), customer=buyer)
    assert evaluated() == 1


@pytest.mark.parametrize(("state", "found"), [("PLACED", 1), ("EXPIRED", 1), ("CANCELED", 1), ("PAID", 0), ("SHIPPED", 0)])
def test_only_an_order_that_is_paid_and_not_canceled_makes_up_for_failed_payments(
    source: EventSource, state: str, found: int
) -> None:
    buyer = a_customer()
    a_rule(act="payment_failed", within=10, subject="CUSTOMER", same_sku=False)
    failed = [an_event("payment_failed", at=AT + timedelta(minutes=one), method="card", order="1") for one in (1, 4, 9)]
    tell(source, *failed, customer=buyer.external_id)
    an_order(AT, state=state, customer=buyer)
    assert evaluated() == found


def test_a_late_event_completes_a_match_and_never_makes_a_second_one_nearby(source: EventSource, cup: Variant) -> None:
    a_rule(within=600, cooldown=60)
    tell(source, *views(cup, 100, 130))
    assert evaluated() == 0
    tell(source, *views(cup, 90), at=NOW + timedelta(minutes=1))
    assert evaluated(NOW + timedelta(minutes=1)) == 1
    tell(source, *views(cup, 60, 70, 80, 120), at=NOW + timedelta(minutes=2))
    assert evaluated(NOW + timedelta(minutes=2)) == 0
    assert [one.matched_at for one in EventMatch.objects.all()] == [AT + timedelta(minutes=130)]


def test_the_database_keeps_a_second_match_of_the_same_cooldown_out(source: EventSource, cup: Variant) -> None:
    a_rule()
    tell(source, *views(cup, 0, 30, 60))
    evaluated()
    again = EventMatch.objects.get()
    again.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save(force_insert=True)


def test_failed_payments_are_counted_for_customers_and_for_ways_to_pay(source: EventSource) -> None:
    for subject in ("CUSTOMER", "METHOD"):
        values = {"name": "결제", "act": "payment_failed", "within": 10, "subject": subject, "cooldown": 60}
        event_rules.add(values=values, at=AT - timedelta(days=1))
    one, other = a_customer(), a_customer()
    for customer, minutes in ((one, (0, 4, 9)), (other, (1, 30))):
        for number in minutes:
            failed = an_event("payment_failed", at=AT + timedelta(minutes=number), method="card", order="1")
            tell(source, failed, visitor=f"v{customer.pk}", customer=customer.external_id)
    assert evaluated() == 2
    assert sorted(EventMatch.objects.values_list("subject", "count")) == [(f"c{one.pk}", 3), ("mcard", 3)]


def test_a_changed_rule_is_another_version_that_counts_from_then_on(source: EventSource, cup: Variant) -> None:
    rule = a_rule()
    tell(source, *views(cup, 0, 30, 60))
    event_rules.change(rule_id=rule.pk, values={"at_least": 2}, actor=None, at=AT + timedelta(minutes=61))
    assert evaluated() == 0
    tell(source, *views(cup, 90))
    assert evaluated() == 1
    assert EventMatch.objects.get().version == 2
    assert event_rules.change(rule_id=rule.pk, values={"name": "다른 이름"}, actor=None, at=NOW).version == 2


def test_new_terms_begin_anew_also_within_the_cooldown_of_what_the_old_ones_found(source: EventSource, cup: Variant) -> None:
    rule = a_rule()
    tell(source, *views(cup, 0, 30, 60))
    assert evaluated() == 1
    event_rules.change(rule_id=rule.pk, values={"at_least": 2}, actor=None, at=AT + timedelta(minutes=61))
    tell(source, *views(cup, 90))
    assert evaluated() == 1
    assert sorted(EventMatch.objects.values_list("version", "matched_at")) == [
        (1, AT + timedelta(minutes=60)), (2, AT + timedelta(minutes=90)),
    ]  # fmt: skip


def test_a_rule_rests_outside_of_its_time_and_when_it_is_off(source: EventSource, cup: Variant) -> None:
    early = a_rule(ends_at=AT + timedelta(minutes=60))
    off = a_rule()
    event_rules.switch(rule_id=off.pk, on=False, actor=None, at=NOW)
    tell(source, *views(cup, 0, 30, 60))
    assert evaluated() == 0
    event_rules.change(rule_id=early.pk, values={"ends_at": None}, actor=None, at=AT)
    assert evaluated() == 1


def test_a_preview_finds_what_the_rule_would_have_found_and_stores_nothing(source: EventSource, cup: Variant) -> None:
    rule = event_rules.add(
        values={"name": "보기", "act": "product_viewed", "subject": "SKU", "within": 600, "cooldown": 60}, at=NOW
    )
    tell(source, *views(cup, 0, 30, 60, 130))
    found = windows.preview(rule, at=NOW)
    assert (found.number, list(found.matches), found.is_cut) == (2, [f"s{cup.pk}"], False)
    assert evaluated() == 0
    assert not EventMatch.objects.exists()


def test_a_preview_looks_only_at_the_time_the_rule_is_for(source: EventSource, cup: Variant) -> None:
    tell(source, *views(cup, 0, 10, 20, 100, 110, 120))
    values = {"within": 60, "cooldown": 10, "same_sku": True}
    first = a_rule(**values, ends_at=AT + timedelta(minutes=60))
    second = a_rule(**values, starts_at=AT + timedelta(minutes=60))
    found = [windows.preview(rule, at=NOW).matches.values() for rule in (first, second)]
    assert [[one.at for told in one_rule for one in told] for one_rule in found] == [
        [AT + timedelta(minutes=20)], [AT + timedelta(minutes=120)],
    ]  # fmt: skip


def test_a_preview_that_takes_too_long_looks_at_a_day_or_says_that_it_knows_nothing(
    source: EventSource, cup: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule, read = a_rule(), windows._acts
    tell(source, *views(cup, 0, 30, 60))
    for spans, number, days, words in (([7], 1, 1, "최근 24시간만"), ([7, 1], 0, 0, "판단할 수 없습니다")):

        def slow(rule: EventRule, since: datetime, until: datetime, spans: list[int] = spans) -> Any:
            if (until - since).days in spans:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(2)")
            return read(rule, since, until)

        monkeypatch.setattr(windows, "_acts", slow)
        monkeypatch.setattr(windows, "PREVIEW_SECONDS", 0.2)
        found = windows.preview(rule, at=NOW)
        assert (found.number, found.days) == (number, days)
        page = a_client(a_staff_member(f"owner-{days}")).get(reverse("admin:analytics_eventrule_try", args=[rule.pk]))
        assert words in page.content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() != ("200ms",)


def test_no_more_is_brought_than_is_looked_at_and_the_run_says_so(
    source: EventSource, cup: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    pot = a_variant()
    a_rule(subject="SKU", same_sku=False, unless="", at_least=2, within=60, cooldown=10)
    tell(source, *views(cup, *range(0, 40, 2)), *views(pot, 50, 51))
    for name, most, subjects, acts in (
        ("MOST_SUBJECTS", 1, {f"s{pot.pk}"}, 2), ("MOST_ACTS", 5, {f"s{pot.pk}", f"s{cup.pk}"}, 7),
        ("MOST_ACTS_OF_ALL", 10, {f"s{pot.pk}"}, 2), ("MOST_ACTS_OF_ALL", 22, {f"s{pot.pk}", f"s{cup.pk}"}, 22),
    ):  # fmt: skip
        with monkeypatch.context() as patched:
            patched.setattr(windows, name, most)
            told, is_cut = windows._acts(EventRule.objects.get(), NOW - timedelta(days=1), NOW)
            assert (set(told), sum(len(one) for one in told.values()), is_cut) == (subjects, acts, acts < 22)
            assert max(one.at for one in told[f"s{pot.pk}"]) == AT + timedelta(minutes=51)
    monkeypatch.setattr(windows, "MOST_MATCHES", 2)
    runs = [event_rules.evaluate_due(at=NOW) for _turn in range(4)]
    assert [(one.matches, one.cut) for one in runs] == [(2, 1), (2, 1), (1, 0), (0, 0)]


def test_where_somebody_made_up_for_it_more_often_than_is_read_older_acts_open_nothing(
    source: EventSource, cup: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "MOST_UNLESS", 1)
    a_rule(at_least=2, within=20, cooldown=10, unless="product_added")
    added = [an_event("product_added", at=AT + timedelta(minutes=one), sku=cup.sku) for one in (5, 100)]
    tell(source, *views(cup, 0, 9, 150, 151), *added)
    assert evaluated() == 1
    assert EventMatch.objects.get().matched_at == AT + timedelta(minutes=151)


def test_rules_that_were_never_checked_come_first_and_a_round_ends_in_time(
    source: EventSource, cup: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = a_rule()
    assert event_rules.evaluate_due(at=NOW).rules == 1
    new, asked = a_rule(), []
    monkeypatch.setattr(event_rules, "evaluate", lambda *, rule_id, at: asked.append(rule_id) or (0, False))
    event_rules.evaluate_due(at=NOW)
    assert asked == [new.pk, old.pk]
    monkeypatch.setattr(event_rules, "ROUND_SECONDS", -1.0)
    assert event_rules.evaluate_due(at=NOW) == event_rules.Evaluated(left=2)


def test_the_end_of_the_jobs_time_is_no_fault_of_a_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    def over(**_values: Any) -> Any:
        raise SoftTimeLimitExceeded

    rule = a_rule()
    monkeypatch.setattr(event_rules, "evaluate", over)
    with pytest.raises(SoftTimeLimitExceeded):
        event_rules.evaluate_due(at=NOW)
    rule.refresh_from_db()
    assert (rule.evaluated_at, rule.last_error) == (None, "")


def test_a_rule_keeps_its_kind_when_that_is_switched_off() -> None:
    for number, name in enumerate(("gift_wrapped", "gift_sent"), 1_000):
        EventKind.objects.create(number=number, name=name, version=1, is_active=name == "gift_sent", created_at=NOW)
    kinds = event_rules_page.acts("gift_wrapped")
    assert ("gift_wrapped", "gift_wrapped") in kinds
    assert "gift_wrapped" not in dict(event_rules_page.acts())


def test_a_rule_that_cannot_be_asked_stops_no_other(source: EventSource, cup: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, _fine = a_rule(), a_rule()
    tell(source, *views(cup, 0, 30, 60))
    find = windows.find

    def failing(rule: EventRule, *, at: datetime) -> windows.Found:
        if rule.pk == broken.pk:
            raise ValueError("no")
        return find(rule, at=at)

    monkeypatch.setattr(windows, "find", failing)
    done = event_rules.evaluate_due(at=NOW)
    assert (done.rules, done.matches, done.failed) == (1, 1, 1)
    assert EventRule.objects.get(pk=broken.pk).last_error == "ValueError: no"


def test_a_match_opens_an_incident_where_its_rule_says_so(source: EventSource, cup: Variant) -> None:
    a_rule(alarms=True)
    tell(source, *views(cup, 300, 310, 320))
    evaluated()
    alert_rules.furnish(at=NOW)
    watching.watch(at=NOW)
    told_of = Incident.objects.get(rule__watch="behavior_matched")
    assert told_of.evidence["facts"] == {"matches": 1, "rules": 1}


def test_what_is_found_late_opens_an_incident_too(source: EventSource, cup: Variant) -> None:
    a_rule(alarms=True)
    tell(source, *views(cup, 0, 10, 20))
    evaluated()
    alert_rules.furnish(at=NOW)
    watching.watch(at=NOW)
    assert Incident.objects.filter(rule__watch="behavior_matched").count() == 1


def test_a_match_is_dismissed_with_a_reason_and_taken_back(source: EventSource, cup: Variant) -> None:
    a_rule()
    tell(source, *views(cup, 0, 30, 60))
    evaluated()
    match = EventMatch.objects.get()
    with pytest.raises(event_rules.BadEventRule):
        event_rules.dismiss(match_id=match.pk, reason=" ", actor=None, at=NOW)
    event_rules.dismiss(match_id=match.pk, reason="직원 테스트", actor=None, at=NOW)
    with pytest.raises(event_rules.MatchSettled):
        event_rules.dismiss(match_id=match.pk, reason="다시", actor=None, at=NOW)
    assert evaluated() == 0
    event_rules.restore(match_id=match.pk, actor=None)
    match.refresh_from_db()
    assert (match.dismissed_at, match.reason) == (None, "")


def test_whoever_is_erased_leaves_no_match_and_is_matched_no_more(source: EventSource, cup: Variant) -> None:
    a_rule()
    a_rule(subject="CUSTOMER")
    customer: Customer = a_customer()
    tell(source, *views(cup, 0, 30, 60), customer=customer.external_id)
    made(NOW)
    assert evaluated() == 2
    erasing.erase(customer_id=customer.pk, reason="7조", actor=None, at=NOW)
    assert not EventMatch.objects.exists()
    assert evaluated() == 0
    assert not EventMatch.objects.exists()
    assert windows.preview(EventRule.objects.filter(subject="VISITOR").get(), at=NOW).number == 0


def test_whoever_is_erased_before_visits_are_made_is_matched_no_more_under_any_number(
    source: EventSource, cup: Variant
) -> None:
    a_rule()
    a_rule(subject="CUSTOMER")
    customer: Customer = a_customer()
    tell(source, *views(cup, 0, 30, 60), customer=customer.external_id)
    erasing.erase(customer_id=customer.pk, reason="7조", actor=None, at=NOW)
    assert evaluated() == 0
    assert erasing.sweep(at=NOW) == 3
    assert evaluated() == 0
    assert not EventMatch.objects.exists()
    # Others are, and the noted numbers go when no rule reads that far back.
    tell(source, *views(cup, 0, 30, 60), visitor="somebody-else")
    assert evaluated() == 1
    event_rules.evaluate_due(at=NOW + timedelta(days=40))
    assert not UnmatchedVisitor.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"subject": "SKU", "unless": ""}, "same_sku"),
        ({"subject": "SKU", "same_sku": ""}, "unless"),
        ({"subject": "METHOD", "same_sku": "", "unless": ""}, "subject"),
        ({"within": "10081"}, "within"),
        ({"within": "601"}, "cooldown"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_at_its_field(values: dict[str, str], field: str) -> None:
    form = {"name": "규칙", "act": "product_viewed", "at_least": "3", "within": "60", "subject": "VISITOR", "same_sku": "on",
            "unless": "order_completed", "cooldown": "60"} | values  # fmt: skip
    answer = a_client(a_staff_member()).post(reverse("admin:analytics_eventrule_add"), form)
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert not EventRule.objects.exists()


def test_the_pages_lead_from_the_rule_to_the_journey_in_korean(source: EventSource, cup: Variant) -> None:
    rule = a_rule(subject="CUSTOMER")
    customer = a_customer()
    tell(source, *views(cup, 0, 30, 60), customer=customer.external_id)
    evaluated()
    match = EventMatch.objects.get()
    marketer: Client = a_client(a_staff_member("marketer", role=Role.MARKETER, superuser=False))
    pages = [
        reverse("admin:analytics_eventrule_changelist"),
        reverse("admin:analytics_eventrule_change", args=[rule.pk]),
        reverse("admin:analytics_eventrule_try", args=[rule.pk]),
        reverse("admin:analytics_eventmatch_changelist"),
        reverse("admin:analytics_eventmatch_change", args=[match.pk]),
    ]
    for page in pages:
        said = words_of(marketer.get(page)).replace("marketer", "").replace(cup.sku, "").replace(customer.external_id, "")
        assert [word for word in foreign_words(said, "ko") if word not in ("Ctrl", "Mac", "Command", "SKU")] == []
    assert reverse("admin:analytics_visit_journey", args=[customer.pk]) in marketer.get(pages[4]).content.decode()
    assert marketer.post(
        reverse("admin:analytics_eventmatch_press", args=[match.pk, "dismiss"]), {"reason": "직원"}
    ).status_code == 302  # fmt: skip
    assert EventMatch.objects.get().reason == "직원"
    clerk = a_client(a_staff_member("clerk", role=Role.ORDER_CLERK, superuser=False))
    assert [clerk.get(page).status_code for page in pages] == [403] * 5
