"""Records hold codes; every page that shows one says it in the reader's language."""

import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from analytics.models import ForecastChunk, ForecastRun
from analytics.operations import simulations
from analytics.operations.simulations import Question
from config.kernel import jobs, outbox, tokens
from config.kernel.admin import codes, wording
from config.kernel.models import JobRun, OutboxDelivery, OutboxEvent, TokenScope, User
from inventory.admin.stock import StockLevelAdmin
from inventory.models import StockLevel
from inventory.operations.replenishment import Proposed
from orders.admin.order import OrderAdmin
from orders.models import ImportRun, Order

LATIN = re.compile(r"[A-Za-z]{2,}")
PRODUCT = ("config.", "inventory.", "campaigns.", "orders.", "analytics.")


def unsaid(names: Iterable[str]) -> list[str]:
    """Names that a Korean reader would find as they stand in the code."""
    with override("ko"):
        told = {name: next(codes.facts({name: ""}))[0] for name in names}
    return sorted(name for name, title in told.items() if LATIN.search(title.replace("SKU", "")))


@pytest.fixture
def plain_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "_tells", {})


def events() -> Iterator[type[outbox.Event]]:
    return (one for one in outbox.Event.__subclasses__() if one.__module__.startswith(PRODUCT))


def own_jobs() -> list[jobs.Job]:
    return [one for one in jobs.known().values() if one.body.__module__.startswith(PRODUCT)]


def test_every_event_reads_korean(plain_values: None) -> None:
    found = list(events())

    with override("ko"):
        assert [one.topic for one in found if LATIN.search(codes.topic(one.topic))] == []
    assert len(found) >= 10
    assert unsaid({field.name for one in found for field in fields(one)}) == []


def test_every_subscriber_reads_korean() -> None:
    names = {name for subscribers in outbox._subscribers.values() for name in subscribers if not name.startswith("probe.")}

    with override("ko"):
        assert names == dict(codes.subscribers()).keys()
        assert [title for _code, title in codes.subscribers() if LATIN.search(title)] == []


def test_every_argument_of_a_job_reads_korean(plain_values: None) -> None:
    names = {name for one in own_jobs() for name in inspect.signature(one.body).parameters} - {"at"}

    assert {"as_of", "run"} <= names
    assert unsaid(names) == []


@pytest.mark.django_db
def test_what_every_job_tells_reads_korean(at: datetime, plain_values: None) -> None:
    """In an empty shop each job ends at once and still tells every figure; the replenishment leaves out those that are zero."""
    run = ImportRun.objects.create(profile="olist", requested_at=at, finished_at=at)
    told: set[str] = {field.name for field in fields(Proposed)}
    for one in own_jobs():
        parameters = inspect.signature(one.body).parameters
        arguments: dict[str, Any] = {"run": run.pk} if "run" in parameters else {}
        if "number" in parameters:
            # A part of a night of forecasts, with no SKU in it.
            night = ForecastRun.objects.create(origin=at.date(), began_at=at, pooled={})
            ForecastChunk.objects.create(run=night, number=1, first_variant=0, last_variant=0)
            arguments |= {"run": night.pk, "number": 1}
        if "simulation" in parameters:
            question = Question(None, 7, Decimal(4000), Decimal("0.25"), 56)
            arguments["simulation"] = simulations.ask(question=question, actor=None, at=at).pk
        told |= one.body(at=at, **arguments).summary.keys()

    assert {"handled", "sessions", "expired", "days"} <= told
    assert unsaid(told) == []


def test_values_that_are_codes_are_told_in_words() -> None:
    nothing = asdict(Proposed(1, 0, 0, 0, 0, 0, {"OFF_SALE": 1200, "ENOUGH": 3}))["nothing"]
    values = {"nothing": nothing, "variant_id": 12345, "quantity": 12345, "document_kind": "ORDER", "state": "REFUSED"}

    with override("ko"):
        said = dict(codes.facts(values))

    reasons = said.pop("발주하지 않은 이유")
    assert said == {"문서": "주문", "SKU 내부 번호": "12345", "수량": "12,345", "가져오기 상태": "거부됨"}
    assert "1,200" in reasons
    assert LATIN.search(reasons.replace("SKU", "")) is None


def test_figures_come_in_the_order_in_which_they_were_declared() -> None:
    with override("en"):
        assert [name for name, _value in codes.facts({"last_on": "", "points": "", "first_on": ""})] == [
            "first business day", "last business day", "points",
        ]  # fmt: skip


def test_a_code_that_nobody_declared_is_shown_as_it_is() -> None:
    assert codes.topic("loyalty.points_given") == "loyalty.points_given"
    assert codes.subscriber("loyalty.gives_points") == "loyalty.gives_points"
    assert list(codes.facts({"points": 3})) == [("points", "3")]


