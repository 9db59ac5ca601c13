"""Who may open which page, and that each speaks both languages; records are never edited by hand."""

import re
from datetime import datetime
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from django_celery_beat.models import ClockedSchedule, SolarSchedule

from config.kernel.admin import navigation
from config.kernel.admin.house import ReadOnlyAdmin
from config.kernel.models import JobRun, User
from config.kernel.roles import Role
from tests.config.kernel.pages import (
    HANGUL,
    LISTS,
    READ_ONLY,
    a_client,
    a_run,
    a_staff_member,
    foreign_words,
    more_rows,
    text,
    words_of,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", LISTS)
def test_an_owner_opens_every_list(client: Client, name: str) -> None:
    assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_list_speaks_both_languages(client: Client, at: datetime, name: str, language: str) -> None:
    more_rows(name, at, 0, 2)
    client.cookies["django_language"] = language

    said = words_of(client.get(reverse(f"admin:{name}_changelist")))

    assert "로그인 시도" in said if language == "ko" else "Login attempts" in said
    assert foreign_words(said, language) == []


@pytest.mark.parametrize("name", [name for name in LISTS if name != "knox_authtoken"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_detail_page_speaks_both_languages(client: Client, at: datetime, name: str, language: str) -> None:
    more_rows(name, at, 0, 2)
    row = client.get(reverse(f"admin:{name}_changelist")).context["cl"].result_list[0]
    client.cookies["django_language"] = language

    said = words_of(client.get(reverse(f"admin:{name}_change", args=[row.pk])))

    assert foreign_words(said, language) == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OWNER])
@pytest.mark.parametrize("name", LISTS)
def test_a_role_opens_only_what_it_was_granted(role: Role, name: str) -> None:
    user = a_staff_member(role.value, role=role)
    label, model = name.rsplit("_", 1)
    allowed = user.has_perm(f"{label}.view_{model}")

    page = a_client(user).get(reverse(f"admin:{name}_changelist"))

    assert page.status_code == (200 if allowed else 403)


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_a_home_page(role: Role) -> None:
    page = a_client(a_staff_member(f"{role.value}-1", role=role)).get("/admin/")

    assert page.status_code == 200
    assert "시스템 상태" in text(page)


def test_a_visitor_is_sent_to_the_login_page() -> None:
    assert Client().get("/admin/").status_code == 302
    assert Client().get(reverse("admin:kernel_state")).status_code == 403


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_login_page_offers_both_languages(language: str) -> None:
    client = Client()
    client.cookies["django_language"] = language

    page = client.get("/admin/login/")

    said = words_of(page)
    assert "한국어" in said
    assert "English" in said
    assert foreign_words(said, language) == []
    assert ("비밀번호" if language == "ko" else "Password") in said
    assert re.findall(r'lang="(\w+)" aria-current', text(page)) == [language]


def test_the_language_is_switched_on_the_page_itself() -> None:
    client = Client()

    switched = client.post("/i18n/setlang/", {"language": "en", "next": "/admin/login/"})

    assert switched.headers["Location"] == "/admin/login/"
    assert "Log in" in text(client.get("/admin/login/"))


def test_a_login_leads_home() -> None:
    a_staff_member()

    entered = Client().post(
        "/admin/login/", {"username": "owner", "password": "a-long-enough-word", "next": "/admin/"}, REMOTE_ADDR="127.0.0.1"
    )

    assert entered.headers["Location"] == "/admin/"


def test_too_many_wrong_passwords_lock_the_name_for_a_while() -> None:
    a_staff_member()
    client = Client(REMOTE_ADDR="127.0.0.9")
    tries = [client.post("/admin/login/", {"username": "owner", "password": "wrong"}) for _ in range(6)]

    assert tries[0].status_code == 200
    assert tries[-1].status_code == 429
    assert "15분" in text(tries[-1])


def test_the_sidebar_shows_only_what_may_be_opened(owner: User, rf: Any) -> None:
    request = rf.get("/admin/")
    request.user = owner
    everything = [item["link"] for group in navigation.sidebar(request) for item in group["items"]]
    request.user = a_staff_member("viewer-1", role=Role.VIEWER)
    allowed = [item["link"] for group in navigation.sidebar(request) for item in group["items"]]

    assert len(everything) > len(allowed)
    assert all(a_client(request.user).get(link).status_code == 200 for link in allowed)


def test_every_model_of_other_packages_stands_on_our_base() -> None:
    from config.kernel.admin.house import HouseAdmin

    assert [model for model, page in admin.site._registry.items() if not isinstance(page, HouseAdmin)] == []
    assert SolarSchedule not in admin.site._registry
    assert ClockedSchedule not in admin.site._registry


def test_every_column_and_heading_reads_korean(owner: User, rf: Any) -> None:
    from django.contrib.admin.utils import label_for_field

    request = rf.get("/admin/")
    request.user = owner
    foreign = []
    with override("ko"):
        for model, page in admin.site._registry.items():
            if model._meta.app_label in {"inventory", "campaigns", "orders", "analytics"}:
                continue
            names = [str(page.opts.verbose_name), str(page.opts.verbose_name_plural)]
            for field in page.get_list_display(request):
                if field not in {"action_checkbox", "__str__"}:
                    names.append(str(label_for_field(field, model, model_admin=page)))
            foreign += [f"{model.__name__}: {name}" for name in names if name.strip() and not HANGUL.search(name)]
    assert foreign == []


@pytest.mark.parametrize("model", READ_ONLY)
def test_a_record_is_never_added_changed_or_deleted_by_hand(model: Any, owner: User, rf: Any) -> None:
    page = admin.site._registry[model]
    request = rf.get("/")
    request.user = owner

    assert isinstance(page, ReadOnlyAdmin)
    assert not page.has_add_permission(request)
    assert not page.has_change_permission(request)
    assert not page.has_delete_permission(request)


def test_the_addresses_of_a_record_refuse_too(client: Client, at: datetime) -> None:
    run = a_run(at)
    address = reverse("admin:kernel_jobrun_change", args=[run.pk])

    assert client.get(address).status_code == 200
    assert client.post(address, {"state": "FAILED"}).status_code == 403
    assert client.get(reverse("admin:kernel_jobrun_add")).status_code == 403
    assert client.get(reverse("admin:kernel_jobrun_delete", args=[run.pk])).status_code == 403
    assert JobRun.objects.get(pk=run.pk).state == JobRun.State.SUCCEEDED
