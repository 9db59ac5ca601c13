"""Tokens belong to service accounts, are kept as hashes, and may do what their scopes say."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, authenticate
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from knox.models import AuthToken
from rest_framework.test import APIClient

from config.kernel import clock, tokens
from config.kernel.errors import Missing
from config.kernel.models import TokenScope, User

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.probe.urls")]
Scope = TokenScope.Scope


def issue(*scopes: Scope, account: str = "partner", expires_in: timedelta | None = None) -> str:
    return tokens.issue(account=account, scopes=scopes, expires_in=expires_in, actor=None, at=clock.now())


def bearer(token: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def test_a_token_is_nowhere_in_the_database_in_clear() -> None:
    token = issue(Scope.INTEGRATION)

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM knox_authtoken t")
        rows = [row for (row,) in cursor.fetchall()]
    [row] = rows
    assert token not in row
    # Only the first letters are kept, to find the row by; what is left is far too long to guess.
    kept = AuthToken.objects.get().token_key
    assert token.startswith(kept)
    assert token[len(kept) :] not in row
    assert len(token) - len(kept) >= 40


def test_an_account_is_made_with_its_first_token_and_has_no_password() -> None:
    issue(Scope.READ_ONLY)
    issue(Scope.READ_ONLY)

    account = User.objects.get(username="partner")
    assert account.is_service
    assert not account.is_staff
    assert not account.has_usable_password()
    assert AuthToken.objects.filter(user=account).count() == 2


def test_a_scope_named_twice_is_given_once() -> None:
    issue(Scope.READ_ONLY, Scope.READ_ONLY)

    assert TokenScope.objects.count() == 1


def test_a_member_of_staff_gets_no_token() -> None:
    User.objects.create_user("clerk", is_staff=True)

    with pytest.raises(tokens.NotAService) as refusal:
        issue(Scope.READ_ONLY, account="clerk")

    assert refusal.value.status == 409
    assert not AuthToken.objects.exists()


def test_a_deactivated_account_gets_no_token() -> None:
    User.objects.create_user("partner", is_service=True, is_active=False)

    with pytest.raises(tokens.AccountClosed) as refusal:
        issue(Scope.READ_ONLY)

    assert (refusal.value.status, refusal.value.code) == (409, "account_closed")
    assert not AuthToken.objects.exists()
    assert not LogEntry.objects.exists()


def test_issuing_and_revoking_are_in_the_audit_with_who_did_it_and_which_token(at: datetime) -> None:
    owner = User.objects.create_user("owner", is_staff=True)
    scopes = [Scope.STOREFRONT, Scope.READ_ONLY]
    later = at + timedelta(hours=1)

    token = tokens.issue(account="partner", scopes=scopes, actor=owner, at=at)
    tokens.revoke(token=AuthToken.objects.get(), actor=owner, at=later)

    told = f"partner {token[:8]} READ_ONLY, STOREFRONT"
    assert list(LogEntry.objects.order_by("id").values_list("user", "action_flag", "object_repr", "action_time")) == [
        (owner.pk, ADDITION, told, at),
        (owner.pk, DELETION, told, later),
    ]
    assert all(entry.content_type.model_class() is AuthToken for entry in LogEntry.objects.all() if entry.content_type)


def test_without_an_actor_the_audit_names_the_service_account_itself(at: datetime) -> None:
    tokens.issue(account="partner", scopes=[Scope.READ_ONLY], actor=None, at=at)

    assert LogEntry.objects.get().user.get_username() == "partner"


def test_a_change_that_cannot_be_written_down_is_not_made(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = issue(Scope.READ_ONLY)

    def refuse(**values: object) -> None:
        raise RuntimeError("the audit is full")

    monkeypatch.setattr(LogEntry.objects, "create", refuse)
    with pytest.raises(RuntimeError):
        issue(Scope.READ_ONLY, account="another")
    with pytest.raises(RuntimeError):
        tokens.revoke(token=AuthToken.objects.get(), actor=None, at=at)

    assert tokens.is_valid(kept)
    assert not User.objects.filter(username="another").exists()


def test_of_two_who_revoke_the_same_token_the_second_is_told(at: datetime) -> None:
    issue(Scope.READ_ONLY)
    token, same = AuthToken.objects.get(), AuthToken.objects.get()
    tokens.revoke(token=token, actor=None, at=at)

    with pytest.raises(Missing):
        tokens.revoke(token=same, actor=None, at=at)

    assert LogEntry.objects.filter(action_flag=DELETION).count() == 1


def test_a_token_expires_by_the_clock_of_whoever_issues_it(at: datetime) -> None:
    tokens.issue(account="partner", scopes=[Scope.READ_ONLY], expires_in=timedelta(days=3), actor=None, at=at)

    assert AuthToken.objects.get().expiry == at + timedelta(days=3)


def test_the_database_refuses_a_service_account_with_staff_rights() -> None:
    issue(Scope.READ_ONLY)

    for right in ("is_staff", "is_superuser"):
        with pytest.raises(IntegrityError, match="user_service_is_not_staff"), transaction.atomic():
            User.objects.filter(username="partner").update(**{right: True})


def test_a_service_account_cannot_log_in_even_with_a_password() -> None:
    issue(Scope.INTEGRATION)
    account = User.objects.get(username="partner")
    account.set_password("correct horse battery")
    account.save()

    client = Client()
    answer = client.post("/admin/login/?next=/admin/", {"username": "partner", "password": "correct horse battery"})

    assert answer.status_code == 200, "the login page again"
    assert "_auth_user_id" not in client.session
    assert authenticate(answer.wsgi_request, username="partner", password="correct horse battery") is None
    session = client.session
    session.update(
        {
            SESSION_KEY: str(account.pk),
            BACKEND_SESSION_KEY: "config.kernel.accounts.StaffBackend",
            HASH_SESSION_KEY: account.get_session_auth_hash(),
        }
    )
    session.save()
    assert client.get("/admin/").status_code == 302, "nor does a session left from before let it in"


def test_the_same_login_works_for_staff() -> None:
    User.objects.create_superuser("owner", password="correct horse battery")
    client = Client()

    client.post("/admin/login/?next=/admin/", {"username": "owner", "password": "correct horse battery"})

    assert "_auth_user_id" in client.session


@pytest.mark.parametrize(
    ("scopes", "read", "written", "storefront_read", "storefront_written"),
    [
        ((), 403, 403, 403, 403),
        ((Scope.READ_ONLY,), 200, 403, 403, 403),
        ((Scope.STOREFRONT,), 403, 403, 200, 201),
        ((Scope.INTEGRATION,), 200, 201, 403, 201),
        ((Scope.READ_ONLY, Scope.STOREFRONT), 200, 403, 200, 201),
        (tuple(Scope), 200, 201, 200, 201),
    ],
)
def test_a_token_may_do_what_its_scopes_say(
    scopes: tuple[Scope, ...], read: int, written: int, storefront_read: int, storefront_written: int
) -> None:
    client = bearer(issue(*scopes))
    body = {"name": "a", "count": 1}

    assert client.get("/api/v1/probe/plain/").status_code == read
    assert client.post("/api/v1/probe/plain/", body, format="json").status_code == written
    assert client.get("/api/v1/probe/storefront/").status_code == storefront_read
    assert client.post("/api/v1/probe/storefront/", body, format="json").status_code == storefront_written
    assert client.options("/api/v1/probe/plain/").status_code == read


@pytest.mark.parametrize("scope", Scope)
def test_each_token_may_ask_about_itself(scope: Scope) -> None:
    assert bearer(issue(scope)).get("/api/v1/token/").json()["scopes"] == [scope]
    assert bearer(issue()).get("/api/v1/token/").status_code == 403, "without a scope it may do nothing"


def test_a_token_tells_what_it_may_do() -> None:
    answer = bearer(issue(Scope.STOREFRONT, Scope.READ_ONLY)).get("/api/v1/token/")

    assert answer.status_code == 200
    assert answer.json() == {"account": "partner", "scopes": ["READ_ONLY", "STOREFRONT"], "expires_at": None}


@pytest.mark.parametrize("header", ["", "Token", "Token ", "Token wrong", "Token a b", "Bearer {}", "Token {}x", "{}"])
def test_anything_but_a_whole_token_is_refused(header: str) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header.format(issue(Scope.READ_ONLY)))

    answer = client.get("/api/v1/token/")

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Token"
    assert set(answer.json()) == {"code", "message", "details"}


def test_an_expired_token_is_refused() -> None:
    expired = issue(Scope.READ_ONLY, expires_in=timedelta(seconds=-1))
    valid = issue(Scope.READ_ONLY, expires_in=timedelta(hours=1))

    assert bearer(expired).get("/api/v1/token/").status_code == 401
    assert not tokens.is_valid(expired)
    assert bearer(valid).get("/api/v1/token/").status_code == 200
    assert tokens.is_valid(valid)


def test_a_revoked_token_and_a_token_of_a_closed_account_are_refused() -> None:
    revoked, other = issue(Scope.READ_ONLY), issue(Scope.READ_ONLY)
    tokens.revoke(token=AuthToken.objects.get(token_key=revoked[:15]), actor=None, at=clock.now())

    assert bearer(revoked).get("/api/v1/token/").status_code == 401
    assert bearer(other).get("/api/v1/token/").status_code == 200
    User.objects.update(is_active=False)
    assert bearer(other).get("/api/v1/token/").status_code == 401
    assert not tokens.is_valid(other)


def test_the_command_prints_the_token_and_nothing_else() -> None:
    out = StringIO()

    call_command("create_token", "partner", "--scope", "read_only", "--scope", "storefront", "--days", "30", stdout=out)

    token = out.getvalue().strip()
    assert out.getvalue() == f"{token}\n"
    answer = bearer(token).get("/api/v1/token/").json()
    assert answer["scopes"] == ["READ_ONLY", "STOREFRONT"]
    assert answer["expires_at"] is not None


def test_the_command_tells_a_refusal_in_its_own_words() -> None:
    User.objects.create_user("clerk", is_staff=True)

    with pytest.raises(CommandError, match="clerk"):
        call_command("create_token", "clerk", "--scope", "read_only", stdout=StringIO())


def test_the_command_refuses_unknown_and_missing_scopes() -> None:
    for arguments in (["partner"], ["partner", "--scope", "everything"]):
        with pytest.raises(CommandError):
            call_command("create_token", *arguments, stdout=StringIO())
    assert not AuthToken.objects.exists()