@pytest.mark.django_db
@pytest.mark.parametrize(("error", "said"), [(jobs.OUTRAN, "제한 시간"), ("ValueError: broken", "ValueError: broken")])
def test_what_befell_a_run_is_told_in_the_readers_language(at: datetime, error: str, said: str) -> None:
    run = JobRun(name="orders.expire_unpaid", error=error)

    with override("ko"):
        assert said in wording.run_error(run)


@pytest.mark.django_db
def test_a_delivery_is_told_and_filtered_in_words(admin_client: Client, at: datetime) -> None:
    event = OutboxEvent.objects.create(
        topic="orders.order_canceled", payload={"number": "1", "on": "2026-01-02"}, recorded_at=at
    )
    row = OutboxDelivery.objects.create(event=event, subscriber="analytics.day_of_canceled_order", next_attempt_at=at)
    admin_client.cookies["django_language"] = "ko"

    page = admin_client.get(reverse("admin:kernel_outboxdelivery_change", args=[row.pk])).content.decode()
    listed = reverse("admin:kernel_outboxdelivery_changelist")

    assert "주문 취소 또는 만료 → 취소된 주문의 날짜 다시 집계" in page
    assert "<span>영업 기준일</span><b>2026-01-02</b>" in page
    assert "orders.order_canceled → analytics.day_of_canceled_order" in page
    found = admin_client.get(listed, {"subscriber": "analytics.day_of_canceled_order"}).context["cl"]
    assert list(found.result_list) == [row]
    assert list(admin_client.get(listed, {"subscriber": "orders.marks_short"}).context["cl"].result_list) == []


@pytest.mark.django_db
def test_the_audit_tells_each_reader_in_their_language(admin_user: User, at: datetime) -> None:
    """Whoever pressed a button in Korean is read in English by who reads English; a word of two meanings keeps its own."""
    note: Any = OrderAdmin.declared_buttons()["note"].title
    with override("ko"):
        said = wording.untranslated(note)
    entry = LogEntry.objects.create(
        user=admin_user, content_type=ContentType.objects.get_for_model(Order), object_id="1", object_repr="-",
        action_flag=CHANGE, change_message=said, action_time=at,
    )  # fmt: skip

    with override("en"):
        assert wording.change(entry) == "Add a note"
    with override("ko"):
        assert wording.change(entry) == str(note)
        assert LATIN.search(wording.change(entry)) is None


@pytest.mark.django_db
def test_a_token_is_named_in_words_and_what_the_system_issued_is_the_systems_deed(admin_user: User, at: datetime) -> None:
    for giver in (None, admin_user):
        tokens.issue(account="storefront", scopes=[TokenScope.Scope.STOREFRONT], actor=giver, at=at)
    by_system, by_staff = LogEntry.objects.order_by("id")

    with override("ko"):
        assert (wording.changer(by_system), wording.changer(by_staff)) == ("시스템", str(admin_user))
        assert wording.changed(by_system) == f"storefront · {by_system.object_repr.split()[1]}… · 스토어프런트"
    with override("en"):
        assert wording.changed(by_staff).endswith("… · storefront")


@pytest.mark.django_db
def test_the_facts_of_a_deed_follow_its_title_in_every_language(admin_user: User, at: datetime) -> None:
    button = StockLevelAdmin.declared_buttons()["adjust"]
    entry = LogEntry.objects.create(
        user=admin_user, content_type=ContentType.objects.get_for_model(StockLevel), object_id="1", object_repr="-",
        action_flag=CHANGE, change_message=wording.noted(button.title, "13 → 16 · 파손 · 발견"), action_time=at,
    )  # fmt: skip

    with override("en"):
        assert wording.change(entry) == "Adjust · 13 → 16 · 파손 · 발견"
    with override("ko"):
        assert wording.change(entry) == f"{button.title} · 13 → 16 · 파손 · 발견"


@pytest.mark.django_db
def test_the_history_of_a_row_is_told_in_the_readers_language(admin_client: Client, at: datetime) -> None:
    run = JobRun.objects.create(task_id="one", name="orders.expire_unpaid", state="FAILED", asked_at=at)
    admin_client.cookies["django_language"] = "ko"
    admin_client.post(reverse("admin:kernel_jobrun_press", args=[run.pk, "run_again"]))
    history = reverse("admin:kernel_jobrun_history", args=[run.pk])

    assert "다시 실행" in admin_client.get(history).content.decode()
    admin_client.cookies["django_language"] = "en"
    assert "Run again" in admin_client.get(history).content.decode()
