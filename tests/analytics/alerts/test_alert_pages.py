"""The pages of incidents, rules and reports: who sees and does what, both languages, previews, files."""

import io
import re
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from analytics.models import AlertRule, HourlySales, Incident, Notice, Report, ReportPack
from analytics.operations import alert_rules, notices, reports, watching
from analytics.queries import reports as queries
from analytics.words import mails
from config.kernel import clock
from config.kernel.roles import Role
from tests.analytics.alerts.builders import NOW, TODAY, a_rule, figures, somebody
from tests.config.kernel.pages import a_client, a_staff_member, foreign_words, text, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.breaks_promises("figures stand here without the orders they tell of")]
YESTERDAY = TODAY - timedelta(days=1)
# What staff have called their own, and names of kinds of files.
SAME = r"주문 감시|주간 보고|\bteller\b|PDF|한국어|소유자|Ctrl|Mac|Command"


@pytest.fixture(autouse=True)
def _friday(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    settings.MAIL_IS_ON = True


@pytest.fixture
def owner() -> Client:
    return a_client(a_staff_member())


def an_incident(**values: Any) -> Incident:
    figures(changed={YESTERDAY: 2})
    a_rule(**values)
    alert_rules.furnish(at=NOW)
    watching.watch(at=NOW)
    return Incident.objects.get(rule__watch="")


def a_pack(**values: Any) -> ReportPack:
    given = {
        "name": "주간 보고", "metrics": ["orders", "sales", "margin"], "period": "WEEK", "rhythm": "WEEKLY", "weekday": 4,
        "hour": 8,
        "language": "ko", "files": "XLSX", "is_active": True,
    } | values  # fmt: skip
    recipients = given.pop("recipients", [])
    return reports.add(values=given, recipients=recipients, at=NOW - timedelta(days=30))


def address(name: str, *keys: Any) -> str:
    return reverse(f"admin:analytics_{name}", args=keys)


def pages() -> list[str]:
    incident = an_incident(owner=Role.ORDER_CLERK, recipients=[somebody("teller")])
    pack = a_pack()
    report = reports.send_now(pack_id=pack.pk, actor=None, at=NOW)
    house = AlertRule.objects.get(watch="no_orders")
    return [
        *(address(f"{model}_changelist") for model in ("incident", "alertrule", "report", "reportpack")),
        address("incident_change", incident.pk),
        address("alertrule_change", incident.rule_id),
        address("alertrule_change", house.pk),
        address("alertrule_add"),
        address("alertrule_try", incident.rule_id),
        address("report_change", report.pk),
        address("reportpack_change", pack.pk),
        address("reportpack_add"),
    ]


def test_each_page_speaks_both_languages(owner: Client) -> None:
    for page in [*pages(), reverse("admin:index")]:
        for language in ("ko", "en"):
            owner.cookies["django_language"] = language
            answer = owner.get(page)
            assert answer.status_code == 200, page
            assert foreign_words(re.sub(SAME, " ", words_of(answer)), language) == [], (page, language)


@pytest.mark.parametrize("role", [Role.ORDER_CLERK, Role.VIEWER])
def test_who_may_see_incidents_and_who_writes_rules(role: Role) -> None:
    incident = an_incident()
    client = a_client(a_staff_member("one", role=role))
    sees = role is Role.ORDER_CLERK
    assert client.get(address("incident_change", incident.pk)).status_code == (200 if sees else 403)
    assert client.get(address("alertrule_change", incident.rule_id)).status_code == (200 if sees else 403)
    assert client.get(address("alertrule_add")).status_code == 403
    assert client.post(address("alertrule_press", incident.rule_id, "switch_off")).status_code == 403
    assert client.post(address("incident_press", incident.pk, "acknowledge")).status_code == (302 if sees else 403)
    assert Incident.objects.get(pk=incident.pk).state == ("ACKNOWLEDGED" if sees else "OPEN")


def test_an_incident_tells_what_was_found_and_against_what(owner: Client) -> None:
    page = text(owner.get(address("incident_change", an_incident().pk)))
    assert "2026-11-19" in page
    assert "240 · 240 · 240 · 240 · 240 · 240 · 240 · 240" in page
    assert page.count("chart-band") > 20
    assert "placed_at_from=2026-11-19" in page


def test_its_buttons_write_the_story(owner: Client) -> None:
    incident = an_incident()
    clerk = somebody()
    for button, given in (
        ("acknowledge", {}),
        ("assign", {"to": clerk.pk, "reason": "담당"}),
        ("comment", {"reason": "결제 대행사에 물어봄"}),
        ("snooze", {"hours": 4, "reason": "점검 중"}),
        ("good_catch", {"reason": ""}),
        ("resolve", {"reason": "복구됨"}),
    ):
        assert owner.post(address("incident_press", incident.pk, button), given).status_code == 302, button
    incident.refresh_from_db()
    kinds = list(incident.entries.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["OPENED", "ACKNOWLEDGED", "ASSIGNED", "COMMENTED", "SNOOZED", "ANSWERED", "RESOLVED"]
    assert (incident.state, incident.assignee, incident.rule.steps) == ("RESOLVED", clerk, -1)
    page = text(owner.get(address("incident_change", incident.pk)))
    assert "결제 대행사에 물어봄" in page


def test_the_bell_of_the_first_page_shows_what_is_not_over(owner: Client) -> None:
    incident = an_incident()
    assert address("incident_change", incident.pk) in text(owner.get(reverse("admin:index")))
    owner.post(address("incident_press", incident.pk, "no_issue"), {"reason": "행사 준비"})
    assert address("incident_change", incident.pk) not in text(owner.get(reverse("admin:index")))


def the_form(**values: Any) -> dict[str, Any]:
    return {
        "name": "매출 급감", "metric": "sales", "of": "channel:web", "window": "DAY", "kind": "RELATIVE", "direction": "DOWN",
        "limit": "30", "minimum": "5", "severity": "WARNING", "every": "15", "owner": "marketer", "cool_down": "60",
    } | values  # fmt: skip


def test_a_rule_is_written_tried_and_changed(owner: Client) -> None:
    figures(changed={YESTERDAY: 2, YESTERDAY - timedelta(days=20): 1, YESTERDAY - timedelta(days=21): 1})
    assert owner.post(address("alertrule_add"), the_form()).status_code == 302
    rule = AlertRule.objects.get()
    assert (rule.metric, rule.cut, rule.part, rule.owner) == ("sales", "channel", "web", "marketer")
    tried = owner.get(address("alertrule_try", rule.pk))
    # Two days in a row are one incident.
    assert (tried.context["number"], tried.context["slots"]) == (2, 60)
    assert owner.post(address("alertrule_change", rule.pk), the_form(limit="95")).status_code == 302
    assert owner.get(address("alertrule_try", rule.pk)).context["number"] == 0


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"metric": "profit", "window": "HOUR", "of": ""}, "window"),
        ({"metric": "shipped_units"}, "of"),
        ({"kind": "THRESHOLD", "direction": "BOTH"}, "direction"),
        ({"limit": "0"}, "limit"),
        ({"quiet_from": "22:00"}, "quiet_until"),
        ({"every": "1"}, "every"),
        ({"name": ""}, "name"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_at_its_field(owner: Client, values: dict[str, str], field: str) -> None:
    answer = owner.post(address("alertrule_add"), the_form(**values))
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert AlertRule.objects.count() == 0


# --- reports -------------------------------------------------------------------------------------------------------------


def test_a_pack_is_made_once_at_its_hour_and_mailed_once() -> None:
    analyst = somebody(role=Role.ANALYST)
    figures()
    pack = a_pack(recipients=[analyst])
    assert reports.make_due(at=NOW.replace(hour=7)).made == 0
    assert [reports.make_due(at=NOW.replace(hour=hour)).made for hour in (8, 9, 14)] == [1, 0, 0]
    report = Report.objects.get()
    assert (report.pack, report.turn, str(report.first), str(report.last)) == (pack, TODAY, "2026-11-09", "2026-11-15")
    assert report.content["figures"][0]["value"] == "1680"
    for _turn in range(3):
        notices.send_due(words=mails.mail, at=NOW)
    (sent,) = mail.outbox
    ((name, content, _kind),) = sent.attachments
    assert name.endswith(".xlsx")
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert "<v>1680</v>" in book.read("xl/worksheets/sheet1.xml").decode()


def test_a_turn_that_was_missed_is_made_up_and_an_old_one_is_not() -> None:
    figures()
    assert queries.turn(a_pack(), NOW + timedelta(days=2)) == TODAY
    assert queries.turn(a_pack(), NOW + timedelta(days=4)) is None
    assert queries.turn(a_pack(rhythm="DAILY"), NOW) == TODAY
    assert queries.turn(a_pack(rhythm="MONTHLY"), NOW) is None


def test_a_report_waits_for_its_figures_but_not_for_ever() -> None:
    figures(until=YESTERDAY)
    a_pack(period="DAY", rhythm="DAILY")
    HourlySales.objects.filter(day=YESTERDAY).delete()
    assert [reports.make_due(at=NOW.replace(hour=hour)).made for hour in (8, 10, 11)] == [0, 0, 1]
    assert Report.objects.get().content["open_from"] == YESTERDAY.isoformat()


@pytest.mark.parametrize(
    ("period", "first", "last", "before"),
    [
        ("DAY", "2026-02-28", "2026-02-28", "2026-02-27"),
        ("WEEK", "2026-02-16", "2026-02-22", "2026-02-09"),
        ("MONTH", "2026-02-01", "2026-02-28", "2026-01-01"),
    ],
)
def test_periods_are_closed_ones(period: str, first: str, last: str, before: str) -> None:
    found = queries.span(period, NOW.date().replace(month=3, day=1))
    assert (str(found.first), str(found.last), str(found.before.first)) == (first, last, before)


def test_send_now_and_the_file_of_a_report(owner: Client) -> None:
    figures()
    pack = a_pack(recipients=[somebody()])
    assert owner.post(address("reportpack_press", pack.pk, "send_now")).status_code == 302
    report = Report.objects.get()
    file = owner.get(address("report_workbook", report.pk))
    assert file.status_code == 200
    assert zipfile.is_zipfile(io.BytesIO(file.content))
    assert Notice.objects.get().report == report
    viewer = a_client(a_staff_member("viewer", role=Role.VIEWER))
    assert viewer.get(address("report_change", report.pk)).status_code == 200
    clerk = a_client(a_staff_member("clerk2", role=Role.ORDER_CLERK))
    assert clerk.get(address("report_workbook", report.pk)).status_code == 403


def test_a_pack_is_written_by_its_form(owner: Client) -> None:
    form = {
        "name": "일일 보고", "metrics": ["orders", "net"], "period": "DAY", "rhythm": "DAILY", "weekday": "0", "hour": "8",
        "language": "en", "files": "BOTH", "is_active": "on",
    }  # fmt: skip
    assert owner.post(address("reportpack_add"), form).status_code == 302
    pack = ReportPack.objects.get()
    assert pack.metrics == ["orders", "net"]
    assert owner.post(address("reportpack_change", pack.pk), {**form, "metrics": []}).status_code == 200
    assert owner.post(address("reportpack_change", pack.pk), {**form, "metrics": ["net"]}).status_code == 302
    assert ReportPack.objects.get().metrics == ["net"]


@pytest.mark.parametrize(
    ("metric", "page", "query"),
    [
        ("orders", "orders_order_changelist", "placed_at_from=2026-11-19&placed_at_to=2026-11-19"),
        ("visits", "analytics_visit_changelist", "started_at_from=2026-11-19&started_at_to=2026-11-19"),
        ("ad_spend", "analytics_adspend_changelist", "day_from=2026-11-19&day_to=2026-11-19"),
    ],
)
def test_an_incident_leads_to_the_rows_its_figure_is_made_of(owner: Client, metric: str, page: str, query: str) -> None:
    rule = a_rule(metric=metric, kind="THRESHOLD", direction="UP", limit=1, window="DAY")
    told = {"value": 2, "why": "above", "slot": {"day": str(YESTERDAY)}, "limit": 1}
    found = Incident.objects.create(
        rule=rule, severity="WARNING", opened_at=NOW, seen_at=NOW, value=2, peak=2, excess=1.0, evidence=told
    )

    shown = owner.get(address("incident_change", found.pk)).context

    assert shown["rows_url"] == f"{reverse(f'admin:{page}')}?{query}"
