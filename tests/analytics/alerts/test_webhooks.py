"""Webhooks: signed, taken once, sent again until taken, paused when they fail, and no way into the shop's own network."""

import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.contrib.admin.models import LogEntry
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from analytics.admin.webhooks import WebhookAdmin
from analytics.models import Incident, Notice, Webhook
from analytics.operations import alert_rules, incidents, watching, webhooks
from analytics.transport import posting
from analytics.words import payloads
from config.kernel import clock
from config.kernel.roles import Role
from tests.analytics.alerts.builders import NOW, TODAY, a_rule, figures
from tests.analytics.alerts.receiver import Receiver, receiver
from tests.config.kernel.pages import a_client, a_staff_member, foreign_words, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.breaks_promises("figures stand here without the orders they tell of")]
YESTERDAY = TODAY - timedelta(days=1)
SAME = r"https?://\S+|Webhook-\w+|Ctrl|Mac|Command"


@pytest.fixture(autouse=True)
def _own_network(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = (ip_network("127.0.0.1/32"),)
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def pager() -> Iterator[Receiver]:
    with receiver() as told:
        yield told


def a_webhook(told: Receiver) -> Webhook:
    made = webhooks.add(name="호출기", url=webhooks.check_url(told.url), at=NOW)
    told.secret = made.secret
    return made


def an_incident(webhook: Webhook) -> Incident:
    figures(changed={YESTERDAY: 2})
    rule = a_rule()
    alert_rules.change(rule_id=rule.pk, values={}, recipients=[], actor=None, webhooks=[webhook])
    watching.watch(at=NOW)
    return Incident.objects.get()


def sent(minutes: float = 0) -> webhooks.Posted:
    return webhooks.send_due(told=payloads.incident, at=NOW + timedelta(minutes=minutes))


# --- what is told ---------------------------------------------------------------------------------------------------------


def test_an_incident_is_posted_signed_and_never_again_once_it_was_taken(pager: Receiver) -> None:
    incident = an_incident(a_webhook(pager))
    assert [sent(minute).taken for minute in (0, 0, 1, 700)] == [1, 0, 0, 0]
    ((delivery, body, is_ours),) = pager.ledger
    assert is_ours
    told = json.loads(body)
    assert (told["incident"], told["occasion"], told["severity"], told["metric"]) == (
        incident.pk,
        "OPENED",
        "WARNING",
        "orders",
    )
    assert (told["delivery"], told["observed"], told["expected"]) == (delivery, "48.0", "240.0")
    assert (told["opened_at"], told["resolved_at"]) == ("2026-11-20T14:07:00+09:00", None)
    assert told["evidence_url"].endswith(f"/admin/analytics/incident/{incident.pk}/change/")

    incidents.resolve(incident_id=incident.pk, reason="끝", actor=None, at=NOW)
    assert sent().taken == 1
    ended = json.loads(pager.ledger[1][1])
    assert (ended["occasion"], ended["state"], ended["resolved_at"]) == ("RESOLVED", "RESOLVED", "2026-11-20T14:07:00+09:00")


def test_what_was_not_taken_comes_again_as_the_same_message(pager: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "SECONDS", 0.4)
    pager.plan = [503, "cut", "hang", "elsewhere"]
    an_incident(a_webhook(pager))
    errors = []
    # Pauses of 1, 2, 4 and 8 minutes; half a minute earlier nothing goes out.
    for minute in (0, 0.5, 1, 2.5, 3, 6.5, 7, 14.5, 15):
        sent(minute)
        errors.append(Notice.objects.get().error)
    assert errors == [
        "http_503",
        "http_503",
        "no_connection",
        "no_connection",
        "timeout",
        "timeout",
        "http_302",
        "http_302",
        "",
    ]
    assert Notice.objects.get().state == "SENT"
    assert (len(pager.ledger), len(set(pager.ledger)), len(pager.taken), pager.elsewhere) == (5, 1, 1, [])


def test_a_worker_that_died_after_it_was_taken_sends_it_again_under_the_same_id(
    pager: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_values: Any) -> bool:
        raise Killed

    an_incident(a_webhook(pager))
    with monkeypatch.context() as patched:
        patched.setattr(webhooks, "_settle", killed)
        with pytest.raises(Killed):
            sent()
    assert [sent(minute).taken for minute in (1, 9, 11, 12, 60)] == [0, 0, 1, 0, 0]
    assert len(pager.taken) == 2
    assert len(set(pager.taken)) == 1


def test_a_receiver_that_drips_is_hung_up_on(pager: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "SECONDS", 0.3)
    pager.plan = ["drip"]
    assert posting.post(pager.url, b"{}", {"Webhook-Signature": "", "Webhook-Delivery": "1"}) == posting.Answer(None, "timeout")


def test_a_webhook_that_fails_is_paused_staff_are_told_and_nothing_is_lost(pager: Receiver) -> None:
    webhook = a_webhook(pager)
    pager.plan = [500] * 5
    an_incident(webhook)
    assert [sent(minute).paused for minute in (0, 1, 3, 7, 15)] == [0, 0, 0, 0, 1]
    assert sent(70) == webhooks.Posted()
    alert_rules.furnish(at=NOW)
    watching.watch(at=NOW + timedelta(minutes=20))
    told = Incident.objects.get(rule__watch="paused_webhooks")
    assert told.evidence["facts"] == {"paused": 1, "untold": 1}
    webhooks.resume(webhook_id=webhook.pk, actor=None, at=NOW + timedelta(minutes=21))
    assert sent(21).taken == 1
    webhook.refresh_from_db()
    assert (webhook.paused_because, webhook.failures, len(pager.taken)) == ("", 0, 1)


def four_messages(webhook: Webhook) -> Incident:
    """Four that wait: of an incident with three occasions, and of another one."""
    incident = an_incident(webhook)
    for occasion in ("ESCALATED", "RESOLVED"):
        webhooks.tell(incident=incident, occasion=occasion, at=NOW)
    other = Incident.objects.create(
        rule=a_rule(metric="sales"), severity="WARNING", opened_at=NOW, seen_at=NOW, value=1, peak=1, evidence={}
    )
    other.rule.webhooks.add(webhook)
    webhooks.tell(incident=other, occasion="OPENED", at=NOW)
    return incident


def test_a_blip_of_one_round_is_one_failure_however_much_waits(pager: Receiver) -> None:
    webhook = a_webhook(pager)
    pager.plan = [500]
    four_messages(webhook)
    assert sent() == webhooks.Posted(failed=1)
    webhook.refresh_from_db()
    assert (len(pager.ledger), webhook.failures, webhook.paused_because) == (1, 1, "")
    assert [sent(0.5).taken, sent(1).taken] == [0, 4]
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.next_at) == (0, None)


