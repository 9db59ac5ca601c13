"""Tokens of the API: shown once, revoked for good, given to service accounts only."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import NoReverseMatch, reverse
from knox.models import AuthToken

from config.kernel import tokens
from config.kernel.models import User
from config.kernel.roles import Role
from tests.config.kernel.pages import (
    a_client,
    a_staff_member,
    a_token,
    text,
)

pytestmark = pytest.mark.django_db


def ask_for_a_token(client: Client, **wanted: object) -> Any:
    """Opens the form, as a person does, and sends it."""
    address = reverse("admin:knox_authtoken_issue")
    slip = re.search(r'name="slip" value="([^"]+)"', text(client.get(address)))
    assert slip
    return client.post(address, {**wanted, "slip": slip.group(1)})


def test_a_page_with_a_new_token_that_is_loaded_again_issues_no_other(client: Client) -> None:
    page = ask_for_a_token(client, account="storefront", scopes=["STOREFRONT"])
    again = client.post(reverse("admin:knox_authtoken_issue"), page.wsgi_request.POST.dict() | {"scopes": ["STOREFRONT"]})

    assert again.status_code == 302
    assert AuthToken.objects.count() == 1


def test_a_new_token_is_shown_once(client: Client, owner: User) -> None:
    page = ask_for_a_token(client, account="storefront", scopes=["STOREFRONT"], days="30")

    shown = re.search(r'id="token">(\w+)<', text(page))
    assert shown
    assert tokens.is_valid(shown.group(1))
    assert "no-store" in page.headers["Cache-Control"]
    assert shown.group(1) not in text(client.get(reverse("admin:knox_authtoken_changelist")))
    assert shown.group(1) not in text(client.get(reverse("admin:admin_logentry_changelist")))
    assert AuthToken.objects.get().expiry is not None
    assert [(one.action_flag, one.user) for one in LogEntry.objects.all()] == [(ADDITION, owner)]


def test_no_page_shows_the_digest_of_a_token(client: Client) -> None:
    a_token()
    token = AuthToken.objects.get()
    page = text(client.get(reverse("admin:knox_authtoken_changelist")))
    asked = text(client.get(reverse("admin:knox_authtoken_revoke", args=[token.token_key])))

    assert token.token_key[:8] in page
    assert "스토어프런트" in page
    assert token.digest not in page + asked
    with pytest.raises(NoReverseMatch):
        reverse("admin:knox_authtoken_change", args=[token.digest])


def test_a_member_of_staff_gets_no_token(client: Client, owner: User) -> None:
    page = ask_for_a_token(client, account=owner.username, scopes=["READ_ONLY"])

    assert page.status_code == 200
    assert owner.username in text(page)
    assert AuthToken.objects.count() == 0


def test_a_deactivated_account_gets_no_token(client: Client) -> None:
    User.objects.create_user("partner", is_service=True, is_active=False)

    page = ask_for_a_token(client, account="partner", scopes=["READ_ONLY"])

    assert "사용이 중지되었습니다" in text(page)
    assert AuthToken.objects.count() == 0


def test_a_token_needs_a_scope(client: Client) -> None:
    assert client.post(reverse("admin:knox_authtoken_issue"), {"account": "partner"}).status_code == 200
    assert AuthToken.objects.count() == 0


def test_a_revoked_token_is_gone(client: Client, owner: User) -> None:
    token = a_token()
    address = reverse("admin:knox_authtoken_revoke", args=[AuthToken.objects.get().token_key])

    assert client.get(address).status_code == 200
    assert tokens.is_valid(token)
    client.post(address)

    assert not tokens.is_valid(token)
    assert [(one.action_flag, one.user) for one in LogEntry.objects.filter(user=owner)] == [(DELETION, owner)]
    assert client.get(address).status_code == 404


def test_tokens_need_their_permissions() -> None:
    a_token()
    onlooker = a_staff_member("onlooker", role=Role.VIEWER)
    onlooker.user_permissions.add(Permission.objects.get(codename="view_authtoken"))
    client = a_client(onlooker)
    revoke = reverse("admin:knox_authtoken_revoke", args=[AuthToken.objects.get().token_key])

    page = client.get(reverse("admin:knox_authtoken_changelist"))

    assert page.status_code == 200
    assert revoke not in text(page)
    assert client.get(reverse("admin:knox_authtoken_issue")).status_code == 403
    assert client.post(revoke).status_code == 403
    assert AuthToken.objects.count() == 1
