"""The staff pages of shoppers' events: who sees and does what, what is refused where, and both languages."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analytics.models import Event, EventKind, EventSource, QuarantinedEvent
from analytics.operations import event_figures, event_kinds
from config.kernel import clock
from config.kernel.roles import Role
from tests.analytics.builders import SEOUL
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.config.kernel.pages import a_client, a_staff_member, foreign_words, text, words_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=SEOUL)
SOURCES = "admin:analytics_eventsource_changelist"
QUARANTINE = "admin:analytics_quarantinedevent_changelist"
KINDS = "admin:analytics_eventkind_changelist"
QUALITY = "admin:analytics_eventbatch_quality"
BATCHES = "admin:analytics_eventbatch_changelist"
BUILT_IN = "admin:analytics_eventkind_built_in"
SEEING = [Role.OWNER, Role.ANALYST, Role.MARKETER]


@pytest.fixture(autouse=True)
def _friday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def owner() -> Client:
    return a_client(a_staff_member())


def a_shop() -> tuple[EventSource, EventSource, EventKind]:
    """A source of each nature that has told something, something that could not be read, and an own kind."""
    browser = a_source(name="온라인 쇼핑몰", at=NOW - timedelta(days=40))
    server = a_source(EventSource.Nature.SERVER, name="주문 서버", at=NOW - timedelta(days=40))
    told(browser, a_batch(*(an_event(at=NOW) for _ in range(30)), *(an_event(f"x{one}", at=NOW) for one in range(5))), at=NOW)
    told(server, a_batch(an_event(at=NOW - timedelta(days=3))), at=NOW - timedelta(days=3))
    event_figures.count_due()
    kind = event_kinds.define(
        name="gift_wrapped", properties={"pages": {"type": "integer"}}, required=["pages"], actor=None, at=NOW
    )
    return browser, server, kind


def pages_of(browser: EventSource, server: EventSource, kind: EventKind) -> list[str]:
    row = QuarantinedEvent.objects.latest("pk")
    return [
        *(reverse(name) for name in (SOURCES, QUARANTINE, KINDS, QUALITY, BATCHES, BUILT_IN)),
        reverse("admin:analytics_eventsource_change", args=[browser.pk]),
        reverse("admin:analytics_eventsource_change", args=[server.pk]),
        reverse("admin:analytics_eventkind_change", args=[kind.pk]),
        reverse("admin:analytics_quarantinedevent_change", args=[row.pk]),
    ]


def the_form(**values: Any) -> dict[str, Any]:
    return {
        "name": "앱", "code": "app", "nature": "BROWSER", "channel": "mobile", "origins": "", "internal_networks": "",
        "requests_a_minute": "6000",
    } | values  # fmt: skip


# --- who sees and does what --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
def test_those_who_count_see_it_and_the_others_do_not(role: Role) -> None:
    pages = pages_of(*a_shop())
    client = a_client(a_staff_member(f"one-{role.value}", role=role))
    status = 200 if role in SEEING else 403
    assert {page: client.get(page).status_code for page in pages} == dict.fromkeys(pages, status)
    assert (reverse(SOURCES) in text(client.get(reverse("admin:index")))) == (role in SEEING)


@pytest.mark.parametrize("role", [Role.ANALYST, Role.MARKETER])
def test_only_the_owner_changes_anything(role: Role) -> None:
    browser, _server, kind = a_shop()
    client = a_client(a_staff_member(f"one-{role.value}", role=role))
    row = QuarantinedEvent.objects.latest("pk")
    presses = [
        ("eventsource", browser.pk, "switch_off"),
        ("eventsource", browser.pk, "renew_key"),
        ("eventkind", kind.pk, "keep_apart"),
        ("quarantinedevent", row.pk, "read_again"),
    ]
    for model, pk, button in presses:
        page = text(client.get(reverse(f"admin:analytics_{model}_change", args=[pk])))
        assert f"press/{button}" not in page
        assert client.post(reverse(f"admin:analytics_{model}_press", args=[pk, button])).status_code == 403
    assert client.post(reverse("admin:analytics_eventsource_change", args=[browser.pk]), the_form()).status_code == 403
    assert client.get(reverse("admin:analytics_eventsource_add")).status_code == 403
    assert client.get(reverse("admin:analytics_eventkind_add")).status_code == 403
    assert "read_selected_again" not in text(client.get(reverse(QUARANTINE)))


@pytest.mark.parametrize(("role", "sees"), [(Role.OWNER, True), (Role.MARKETER, True), (Role.ANALYST, False)])
def test_what_was_sent_is_shown_to_those_who_see_personal_data(role: Role, sees: bool) -> None:
    told(a_source(), a_batch({"id": "1", "phone": "010-1234-5678"}), at=NOW)
    client = a_client(a_staff_member(f"one-{role.value}", role=role))
    page = text(client.get(reverse("admin:analytics_quarantinedevent_change", args=[QuarantinedEvent.objects.get().pk])))
    assert ("010-1234-5678" in page) == sees


# --- sources -----------------------------------------------------------------------------------------------------------


def test_a_source_is_added_and_shows_its_tag(owner: Client) -> None:
    made = owner.post(
        reverse("admin:analytics_eventsource_add"), the_form(origins="https://Shop.example\nhttp://localhost:3000")
    )
    source = EventSource.objects.get()
    assert made.status_code == 302
    assert source.origins == ["https://shop.example", "http://localhost:3000"]
    page = owner.get(reverse("admin:analytics_eventsource_change", args=[source.pk]))
    assert page.context["tag"] == f'<script async src="http://testserver/events.js?key={source.key}"></script>'
    assert f"events.js?key={source.key}" in text(page)
    assert LogEntry.objects.get().object_id == str(source.pk)


def test_a_server_shows_how_it_tells_and_no_key(owner: Client) -> None:
    source = a_source(EventSource.Nature.SERVER, code="orders")
    page = text(owner.get(reverse("admin:analytics_eventsource_change", args=[source.pk])))
    assert "/api/v1/events/?source=orders" in page
    assert source.key not in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("origins", "https://shop.example/cart"),
        ("origins", "a\0b"),
        ("internal_networks", "203.0.113.7/24"),
        ("requests_a_minute", "0"),
        ("name", ""),
        ("code", "쇼핑몰!"),
        ("nature", "MOON"),
        ("channel", "x" * 21),
    ],
)
def test_a_source_that_makes_no_sense_is_refused_at_its_field(owner: Client, field: str, value: str) -> None:
    page = owner.post(reverse("admin:analytics_eventsource_add"), the_form(**{field: value}))
    assert page.status_code == 200
    assert list(page.context["adminform"].form.errors) == [field]
    assert not EventSource.objects.exists()


def test_a_source_is_changed_but_for_its_code_and_nature(owner: Client) -> None:
    source = a_source(code="web")
    address = reverse("admin:analytics_eventsource_change", args=[source.pk])
    owner.post(address, the_form(internal_networks="203.0.113.0/24", nature="SERVER"))
    source.refresh_from_db()
    assert (source.name, source.code, source.nature) == ("앱", "web", "BROWSER")
    assert source.internal_networks == ["203.0.113.0/24"]
    assert text(owner.get(address)).count("203.0.113.0/24") >= 1
    assert LogEntry.objects.filter(object_id=str(source.pk)).count() == 1


def test_a_new_key_asks_why_and_keeps_the_reason(owner: Client) -> None:
    source = a_source()
    press = reverse("admin:analytics_eventsource_press", args=[source.pk, "renew_key"])
    assert owner.post(press, {"reason": ""}).status_code == 200
    assert EventSource.objects.get().key == source.key
    assert owner.post(press, {"reason": "유출됨"}).status_code == 302
    assert EventSource.objects.get().key != source.key
    history = text(owner.get(reverse("admin:analytics_eventsource_history", args=[source.pk])))
    assert "유출됨" in history
    assert "새 키" in history


def test_a_source_is_switched_off_and_on(owner: Client) -> None:
    source = a_source()
    for button, is_active in (("switch_off", False), ("switch_on", True)):
        owner.post(reverse("admin:analytics_eventsource_press", args=[source.pk, button]))
        assert EventSource.objects.get().is_active == is_active
    assert owner.post(reverse("admin:analytics_eventsource_delete", args=[source.pk])).status_code == 403


def test_the_list_asks_once_for_what_all_sources_told(owner: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert owner.get(reverse(SOURCES)).status_code == 200
        return len(queries)

    a_shop()
    few = cost()
    for _ in range(5):
        told(a_source(), a_batch(an_event(at=NOW)), at=NOW)
    assert cost() == few
    assert "30" in words_of(owner.get(reverse(SOURCES)))


# --- kinds -------------------------------------------------------------------------------------------------------------


def define(owner: Client, **values: str) -> Any:
    given = {"name": "gift_wrapped", "properties": '{"pages": {"type": "integer"}}', "required": "pages"} | values
    return owner.post(reverse("admin:analytics_eventkind_add"), given)


def test_a_kind_is_defined_and_its_next_version_begins_as_it_is(owner: Client) -> None:
    assert define(owner).status_code == 302
    again = owner.get(reverse("admin:analytics_eventkind_add"), {"name": "gift_wrapped"})
    form = again.context["adminform"].form
    assert form.initial == {"name": "gift_wrapped", "properties": {"pages": {"type": "integer"}}, "required": ["pages"]}
    assert define(owner, required="").status_code == 302
    assert list(EventKind.objects.order_by("pk").values_list("number", "version", "required")) == [
        (1000, 1, ["pages"]),
        (1001, 2, []),
    ]
    assert LogEntry.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "page_viewed"),
        ("name", "Gift"),
        ("properties", "{"),
        ("properties", "[]"),
        ("properties", "[" * 15_000),
        ("properties", '{"pages": ' + '{"not": ' * 300 + "{}" + "}" * 301),
        ("properties", '{"pages": {"type": "intger"}}'),
        ("properties", '{"pages": {"const": "\\u0000"}}'),
        ("properties", '{"pages": {"const": NaN}}'),
        ("properties", "x" * 20_001),
        ("required", "sheets"),
    ],
)
def test_a_kind_that_makes_no_sense_is_refused_at_its_field(owner: Client, field: str, value: str) -> None:
    page = define(owner, **{field: value})
    assert page.status_code == 200
    assert list(page.context["adminform"].form.errors) == [field]
    assert not EventKind.objects.exists()


def test_a_version_never_changes_but_can_be_kept_apart(owner: Client) -> None:
    define(owner)
    kind = EventKind.objects.get()
    address = reverse("admin:analytics_eventkind_change", args=[kind.pk])
    assert owner.post(address, {"name": "other", "properties": "{}"}).status_code == 403
    owner.post(reverse("admin:analytics_eventkind_press", args=[kind.pk, "keep_apart"]))
    kept = EventKind.objects.get()
    assert (kept.name, kept.properties, kept.is_active) == ("gift_wrapped", {"pages": {"type": "integer"}}, False)
    owner.post(reverse("admin:analytics_eventkind_press", args=[kind.pk, "take_in"]))
    assert EventKind.objects.get().is_active


def test_the_built_in_kinds_are_told_with_their_properties(owner: Client) -> None:
    page = text(owner.get(reverse(BUILT_IN)))
    assert "product_viewed 1" in page
    assert "상품 조회" in page
    assert "utm_campaign" in page


# --- quarantine --------------------------------------------------------------------------------------------------------


def test_the_quarantine_is_narrowed_by_reason_source_and_day(owner: Client) -> None:
    one, other = a_source(), a_source()
    told(one, a_batch({"id": "1"}, an_event("nonsense", at=NOW)), at=NOW)
    told(other, a_batch({"id": "2"}), at=NOW - timedelta(days=1))

    def shown(**query: Any) -> int:
        return len(owner.get(reverse(QUARANTINE), query).context["cl"].result_list)

    assert shown() == 3
    assert (shown(reason="bad_id"), shown(reason="bad_id", source=one.pk), shown(source=other.pk)) == (2, 1, 1)
    assert (shown(reason="moon"), shown(source="moon"), shown(source="9" * 30)) == (0, 3, 3)
    assert shown(received_at_from="2026-11-20", received_at_to="2026-11-20") == 2


def test_an_event_is_read_again_from_its_page(owner: Client) -> None:
    told(a_source(), a_batch(an_event("gift_wrapped", at=NOW, pages=3)), at=NOW)
    press = reverse("admin:analytics_quarantinedevent_press", args=[QuarantinedEvent.objects.get().pk, "read_again"])
    left = owner.post(press, follow=True)
    assert "읽지 못했습니다" in words_of(left)
    define(owner)
    read = owner.post(press, follow=True)
    assert read.redirect_chain == [(reverse(QUARANTINE), 302)]
    assert not QuarantinedEvent.objects.exists()
    assert Event.objects.get().properties == {"pages": 3}


def test_chosen_events_are_read_again(owner: Client) -> None:
    told(a_source(), a_batch(an_event("gift_wrapped", at=NOW, pages=3), {"id": "1"}), at=NOW)
    define(owner)
    chosen = list(QuarantinedEvent.objects.values_list("pk", flat=True))
    answer = owner.post(reverse(QUARANTINE), {"action": "read_selected_again", "_selected_action": chosen}, follow=True)
    assert answer.status_code == 200
    assert list(QuarantinedEvent.objects.values_list("reason", flat=True)) == ["bad_id"]
    assert LogEntry.objects.filter(object_id__in=chosen).count() == 2


@pytest.mark.parametrize(
    ("event", "shown", "again"),
    [
        ({"id": "<b>"}, '"id": "&lt;b&gt;"'.replace('"', "&quot;"), True),
        ({"id": "\ud83d"}, "\\ud83d", True),
        ({"id": "a" * 5_000}, "4,000", False),
        (7, "7", True),
    ],
)
def test_what_came_is_shown_whatever_it_was(owner: Client, event: Any, shown: str, again: bool) -> None:
    told(a_source(), a_batch(event), at=NOW)
    row = QuarantinedEvent.objects.get()
    page = text(owner.get(reverse("admin:analytics_quarantinedevent_change", args=[row.pk])))
    assert shown in page
    assert ("press/read_again" in page) == again


def test_what_nests_deeply_is_shown_as_it_is(owner: Client) -> None:
    told(a_source(), a_batch(an_event() | {"properties": json.loads("[" * 900 + "]" * 900)}), at=NOW)
    row = QuarantinedEvent.objects.get()
    assert "[[[[" in text(owner.get(reverse("admin:analytics_quarantinedevent_change", args=[row.pk])))


# --- quality -----------------------------------------------------------------------------------------------------------


def test_bad_days_are_told_with_why_and_lead_to_their_rows(owner: Client) -> None:
    browser, _server, _kind = a_shop()
    page = owner.get(reverse(QUALITY))
    source = next(one for one in page.context["sources"] if one["name"] == "온라인 쇼핑몰")
    row = source["rows"][0]
    assert (row["quarantined"], row["batches"], row["events"]) == ("14.3%", "1", "0")
    assert [str(one) for one in row["troubles"]] == ["격리된 이벤트 과다"]
    assert len(source["rows"]) == 30
    links = [row["batches_url"], row["quarantined_url"], *(one["url"] for one in row["reasons"]), source["url"]]
    assert {link: owner.get(link).status_code for link in links} == dict.fromkeys(links, 200)
    assert len(owner.get(row["quarantined_url"]).context["cl"].result_list) == 5
    assert len(owner.get(row["batches_url"]).context["cl"].result_list) == 1
    assert browser.name in words_of(page)


def test_a_shop_without_sources_has_the_page(owner: Client) -> None:
    assert owner.get(reverse(QUALITY)).status_code == 200


# --- both languages ----------------------------------------------------------------------------------------------------

# What a developer copies, and names of properties and networks' spellings, read the same in both.
SAME = (
    r"온라인 쇼핑몰|주문 서버|쇼핑몰|gift_wrapped|pages|https?://[\w./-]+|203\.0\.113\.0/24|Content Security Policy|script-src|"
    r"connect-src|src_[\w-]+|head|JSON( Schema)?|shop-\d+|\bweb\b|x\d\b|integer|type|CSV"
)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_pages_speak_the_language_of_the_reader(owner: Client, language: str) -> None:
    owner.cookies["django_language"] = language
    browser, server, kind = a_shop()
    pages = [
        *pages_of(browser, server, kind),
        reverse("admin:analytics_eventsource_add"),
        reverse("admin:analytics_eventkind_add"),
        reverse("admin:analytics_eventsource_press", args=[browser.pk, "renew_key"]),
        reverse("admin:analytics_eventbatch_change", args=[_a_batch_id()]),
    ]
    found = {page: foreign_words(re.sub(SAME, " ", content_of(owner.get(page))), language) for page in pages}
    assert {page: words for page, words in found.items() if words} == {}


def _a_batch_id() -> int:
    from analytics.models import EventBatch

    return EventBatch.objects.latest("pk").pk


def content_of(page: Any) -> str:
    """The words of a page from the place on where its own content begins."""

    begins = max(page.content.find(b'id="content"'), 0)
    page.content = page.content[page.content.rfind(b"<", 0, begins) :]
    return words_of(page)