def test_one_message_that_is_never_taken_holds_no_others_back_and_is_given_up_by_its_schedule(
    pager: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = a_webhook(pager)
    incident = an_incident(webhook)
    poison = str(Notice.objects.get().delivery)
    post = posting.post

    def picky(url: str, body: bytes, headers: Any) -> posting.Answer:
        return posting.Answer(400, "http_400") if headers["Webhook-Delivery"] == poison else post(url, body, headers)

    monkeypatch.setattr(posting, "post", picky)
    tried = []
    for minute in range(130):
        if minute % 4 == 0:
            Notice.objects.filter(occasion="ESCALATED").delete()
            webhooks.tell(incident=incident, occasion="ESCALATED", at=NOW + timedelta(minutes=minute))
        attempts = Notice.objects.get(delivery=poison).attempts
        sent(minute)
        if Notice.objects.get(delivery=poison).attempts > attempts:
            tried.append(minute)
    assert tried == [0, 1, 3, 7, 15, 31, 63, 127]
    assert (Notice.objects.get(delivery=poison).state, Webhook.objects.get().paused_because) == ("FAILED", "")
    assert len(pager.taken) >= 30


def test_a_paused_webhook_is_tried_with_one_message_an_hour_and_goes_on_when_that_is_taken(pager: Receiver) -> None:
    webhook = a_webhook(pager)
    pager.plan = [500] * 12
    four_messages(webhook)
    for minute in range(16):
        sent(minute)
    webhook.refresh_from_db()
    assert (webhook.paused_because, len(pager.ledger)) == ("FAILURES", 5)
    for minute in range(16, 15 + 7 * 60 + 1):
        sent(minute)
    # Seven hours, seven tries; nothing is given up for them.
    assert len(pager.ledger) == 12
    assert set(Notice.objects.values_list("state", flat=True)) == {"WAITING"}
    assert [sent(15 + 8 * 60 - 1).taken, sent(15 + 8 * 60).taken] == [0, 4]
    webhook.refresh_from_db()
    assert (webhook.paused_because, webhook.failures, webhook.next_at) == ("", 0, None)


def test_staff_who_pause_it_stop_the_tries_too(pager: Receiver) -> None:
    webhook = a_webhook(pager)
    pager.plan = [500] * 5
    an_incident(webhook)
    for minute in range(16):
        sent(minute)
    page = reverse("admin:analytics_webhook_press", args=[webhook.pk, "pause"])
    assert a_client(a_staff_member()).post(page).status_code == 302
    assert Webhook.objects.get().paused_because == "STAFF"
    assert [sent(minute) for minute in (100, 1000)] == [webhooks.Posted()] * 2


def test_news_older_than_three_days_is_not_sent_when_it_is_resumed(pager: Receiver) -> None:
    webhook = a_webhook(pager)
    incident = an_incident(webhook)
    webhooks.pause(webhook_id=webhook.pk, actor=None, at=NOW)
    later = 3 * 24 * 60 + 1
    webhooks.tell(incident=incident, occasion="RESOLVED", at=NOW + timedelta(minutes=later))
    webhooks.resume(webhook_id=webhook.pk, actor=None, at=NOW + timedelta(minutes=later))
    assert sent(later).taken == 1
    assert list(Notice.objects.order_by("id").values_list("occasion", "state", "error")) == [
        ("OPENED", "FAILED", "too_old"), ("RESOLVED", "SENT", ""),
    ]  # fmt: skip


def test_what_is_no_fault_of_the_receiver_fails_at_once_and_pauses_nothing(
    pager: Receiver, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    webhook = a_webhook(pager)
    four_messages(webhook)
    monkeypatch.setattr(posting, "LONGEST_BODY", 10)
    assert sent().failed == 4
    assert set(Notice.objects.values_list("state", "error", "attempts")) == {("FAILED", "too_long", 1)}
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.paused_because, pager.ledger) == (0, "", [])
    monkeypatch.undo()
    webhooks.resume(webhook_id=webhook.pk, actor=None, at=NOW)
    settings.WEBHOOK_ALLOWED_NETWORKS = ()
    assert sent(1).failed == 4
    assert set(Notice.objects.values_list("state", "error")) == {("FAILED", "private_address")}
    assert Webhook.objects.get().failures == 0


def test_messages_of_one_incident_are_numbered_and_tell_when_they_were_written(pager: Receiver) -> None:
    four_messages(a_webhook(pager))
    assert sent().taken == 4
    told = [json.loads(body) for _delivery, body, _is_ours in pager.ledger]
    assert [(one["occasion"], one["number"]) for one in told] == [
        ("OPENED", 1), ("ESCALATED", 2), ("RESOLVED", 3), ("OPENED", 1),
    ]  # fmt: skip
    assert {one["told_at"] for one in told} == {"2026-11-20T14:07:00+09:00"}


def test_the_end_of_the_jobs_time_is_no_fault_of_a_message(pager: Receiver) -> None:
    def over(_notice: Notice) -> str:
        raise SoftTimeLimitExceeded

    an_incident(a_webhook(pager))
    # Another transaction than the test's own, which goes back with it as the job's would.
    with pytest.raises(SoftTimeLimitExceeded), transaction.atomic():
        webhooks.send_due(told=over, at=NOW)
    notice = Notice.objects.get()
    assert (notice.state, notice.attempts, notice.error) == ("WAITING", 0, "")
    assert sent().taken == 1


def test_what_failed_for_good_is_taken_up_again_when_it_is_resumed(pager: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    webhook = a_webhook(pager)
    monkeypatch.setattr(webhooks, "FAILURES", 100)
    monkeypatch.setattr(webhooks, "MOST_ATTEMPTS", 2)
    pager.plan = [500, 500]
    an_incident(webhook)
    sent()
    sent(1)
    assert Notice.objects.get().state == "FAILED"
    webhooks.resume(webhook_id=webhook.pk, actor=None, at=NOW + timedelta(minutes=2))
    assert sent(2).taken == 1


# --- where nothing is sent ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://127.0.0.2/", "private_address"),
        ("https://10.1.2.3/", "private_address"),
        ("https://192.168.0.1/", "private_address"),
        ("https://169.254.169.254/latest/meta-data", "private_address"),
        ("https://100.64.0.1/", "private_address"),
        ("https://0.0.0.0/", "private_address"),
        ("https://0x7f000002/", "private_address"),
        ("https://[::1]/", "private_address"),
        ("https://[fe80::1]/", "private_address"),
        ("https://[fd00::1]/", "private_address"),
        ("https://[::ffff:10.0.0.1]/", "private_address"),
        ("https://[64:ff9b::a00:1]/", "private_address"),
        ("https://[2002:a00:1::]/", "private_address"),
        ("https://224.0.0.1/", "private_address"),
        ("https://[fec0::1]/", "private_address"),
        ("https://[4000::1]/", "private_address"),
        ("https://[::ffff:93.184.216.34]/", "private_address"),
        ("https://[64:ff9b::5db8:d822]/", "private_address"),
        ("https://[2001:db8::1]/", "private_address"),
        ("https://[3fff::1]/", "private_address"),
        ("https://[3fff:fff:ffff::1]/", "private_address"),
        ("http://93.184.216.34/", "not_https"),
        ("https://user:word@93.184.216.34/", "bad_url"),
        ("https://93.184.216.34/#part", "bad_url"),
        ("https://93.184.216.34:0/", "bad_url"),
        ("https://93.184.216.34/ x", "bad_url"),
        ("https://", "bad_url"),
        ("file:///etc/passwd", "bad_url"),
        ("gopher://93.184.216.34/", "bad_url"),
        ("https://no-such-host.invalid/", "unresolved"),
    ],
)
def test_an_address_inside_or_of_another_kind_is_refused(url: str, reason: str) -> None:
    with pytest.raises(webhooks.BadWebhook) as refused:
        webhooks.add(name="호출기", url=webhooks.check_url(url), at=NOW)
    assert refused.value.details == {"field": "url", "reason": reason}
    assert posting.post(url, b"{}", {}) == posting.Answer(None, reason)


