"""Every endpoint refuses in one shape and in the caller's language, pages by cursor, and honors the idempotency key."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from rest_framework.test import APIClient

from config.kernel import clock, throttling, tokens
from config.kernel.api import KeyRefused
from config.kernel.models import IdempotencyKey, OutboxEvent, TokenScope

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.probe.urls")]
PROBE = "/api/v1/probe"


def a_token(account: str, scope: TokenScope.Scope) -> str:
    return tokens.issue(account=account, scopes=[scope], actor=None, at=clock.now())


@pytest.fixture
def client() -> Iterator[APIClient]:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token('partner', TokenScope.Scope.INTEGRATION)}")
    return client


def assert_error(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json"
    body: dict[str, Any] = answer.json()
    assert set(body) == {"code", "message", "details"}
    assert body["code"] == code
    assert isinstance(body["message"], str)
    assert body["message"]
    assert isinstance(body["details"], dict)
    return body


class TestErrors:
    def test_400_names_each_field_that_is_not_right(self, client: APIClient) -> None:
        answer = client.post(f"{PROBE}/plain/", {"name": "x" * 21}, format="json")

        details = assert_error(answer, 400, "invalid_input")["details"]
        assert {field: [error["code"] for error in errors] for field, errors in details.items()} == {
            "name": ["max_length"],
            "count": ["required"],
        }

    def test_400_of_a_body_that_is_no_json(self, client: APIClient) -> None:
        assert_error(client.post(f"{PROBE}/plain/", b"{nonsense", content_type="application/json"), 400, "parse_error")

    @pytest.mark.parametrize(("language", "words"), [("ko", "2번째 줄 2번째 글자"), ("en", "line 2 at character 2")])
    def test_400_of_such_a_body_says_where_in_the_readers_language(self, client: APIClient, language: str, words: str) -> None:
        answer = client.post(
            f"{PROBE}/plain/", b'{"name":\n nonsense}', content_type="application/json", headers={"Accept-Language": language}
        )

        body = assert_error(answer, 400, "parse_error")
        assert words in body["message"]
        assert body["details"] == {"line": 2, "column": 2}

    @pytest.mark.parametrize("body", [b'{"name": "\xff"}', b'{"count": NaN}'])
    def test_400_of_a_body_that_no_place_is_known_of(self, client: APIClient, body: bytes) -> None:
        answer = client.post(f"{PROBE}/plain/", body, content_type="application/json", headers={"Accept-Language": "ko"})

        assert "JSON으로 읽을 수 없습니다" in assert_error(answer, 400, "parse_error")["message"]

    @pytest.mark.parametrize("body", [b"[]", b'"text"', b"null", b"7"])
    def test_400_of_json_that_is_no_object(self, client: APIClient, body: bytes) -> None:
        assert_error(client.post(f"{PROBE}/plain/", body, content_type="application/json"), 400, "invalid_input")

    def test_400_of_a_host_that_is_not_the_shops(self, client: APIClient) -> None:
        assert_error(client.get(f"{PROBE}/plain/", HTTP_HOST="elsewhere.example"), 400, "bad_request")
        assert_error(APIClient().post(f"{PROBE}/plain/", HTTP_HOST="not a host"), 400, "bad_request")

    def test_no_csrf_token_is_asked_for_since_no_cookie_speaks_for_the_caller(self) -> None:
        strict = APIClient(enforce_csrf_checks=True)
        token = a_token("partner", TokenScope.Scope.INTEGRATION)
        strict.credentials(HTTP_AUTHORIZATION=f"Token {token}")

        assert strict.post(f"{PROBE}/plain/", {"name": "a", "count": 1}, format="json").status_code == 201
        strict.credentials()
        assert_error(strict.post(f"{PROBE}/plain/", {}, format="json"), 401, "not_authenticated")

    def test_401_without_a_token(self) -> None:
        assert_error(APIClient().get(f"{PROBE}/plain/"), 401, "not_authenticated")

    def test_401_with_a_wrong_token(self) -> None:
        assert_error(APIClient().get(f"{PROBE}/plain/", HTTP_AUTHORIZATION="Token wrong"), 401, "authentication_failed")

    def test_403_beyond_the_scopes_of_the_token(self) -> None:
        token = a_token("reader", TokenScope.Scope.READ_ONLY)

        answer = APIClient().post(f"{PROBE}/plain/", {}, format="json", HTTP_AUTHORIZATION=f"Token {token}")

        assert_error(answer, 403, "permission_denied")

    def test_404_of_a_thing_that_is_not_there(self, client: APIClient) -> None:
        assert assert_error(client.get(f"{PROBE}/refuse/missing/"), 404, "not_found")["details"] == {"line": 3}

    def test_404_of_an_address_that_nobody_serves(self, client: APIClient) -> None:
        assert_error(client.get("/api/v1/nonsense/"), 404, "not_found")
        assert_error(APIClient().get("/api/v2/orders/"), 404, "not_found")
        assert_error(APIClient(enforce_csrf_checks=True).post("/api/v1/token/%0D/"), 404, "not_found")
        assert_error(client.get("/api/v1/token"), 404, "not_found")

    def test_405_of_a_verb_that_is_not_known_there(self, client: APIClient) -> None:
        assert_error(client.delete(f"{PROBE}/plain/"), 405, "method_not_allowed")

    def test_406_where_json_is_not_accepted(self, client: APIClient) -> None:
        assert_error(client.get(f"{PROBE}/plain/", HTTP_ACCEPT="text/html"), 406, "not_acceptable")

    def test_409_of_a_conflict(self, client: APIClient) -> None:
        answer = client.get(f"{PROBE}/refuse/conflict/")

        body = assert_error(answer, 409, "conflict")
        assert (body["message"], body["details"]) == ("The shop says no.", {"line": 3})
        assert "Retry-After" not in answer

    def test_409_of_a_twin_in_work_says_when_to_come_back(self, client: APIClient) -> None:
        answer = client.get(f"{PROBE}/refuse/in-progress/")

        assert_error(answer, 409, "in_progress")
        assert answer["Retry-After"] == "2"

    def test_415_of_a_body_that_is_not_sent_as_json(self, client: APIClient) -> None:
        assert_error(client.post(f"{PROBE}/plain/", b"a=1", content_type="text/plain"), 415, "unsupported_media_type")
        assert_error(client.post(f"{PROBE}/plain/", {"name": "a"}, format="multipart"), 415, "unsupported_media_type")

    def test_422_of_a_request_that_contradicts_itself(self, client: APIClient) -> None:
        assert_error(client.get(f"{PROBE}/refuse/invalid/"), 422, "invalid")

    def test_429_says_how_long_to_wait(self, client: APIClient, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(throttling, "_silent_until", 0.0)
        settings.API_RATE_PER_TOKEN = 0

        answer = client.get(f"{PROBE}/plain/")

        assert_error(answer, 429, "throttled")
        assert 0 < int(answer["Retry-After"]) <= 60

    def test_500_tells_the_request_id_of_the_log_and_nothing_else(
        self, client: APIClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        answer = client.get(f"{PROBE}/refuse/crash/", headers={"X-Request-ID": "made-up-by-the-caller"})

        body = assert_error(answer, 500, "server_error")
        assert re.fullmatch(r"[0-9a-f-]{36}", body["details"]["request_id"])
        assert body["details"]["request_id"] in str([record.msg for record in caplog.records])
        assert b"hunter2" not in answer.content
        assert b"RuntimeError" not in answer.content

    def test_errors_outside_the_api_are_pages(self) -> None:
        answer = APIClient().get("/nonsense/")

        assert answer.status_code == 404
        assert answer["Content-Type"].startswith("text/html")
        for answer in (
            APIClient().get("/admin/login/", HTTP_HOST="elsewhere.example"),
            APIClient(enforce_csrf_checks=True).post("/admin/login/", {"username": "a", "password": "b"}),
        ):
            assert answer.status_code in (400, 403)
            assert answer["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", "/api/v1/nonsense/"), ("get", f"{PROBE}/refuse/crash/"), ("post", f"{PROBE}/plain/"), ("post", f"{PROBE}/once/")],
)
def test_the_shops_own_words_come_in_korean_and_in_english(client: APIClient, method: str, path: str) -> None:
    def message(language: str) -> str:
        answer = getattr(client, method)(path, {}, format="json", headers={"Accept-Language": language})
        return str(answer.json()["message"])

    def korean(text: str) -> bool:
        return re.search("[가-힣]", text) is not None

    assert korean(message("ko"))
    assert korean(message("ko-KR,ko;q=0.9,en;q=0.5"))
    assert not korean(message("en"))
    assert korean(message("fr")), "an unknown language gets the shop's"


class TestPages:
    @pytest.fixture(autouse=True)
    def _events(self, at: Any) -> None:
        OutboxEvent.objects.all().delete()
        OutboxEvent.objects.bulk_create(OutboxEvent(topic=f"t{number}", payload={}, recorded_at=at) for number in range(120))

    def test_a_list_is_read_to_its_end_by_its_cursors(self, client: APIClient) -> None:
        seen, address = [], f"{PROBE}/events/"
        while address:
            page = client.get(address).json()
            assert len(page["results"]) <= 50
            seen += [row["topic"] for row in page["results"]]
            address = page["next"]

        assert seen == [f"t{number}" for number in reversed(range(120))]

    def test_rows_added_meanwhile_neither_repeat_nor_hide_others(self, client: APIClient, at: Any) -> None:
        first = client.get(f"{PROBE}/events/?limit=10").json()
        OutboxEvent.objects.create(topic="new", payload={}, recorded_at=at)

        second = client.get(first["next"]).json()

        assert [row["topic"] for row in second["results"]] == [f"t{number}" for number in range(109, 99, -1)]

    @pytest.mark.parametrize("asked", [1, 7, 200])
    def test_a_page_has_as_many_rows_as_its_limit(self, client: APIClient, at: Any, asked: int) -> None:
        OutboxEvent.objects.bulk_create(OutboxEvent(topic="more", payload={}, recorded_at=at) for _ in range(100))

        page = client.get(f"{PROBE}/events/?limit={asked}").json()

        assert len(page["results"]) == asked
        assert f"limit={asked}" in page["next"]

    @pytest.mark.parametrize("asked", ["0", "-3", "201", "1000000", "many", "", "5.0", "٣", "9" * 5000])
    def test_a_limit_that_cannot_be_is_named(self, client: APIClient, asked: str) -> None:
        body = assert_error(client.get(f"{PROBE}/events/", {"limit": asked}), 400, "invalid_input")

        assert [one["code"] for one in body["details"]["limit"]] == ["limit_invalid"]

    def test_a_made_up_cursor_is_refused(self, client: APIClient) -> None:
        assert_error(client.get(f"{PROBE}/events/?cursor=nonsense"), 404, "not_found")


class TestIdempotencyKey:
    def once(self, client: APIClient, key: str | None, name: str = "shelf", path: str = "once/") -> Any:
        headers = {} if key is None else {"Idempotency-Key": key}
        return client.post(f"{PROBE}/{path}", {"name": name}, format="json", headers=headers)

    def test_a_repeated_request_gets_the_same_bytes_and_says_so(self, client: APIClient) -> None:
        first = self.once(client, "key-1")
        again = self.once(client, "key-1")

        assert (first.status_code, again.status_code) == (201, 201)
        assert again.content == first.content
        assert again["Content-Type"] == first["Content-Type"]
        assert "Idempotent-Replayed" not in first
        assert again["Idempotent-Replayed"] == "true"
        assert Group.objects.filter(name="shelf").count() == 1

    @pytest.mark.parametrize("key", [None, "", "   ", "x" * 201, "x" * 300, "bell\x07", "tab\there", "nul\x00"])
    def test_a_key_that_is_missing_too_long_or_unprintable_is_refused(self, client: APIClient, key: str | None) -> None:
        details = assert_error(self.once(client, key), 400, KeyRefused.code)["details"]

        assert details == {"header": "Idempotency-Key"}
        assert not Group.objects.filter(name="shelf").exists()

    def test_a_key_of_the_greatest_length_is_taken(self, client: APIClient) -> None:
        assert self.once(client, "x" * 200).status_code == 201

    def test_a_key_with_another_body_is_refused(self, client: APIClient) -> None:
        self.once(client, "key-1")

        assert_error(self.once(client, "key-1", name="other"), 422, "idempotency_key_reused")
        assert not Group.objects.filter(name="other").exists()

    def test_a_refusal_is_not_kept_and_may_become_a_yes(self, client: APIClient) -> None:
        assert_error(self.once(client, "key-1", path="once/unless-open/"), 409, "conflict")
        assert not IdempotencyKey.objects.exists()
        assert not Group.objects.filter(name="shelf").exists()

        Group.objects.create(name="shop is open")
        answer = self.once(client, "key-1", path="once/unless-open/")

        assert answer.status_code == 201
        assert "Idempotent-Replayed" not in answer

    def test_the_same_key_at_another_address_or_of_another_account_is_another_key(self, client: APIClient) -> None:
        self.once(client, "key-1")
        Group.objects.create(name="shop is open")

        other = APIClient()
        token = a_token("other", TokenScope.Scope.INTEGRATION)
        other.credentials(HTTP_AUTHORIZATION=f"Token {token}")
        assert "Idempotent-Replayed" not in self.once(client, "key-1", name="second", path="once/unless-open/")
        assert "Idempotent-Replayed" not in self.once(other, "key-1", name="third")

    def test_the_longest_address_takes_a_key_too(self, client: APIClient) -> None:
        Group.objects.create(name="shop is open")

        assert self.once(client, "key-1", path=f"once/{'x' * 1000}/").status_code == 201


class TestDocumentation:
    def test_the_schema_is_valid_and_without_warnings(self, tmp_path: Any) -> None:
        call_command(
            "spectacular", "--validate", "--fail-on-warn", "--urlconf", "config.urls", "--file", str(tmp_path / "schema.yaml")
        )
        assert "/api/v1/token/" in (tmp_path / "schema.yaml").read_text()

    def test_the_schema_and_its_page_are_open_to_all(self) -> None:
        assert APIClient().get("/api/v1/schema/").status_code == 200
        assert APIClient().get("/api/v1/docs/").status_code == 200

    def test_the_page_fetches_nothing_from_elsewhere_and_all_it_fetches_is_there(self) -> None:
        page = APIClient().get("/api/v1/docs/")

        found = re.findall(r"""(?:src|href)=["']([^"']+)""", page.content.decode())
        assert found
        for address in found:
            assert address.startswith(("/static/drf_spectacular_sidecar/", "/api/v1/docs/"))
            answer = APIClient().get(address)
            answer.close()
            assert answer.status_code == 200, address
        assert "<script>" not in page.content.decode(), "the content security policy would stop it"
        assert "'unsafe-inline'" not in page["Content-Security-Policy"].split("script-src")[1].split(";")[0]
