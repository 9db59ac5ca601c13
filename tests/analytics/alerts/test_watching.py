"""Rules checked against the figures: incidents open once, tell once, get worse, escalate and end."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.db import DatabaseError

from analytics.models import (
    AlertRule,
    EventBatch,
    HourlySales,
    HourlyVisits,
    Incident,
    IncidentEntry,
    Notice,
    RollupState,
    VisitDay,
)
from analytics.operations import alert_rules, incidents, notices, watching
from analytics.queries import alerts, watches
from analytics.words import alerts as alerts_words
from analytics.words import mails
from config.kernel.models import JobRun
from config.kernel.roles import Role
from inventory.models import PurchaseMail, PurchaseOrder, StockRisk
from inventory.operations import purchasing, risks
from inventory.operations.purchasing import Wanted
from tests.analytics.alerts.builders import NOW, TODAY, a_rule, figures, somebody
from tests.analytics.builders import an_order
from tests.analytics.events.builders import a_source
from tests.builders import a_supplier, a_variant, a_warehouse
from tests.inventory.operations.proposals import a_seller

pytestmark = [pytest.mark.django_db, pytest.mark.breaks_promises("figures stand here without the orders they tell of")]
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture(autouse=True)
def _mail(settings: Any) -> None:
    settings.MAIL_IS_ON = True


def watched(minutes: int = 0) -> watching.Watched:
    return watching.watch(at=NOW + timedelta(minutes=minutes))


def story(incident: Incident) -> list[str]:
    return list(incident.entries.order_by("pk").values_list("kind", flat=True))


# --- what a rule sees -------------------------------------------------------------------------------------------------------


def test_a_day_is_judged_by_its_weekday_and_tells_all_its_numbers() -> None:
    figures(changed={YESTERDAY: 2})
    seen = alerts.observe(a_rule(), at=NOW)
    assert seen.verdict.is_alarm
    told = seen.evidence
    assert (told["value"], told["center"], told["slot"]) == (48, 240, {"day": "2026-11-19"})
    assert [one["value"] for one in told["comparable"]] == [240.0] * 8
    assert len(told["series"]) == alerts.SHOWN_DAYS


def test_an_hour_of_visits_is_judged_an_hour_later_and_not_before_they_are_made() -> None:
    day = TODAY - timedelta(days=70)
    none = [one.name for one in HourlyVisits._meta.fields if one.name not in ("id", "day", "hour", "channel")]
    HourlyVisits.objects.bulk_create(
        HourlyVisits(
            day=day + timedelta(days=number),
            hour=hour,
            channel="storefront",
            **(dict.fromkeys(none, 0) | {"visits": 10, "lost_looked": 10}),
        )
        for number in range(71)
        for hour in range(24)
        if number < 70 or hour < 14
    )
    rule = a_rule(window="HOUR", metric="visits")
    assert alerts.history(rule, at=NOW, since=alerts.LEARNED)[-1].hour == 12
    stale = VisitDay.objects.create(
        day=TODAY, marks=1, dirtied_at=NOW - timedelta(hours=3), rebuilt_at=NOW - timedelta(hours=3)
    )
    assert alerts.history(rule, at=NOW, since=alerts.LEARNED)[-1].hour == 9
    stale.state, stale.rebuilt_at, stale.dirtied_at = VisitDay.State.CLEAN, NOW, None
    stale.save()
    assert alerts.history(rule, at=NOW, since=alerts.LEARNED)[-1].hour == 12


def test_the_last_full_hour_is_read_live() -> None:
    figures()
    rule = a_rule(window="HOUR")
    assert alerts.observe(rule, at=NOW).evidence["slot"] == {"day": TODAY.isoformat(), "hour": 13}
    # Nothing was ordered today, and ten orders an hour are usual.
    assert (alerts.observe(rule, at=NOW).verdict.value, alerts.observe(rule, at=NOW).verdict.why.value) == (0, "below")
    for _order in range(10):
        an_order(NOW - timedelta(minutes=40))
    assert alerts.observe(rule, at=NOW).verdict.value == 10


def test_around_midnight_the_last_hour_is_that_of_yesterday() -> None:
    figures()
    midnight = NOW.replace(hour=0, minute=20)
    assert alerts.observe(a_rule(window="HOUR"), at=midnight).evidence["slot"] == {"day": YESTERDAY.isoformat(), "hour": 23}
    # In the first minutes yesterday may still be written to.
    assert alerts.observe(a_rule(), at=NOW.replace(hour=0, minute=2)).evidence["slot"] == {"day": "2026-11-18"}


def test_days_before_the_shop_was_there_teach_nothing() -> None:
    figures(weeks=3)
    assert alerts.observe(a_rule(), at=NOW).verdict.why.value == "too_little_past"


def test_a_feast_is_compared_with_sundays() -> None:
    """2026-09-25 is Chuseok, a Friday; on Sundays the shop sells a third, and so it did on the feast."""
    sundays = {date(2026, 9, 25) - timedelta(days=5 + 7 * week): 3 for week in range(12)}
    holidays = {date(2026, 9, 24): 3, date(2026, 9, 25): 3, date(2026, 9, 26): 3, date(2026, 8, 17): 3, date(2026, 7, 17): 3}
    figures(until=date(2026, 9, 26), changed=sundays | holidays)
    seen = alerts.observe(a_rule(kind="RELATIVE", limit=40), at=NOW.replace(month=9, day=26))
    assert (seen.evidence["slot"]["day"], seen.verdict.center, seen.verdict.is_alarm) == ("2026-09-25", 72, False)


def test_a_rule_of_one_channel_sees_that_channel_only() -> None:
    figures(changed={YESTERDAY: 2})
    HourlySales.objects.bulk_create(
        HourlySales(
            day=state.day, hour=12, channel="app", orders=100, units=100, gross=1, discounts=0, shipping=0, tax=0,
            returned_units=0, returned=0,
        )
        for state in RollupState.objects.all()
    )  # fmt: skip
    assert alerts.observe(a_rule(cut="channel", part="app"), at=NOW).verdict.value == 100
    assert alerts.observe(a_rule(cut="channel", part="web"), at=NOW).verdict.is_alarm


# --- incidents ---------------------------------------------------------------------------------------------------------------


def test_trouble_opens_one_incident_and_tells_each_person_once() -> None:
    clerk, other = somebody(), somebody("marketer", Role.MARKETER)
    figures(changed={YESTERDAY: 2})
    a_rule(owner=Role.ORDER_CLERK, recipients=[clerk, other])
    assert watched().opened == 1
    for minutes in (15, 30, 45):
        assert watched(minutes).opened == 0
    incident = Incident.objects.get()
    assert (incident.value, incident.peak, incident.seen_at) == (Decimal(48), Decimal(48), NOW + timedelta(minutes=45))
    assert story(incident) == ["OPENED"]
    assert sorted(Notice.objects.values_list("recipient__username", flat=True)) == ["clerk", "marketer"]


def test_a_rule_is_checked_as_often_as_it_says() -> None:
    figures()
    rule = a_rule(every=60)
    assert [watched(minutes).checked for minutes in (0, 5, 30, 60)] == [1, 0, 0, 1]
    rule.refresh_from_db()
    assert rule.checked_at == NOW + timedelta(minutes=60)


def test_what_got_worse_is_a_line_in_the_story_and_new_evidence() -> None:
    figures(changed={YESTERDAY: 4})
    a_rule(kind="RELATIVE", limit=30)
    watched()
    HourlySales.objects.filter(day=YESTERDAY).update(orders=1)
    watched(15)
    incident = Incident.objects.get()
    assert (story(incident), incident.peak, incident.evidence["value"]) == (["OPENED", "WORSENED"], Decimal(24), 24)
    HourlySales.objects.filter(day=YESTERDAY).update(orders=3)
    watched(30)
    incident.refresh_from_db()
    assert (story(incident), incident.peak, incident.value) == (["OPENED", "WORSENED"], Decimal(24), Decimal(72))


def test_back_to_normal_twice_in_a_row_ends_it_and_the_cool_down_keeps_quiet() -> None:
    figures(changed={YESTERDAY: 2})
    a_rule(cool_down=60)
    watched()
    HourlySales.objects.filter(day=YESTERDAY).update(orders=10)
    assert watched(15).resolved == 0
    assert watched(30).resolved == 1
    assert story(Incident.objects.get()) == ["OPENED", "BACK_TO_NORMAL"]
    HourlySales.objects.filter(day=YESTERDAY).update(orders=2)
    assert [watched(minutes).opened for minutes in (45, 60, 90)] == [0, 0, 1]


def test_while_snoozed_nothing_new_is_opened() -> None:
    figures(changed={YESTERDAY: 2})
    rule = a_rule()
    alert_rules.snooze(rule_id=rule.pk, until=NOW + timedelta(hours=1), reason="재고 실사", actor=None, at=NOW)
    assert [watched(minutes).opened for minutes in (0, 30, 60)] == [0, 0, 1]


def test_nobody_acknowledged_it_so_the_owners_are_told_once() -> None:
    owner = somebody("boss", Role.OWNER)
    figures(changed={YESTERDAY: 2})
    a_rule(owner=Role.BUYER, escalate_after=30)
    for minutes in (0, 15, 30, 45):
        watched(minutes)
    incident = Incident.objects.get()
    assert (story(incident), incident.escalated_at) == (["OPENED", "ESCALATED"], NOW + timedelta(minutes=30))
    assert [(one.recipient, one.occasion) for one in Notice.objects.all()] == [(owner, "ESCALATED")]


def test_what_is_acknowledged_is_not_escalated() -> None:
    clerk = somebody()
    figures(changed={YESTERDAY: 2})
    a_rule(escalate_after=30)
    watched()
    incident = incidents.acknowledge(incident_id=Incident.objects.get().pk, actor=clerk, at=NOW + timedelta(minutes=5))
    watched(45)
    assert (story(incident), incident.assignee) == (["OPENED", "ACKNOWLEDGED"], clerk)
    with pytest.raises(incidents.IncidentClosed):
        incidents.acknowledge(incident_id=incident.pk, actor=None, at=NOW)


def test_one_rule_that_cannot_be_asked_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    figures(changed={YESTERDAY: 2})
    gone, broken, fine = a_rule(), a_rule(), a_rule()
    AlertRule.objects.filter(pk=gone.pk).update(metric="no_such_figure")
    observe = alerts.observe

    def torn(rule: AlertRule, **values: Any) -> Any:
        if rule.pk == broken.pk:
            raise DatabaseError("a torn statement")
        return observe(rule, **values)

    monkeypatch.setattr(alerts, "observe", torn)
    done = watched()
    assert (done.failed, done.opened) == (2, 1)
    errors = dict(AlertRule.objects.values_list("pk", "last_error"))
    assert errors[broken.pk] == "DatabaseError: a torn statement"
    assert "no_such_figure" in errors[gone.pk]
    assert errors[fine.pk] == ""


def test_a_check_killed_in_the_middle_leaves_nothing_and_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    somebody()
    figures(changed={YESTERDAY: 2})
    a_rule(owner=Role.ORDER_CLERK)

    class Killed(BaseException):
        pass

    def killed(**values: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(notices, "tell", killed)
        with pytest.raises(Killed):
            watched()
    assert (Incident.objects.count(), IncidentEntry.objects.count()) == (0, 0)
    watched()
    assert (Incident.objects.count(), Notice.objects.count()) == (1, 1)


# --- answers ------------------------------------------------------------------------------------------------------------------


def test_not_an_issue_ends_it_and_raises_the_limit_once() -> None:
    figures(changed={YESTERDAY: 2})
    rule = a_rule()
    watched()
    incident = incidents.answer(
        incident_id=Incident.objects.get().pk, given=Incident.Answer.NO_ISSUE, reason="휴무일", actor=None, at=NOW
    )
    rule.refresh_from_db()
    assert (incident.state, rule.steps, story(incident)) == ("RESOLVED", 1, ["OPENED", "ANSWERED", "RESOLVED"])
    with pytest.raises(incidents.AlreadyAnswered):
        incidents.answer(incident_id=incident.pk, given=Incident.Answer.GOOD_CATCH, reason="", actor=None, at=NOW)
    assert AlertRule.objects.get().steps == 1


def test_a_good_catch_lowers_it_and_goes_on_and_a_new_limit_starts_anew() -> None:
    figures(changed={YESTERDAY: 2})
    rule = a_rule()
    watched()
    incident = incidents.answer(
        incident_id=Incident.objects.get().pk, given=Incident.Answer.GOOD_CATCH, reason="", actor=None, at=NOW
    )
    assert (incident.state, AlertRule.objects.get().steps) == ("OPEN", -1)
    alert_rules.change(rule_id=rule.pk, values={"limit": Decimal(5)}, recipients=[], actor=None)
    assert AlertRule.objects.get().steps == 0


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"metric": "moon"}, "metric"),
        ({"kind": "THRESHOLD"}, "direction"),
        ({"limit": Decimal(0)}, "limit"),
        ({"metric": "profit", "window": "HOUR"}, "window"),
        ({"metric": "shipped_units", "cut": "channel", "part": "web"}, "part"),
        ({"cut": "channel"}, "part"),
        ({"cut": "category", "part": "web"}, "part"),
        ({"window": "NOW"}, "window"),
        ({"window": "HOUR", "shifts": True}, "shifts"),
        ({"quiet_from": "22:00"}, "quiet_until"),
    ],
)
def test_a_rule_that_cannot_be_asked_is_refused_by_its_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(alert_rules.BadRule) as refused:
        a_rule(**values)
    assert refused.value.details == {"field": field}


# --- the watches of the house ------------------------------------------------------------------------------------------


def test_the_rules_of_the_house_are_always_there_and_keep_what_staff_changed() -> None:
    assert alert_rules.furnish(at=NOW) == len(watches.WATCHES)
    rule = AlertRule.objects.get(watch="no_orders")
    alert_rules.change(rule_id=rule.pk, values={"limit": Decimal(12), "metric": "orders"}, recipients=[], actor=None)
    assert alert_rules.furnish(at=NOW) == 0
    rule.refresh_from_db()
    assert (rule.limit, rule.metric) == (Decimal(12), "")


def the(watch: str) -> watches.Seen:
    return watches.WATCHES[watch].ask(NOW)


def test_no_orders_counts_those_that_are_missing() -> None:
    figures()
    an_order(NOW - timedelta(minutes=6))
    assert (the("no_orders").facts["minutes"], the("no_orders").value) == (6, 0)
    assert watches.WATCHES["no_orders"].ask(NOW + timedelta(minutes=114)).facts == {"minutes": 120, "expected": 20.0}
    assert watches.WATCHES["no_orders"].ask(NOW + timedelta(minutes=114)).value == 16


def test_payments_that_do_not_come_are_a_share_of_the_orders() -> None:
    for state, paid in (("PLACED", 0), ("EXPIRED", 0), ("PAID", None), ("PAID", None)):
        order = an_order(NOW - timedelta(minutes=40), state=state)
        if paid is not None:
            type(order).objects.filter(pk=order.pk).update(paid=paid)
    an_order(NOW - timedelta(minutes=5), state="PLACED")
    assert (the("payment_failures").value, the("payment_failures").volume) == (0.5, 4)


def test_stuck_jobs_failed_audits_quarantine_and_lag_are_seen() -> None:
    assert [the(code).value for code in ("broken_promises", "stuck_jobs", "quarantine", "event_lag")] == [0, 0, None, None]
    JobRun.objects.create(task_id="1", name="kernel.audit_invariants", state="FAILED", asked_at=NOW, finished_at=NOW)
    JobRun.objects.create(task_id="2", name="analytics.find_visits", asked_at=NOW - timedelta(minutes=20))
    JobRun.objects.create(
        task_id="3", name="analytics.find_visits", state="RUNNING", asked_at=NOW, started_at=NOW - timedelta(hours=1)
    )
    source = a_source()
    EventBatch.objects.create(
        source=source, received_at=NOW - timedelta(minutes=30), stored=90, doubled=0, quarantined=10, bots=0, late=0, hours=[]
    )
    assert [the(code).value for code in ("broken_promises", "stuck_jobs", "quarantine", "event_lag")] == [1, 2, 0.1, 30]


def test_each_watch_that_sees_trouble_opens_its_incident() -> None:
    alert_rules.furnish(at=NOW)
    JobRun.objects.create(task_id="1", name="inventory.audit_stock", state="FAILED", asked_at=NOW, finished_at=NOW)
    done = watched()
    assert (done.opened, done.failed) == (1, 0)
    assert Incident.objects.get().rule.watch == "broken_promises"
    assert "1" in alerts_words.sentence(Incident.objects.get().rule, Incident.objects.get().evidence)


# --- mails --------------------------------------------------------------------------------------------------------------------


def an_incident(**values: Any) -> Incident:
    figures(changed={YESTERDAY: 2})
    a_rule(owner=Role.ORDER_CLERK, **values)
    watched()
    return Incident.objects.get()


def test_a_mail_says_what_why_and_where_and_goes_out_once() -> None:
    somebody().user_permissions.add(Permission.objects.get(codename="view_hourlysales"))
    incident = an_incident()
    assert notices.send_due(words=mails.mail, at=NOW).sent == 1
    assert notices.send_due(words=mails.mail, at=NOW).sent == 0
    (one,) = mail.outbox
    assert one.to == ["clerk@example.com"]
    assert "주문 감시" in one.subject
    assert f"/admin/analytics/incident/{incident.pk}/change/" in one.body
    assert "48" in one.body
    assert "240" in one.body


def test_stock_at_risk_is_told_to_the_buyer_with_the_next_step() -> None:
    alert_rules.furnish(at=NOW)
    somebody("buyer", Role.BUYER)
    store = a_warehouse(name="본사 창고")
    cup, plate = a_seller(store, NOW, left=0), a_seller(store, NOW, left=4)
    risks.assess(at=NOW)
    assert watched().opened == 1
    incident = Incident.objects.get()
    assert (incident.rule.watch, incident.value) == ("stock_at_risk", 2)
    assert notices.send_due(words=mails.mail, at=NOW).sent == 1
    body = mail.outbox[0].body
    assert f"{cup.sku} · 본사 창고: 품절, 소진까지 0.0일. 다음 조치: 발주하기." in body
    assert f"{plate.sku} · 본사 창고: 긴급, 소진까지 2.0일. 다음 조치: 발주하기." in body

    for one in StockRisk.objects.all():
        risks.set_aside(risk_id=one.pk, days=7, reason="재입고 안 함", actor=None, at=NOW)
    watched(15)
    watched(30)
    incident.refresh_from_db()
    assert incident.state == Incident.State.RESOLVED


def test_another_sku_among_the_gravest_is_told_again_at_most_once_an_hour() -> None:
    alert_rules.furnish(at=NOW)
    somebody("buyer", Role.BUYER)
    store = a_warehouse(name="본사 창고")
    cup = a_seller(store, NOW, left=0)
    risks.assess(at=NOW)
    watched()
    incident = Incident.objects.get()
    plate = a_seller(store, NOW, left=0)
    risks.assess(at=NOW)

    assert [watched(minutes).opened for minutes in (20, 40)] == [0, 0]
    assert Notice.objects.count() == 1
    for minutes in (60, 80, 150):
        watched(minutes)
    # Who is named still is no news, also when the number falls and rises.
    risk = StockRisk.objects.get(variant=cup)
    risks.set_aside(risk_id=risk.pk, days=7, reason="확인함", actor=None, at=NOW)
    watched(220)
    risks.take_up(risk_id=risk.pk, actor=None, at=NOW)
    watched(290)

    incident.refresh_from_db()
    worse = incident.entries.get(details__has_key="newly")
    assert (worse.kind, worse.details["newly"]) == ("WORSENED", [f"{plate.sku} · 본사 창고"])
    assert [one.entry for one in Notice.objects.order_by("pk")] == [None, worse]
    notices.send_due(words=mails.mail, at=NOW + timedelta(minutes=290))
    assert plate.sku in mail.outbox[1].body
    assert "악화" in mail.outbox[1].subject


def test_purchase_mails_that_did_not_go_out_are_counted_until_one_did() -> None:
    store, at = a_warehouse(), NOW - timedelta(days=1)

    def mailed(*states: str, state: str = "SENT", begun_at: datetime = at) -> PurchaseOrder:
        lines = [Wanted(a_variant().pk, 1, Decimal(1000))]
        order = purchasing.draft(supplier_id=a_supplier().pk, warehouse_id=store.pk, lines=lines, actor=None, at=at)
        PurchaseOrder.objects.filter(pk=order.pk).update(state=state, approved_at=at, sent_at=at)
        for one in states:
            PurchaseMail.objects.create(
                purchase_order=order, address="a@example.com", language="ko", state=one, due_at=at, begun_at=begun_at
            )
        return order

    mailed("FAILED")
    mailed("SENT", "UNSURE")
    for fine in (("FAILED", "SENT"), ("SENT",), ("FAILED", "WAITING")):
        mailed(*fine)
    mailed("FAILED", state="CLOSED")
    mailed("FAILED", begun_at=NOW - timedelta(days=4))

    assert the("unsent_purchases") == watches.Seen(2, None, {"mails_failed": 1, "mails_unsure": 1})


def test_quiet_hours_keep_a_mail_back_unless_it_is_critical() -> None:
    somebody()
    incident = an_incident(quiet_from="13:00", quiet_until="15:00")
    assert notices.send_due(words=mails.mail, at=NOW).sent == 0
    assert notices.send_due(words=mails.mail, at=NOW.replace(hour=15)).sent == 1
    incidents.resolve(incident_id=incident.pk, reason="끝", actor=None, at=NOW)
    a_rule(owner=Role.ORDER_CLERK, quiet_from="13:00", quiet_until="15:00", severity="CRITICAL")
    watched()
    assert notices.send_due(words=mails.mail, at=NOW).sent == 1


def test_a_refusal_is_tried_again_and_what_is_unsure_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.mail import EmailMessage

    somebody()
    an_incident()
    ends: list[Exception | None] = [ConnectionRefusedError("closed"), TimeoutError("no answer")]

    def send(self: Any, *values: Any) -> int:
        raise ends.pop(0) or AssertionError

    monkeypatch.setattr(EmailMessage, "send", send)
    notices.send_due(words=mails.mail, at=NOW)
    assert Notice.objects.get().state == "WAITING"
    assert notices.send_due(words=mails.mail, at=NOW).failed == 0
    notices.send_due(words=mails.mail, at=NOW + timedelta(minutes=1))
    assert Notice.objects.get().state == "UNSURE"
    notices.send_due(words=mails.mail, at=NOW + timedelta(hours=9))
    assert ends == []


def test_a_worker_that_died_while_sending_never_mails_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.mail import EmailMessage

    class Killed(BaseException):
        pass

    somebody()
    an_incident()
    send = EmailMessage.send

    def killed(self: Any, *values: Any) -> int:
        send(self, *values)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(EmailMessage, "send", killed)
        with pytest.raises(Killed):
            notices.send_due(words=mails.mail, at=NOW)
    for minutes in (1, 11, 60):
        notices.send_due(words=mails.mail, at=NOW + timedelta(minutes=minutes))
    assert len(mail.outbox) == 1
    assert (Notice.objects.get().state, Notice.objects.get().error) == ("UNSURE", "died")


def test_without_a_mail_server_notices_say_so(settings: Any) -> None:
    settings.MAIL_IS_ON = False
    somebody()
    an_incident()
    assert notices.send_due(words=mails.mail, at=NOW).sent == 0
    assert (Notice.objects.get().state, Notice.objects.get().error) == ("UNSENT", "no_mail_server")


def test_who_is_given_an_incident_again_is_told_again() -> None:
    incident = an_incident()
    first, second = somebody("first"), somebody("second")
    before = Notice.objects.count()

    for to in (first, second, first):
        incidents.assign(incident_id=incident.pk, to=to, reason="", actor=None, at=NOW)

    told = Notice.objects.filter(occasion="ASSIGNED").order_by("pk").values_list("recipient__username", flat=True)
    assert (list(told), Notice.objects.count() - before) == (["first", "second", "first"], 3)