@pytest.mark.parametrize("host", ["93.184.216.34", "[2606:2800:220:1::1]", "[2002:5db8:d822::1]", "[3fff:1000::1]"])
def test_an_address_outside_is_fine(host: str) -> None:
    posting.checked(f"https://{host}/told?key=1")


def named(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    """A name that leads elsewhere each time it is looked up."""
    told, real = list(answers), socket.getaddrinfo

    def look_up(host: str, port: Any, *values: Any, **more: Any) -> Any:
        return real(told.pop(0) if host == "pager.example" else host, port, *values, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def test_a_name_that_leads_inside_later_is_refused_when_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    named(monkeypatch, "93.184.216.34", "10.0.0.8")
    webhook = webhooks.add(name="호출기", url=webhooks.check_url("https://pager.example/"), at=NOW)
    assert webhooks.ping(webhook_id=webhook.pk, at=NOW) == posting.Answer(None, "private_address")


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[Any] = []

    def connect(address: Any, **_more: Any) -> Any:
        reached.append(address)
        raise ConnectionRefusedError

    named(monkeypatch, "93.184.216.34", "127.0.0.1")
    monkeypatch.setattr(socket, "create_connection", connect)
    assert posting.post("https://pager.example/", b"{}", {}) == posting.Answer(None, "no_connection")
    assert reached == [("93.184.216.34", 443)]


def test_without_a_network_of_its_own_the_shop_reaches_nothing_on_its_machine(pager: Receiver, settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ()
    assert posting.post(pager.url, b"{}", {}) == posting.Answer(None, "private_address")
    assert pager.ledger == []


def test_a_certificate_must_be_trusted_and_of_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("making a certificate needs openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    asked = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    asked += f" -addext subjectAltName=DNS:localhost -keyout {key} -out {certificate}"
    subprocess.run(["openssl", *asked.split()], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for _turn in range(3):
                line, _address = server.accept()
                try:
                    with context.wrap_socket(line, server_side=True) as tls:
                        while not tls.recv(4096).endswith(b"{}"):
                            pass
                        tls.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
                except OSError:
                    line.close()

        thread = threading.Thread(target=serve)
        thread.start()
        port, answers = server.getsockname()[1], []
        monkeypatch.setattr(posting, "SECONDS", 3.0)
        for trusted, host in (("", "localhost"), (str(certificate), "127.0.0.1"), (str(certificate), "localhost")):
            monkeypatch.setenv("SSL_CERT_FILE", trusted)
            monkeypatch.setattr(posting, "_looked_up", lambda *_values: [posting.ipaddress.ip_address("127.0.0.1")])
            answers.append(posting.post(f"https://{host}:{port}/", b"{}", {}))
        thread.join()
    assert answers == [posting.Answer(None, "tls"), posting.Answer(None, "tls"), posting.Answer(204)]


# --- pages ----------------------------------------------------------------------------------------------------------------


def test_the_secret_is_shown_once_and_a_new_one_stops_the_old(pager: Receiver) -> None:
    owner: Client = a_client(a_staff_member())
    made = owner.post(reverse("admin:analytics_webhook_add"), {"name": "호출기", "url": pager.url})
    webhook = Webhook.objects.get()
    assert (made.status_code, "no-store" in made["Cache-Control"]) == (200, True)
    assert webhook.secret in made.content.decode()
    change = reverse("admin:analytics_webhook_change", args=[webhook.pk])
    assert webhook.secret not in owner.get(change).content.decode()
    renewed = owner.post(reverse("admin:analytics_webhook_secret", args=[webhook.pk]))
    pager.secret = Webhook.objects.get().secret
    assert pager.secret != webhook.secret
    assert pager.secret in renewed.content.decode()
    assert owner.post(reverse("admin:analytics_webhook_press", args=[webhook.pk, "ping"])).status_code == 302
    assert [is_ours for _delivery, _body, is_ours in pager.ledger] == [True]


def test_an_address_inside_is_refused_at_its_field() -> None:
    form = {"name": "호출기", "url": "https://10.0.0.1/"}
    answer = a_client(a_staff_member()).post(reverse("admin:analytics_webhook_add"), form)
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == ["url"]


def test_a_new_secret_is_in_the_audit_and_is_made_once_from_a_page(pager: Receiver) -> None:
    webhook, owner = a_webhook(pager), a_client(a_staff_member())
    page = reverse("admin:analytics_webhook_secret", args=[webhook.pk])
    assert owner.post(page, {"slip": "one"}).status_code == 200
    secret = Webhook.objects.get().secret
    assert owner.post(page, {"slip": "one"}).status_code == 302
    assert Webhook.objects.get().secret == secret != webhook.secret
    entry = LogEntry.objects.get(object_id=str(webhook.pk))
    assert entry.get_change_message() == "Make a new secret"
    assert secret not in str(vars(entry))
    history = owner.get(reverse("admin:analytics_webhook_history", args=[webhook.pk])).content.decode()
    assert "새 비밀 키 만들기" in history


def test_a_secret_that_cannot_be_told_in_the_audit_stays(pager: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_values: Any) -> Any:
        raise RuntimeError

    webhook, owner = a_webhook(pager), a_client(a_staff_member())
    monkeypatch.setattr(WebhookAdmin, "log_change", full)
    with pytest.raises(RuntimeError):
        owner.post(reverse("admin:analytics_webhook_secret", args=[webhook.pk]))
    assert Webhook.objects.get().secret == webhook.secret


def test_a_taken_name_is_refused_also_when_two_take_it_at_once(pager: Receiver) -> None:
    webhook = a_webhook(pager)
    other = webhooks.add(name="다른 것", url=webhooks.check_url(pager.url), at=NOW)
    with pytest.raises(webhooks.WebhookTaken):
        a_webhook(pager)
    with pytest.raises(webhooks.WebhookTaken):
        webhooks.change(webhook_id=other.pk, name=webhook.name, url=None, actor=None)
    other.refresh_from_db()
    assert other.name == "다른 것"


def test_nothing_outside_is_asked_while_a_transaction_is_open(pager: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, check, post = [], posting.checked, posting.post
    # The test's own.
    around = len(connection.atomic_blocks)

    def checked(url: str) -> None:
        asked.append(("look up", len(connection.atomic_blocks) > around))
        check(url)

    def posted(*values: Any) -> posting.Answer:
        asked.append(("post", len(connection.atomic_blocks) > around))
        return post(*values)

    monkeypatch.setattr(posting, "checked", checked)
    monkeypatch.setattr(posting, "post", posted)
    owner = a_client(a_staff_member())
    owner.post(reverse("admin:analytics_webhook_add"), {"name": "호출기", "url": pager.url, "slip": "1"})
    webhook = Webhook.objects.get()
    change = reverse("admin:analytics_webhook_change", args=[webhook.pk])
    owner.post(change, {"name": "새 이름", "url": pager.url})
    assert asked == [("look up", False)]
    owner.post(change, {"name": "새 이름", "url": f"{pager.url}?key=1"})
    ping = reverse("admin:analytics_webhook_press", args=[webhook.pk, "ping"])
    for _click in range(2):
        owner.post(ping, {"slip": "2"})
    assert asked == [("look up", False), ("look up", False), ("post", False)]
    webhook.refresh_from_db()
    assert (webhook.name, webhook.url, pager.elsewhere) == ("새 이름", f"{pager.url}?key=1", ["/told?key=1"])
    assert LogEntry.objects.filter(change_message__contains="Send a test").count() == 1


def test_who_may_not_change_webhooks_has_no_address_looked_up(pager: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(posting, "checked", asked.append)
    analyst = a_client(a_staff_member("analyst3", role=Role.ANALYST, superuser=False))
    assert analyst.post(reverse("admin:analytics_webhook_add"), {"name": "x", "url": pager.url}).status_code == 403
    assert asked == []


def test_only_owners_see_webhooks_and_everything_is_korean(pager: Receiver) -> None:
    webhook = a_webhook(pager)
    pager.plan = ["elsewhere"]
    an_incident(webhook)
    sent()
    pages = [reverse("admin:analytics_webhook_changelist"), reverse("admin:analytics_webhook_change", args=[webhook.pk])]
    analyst = a_client(a_staff_member("analyst2", role=Role.ANALYST, superuser=False))
    assert [analyst.get(page).status_code for page in pages] == [403, 403]
    owner = a_client(a_staff_member())
    for page in [*pages, reverse("admin:analytics_webhook_secret", args=[webhook.pk])]:
        assert foreign_words(re.sub(SAME, " ", words_of(owner.get(page))), "ko") == []
