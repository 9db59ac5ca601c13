"""Staff and roles: nobody gives anybody more than they have, and nobody is deleted."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from config.kernel.models import User
from config.kernel.roles import Role
from tests.config.kernel.pages import a_client, a_staff_member, text

pytestmark = pytest.mark.django_db


def test_a_service_account_cannot_become_staff(client: Client) -> None:
    service = User.objects.create_user("robot", is_service=True)
    address = reverse("admin:kernel_user_change", args=[service.pk])

    page = client.post(address, {"username": "robot", "is_active": "on", "is_staff": "on", "is_superuser": "on"})

    assert page.status_code == 200
    assert "서비스 계정은 토큰으로만" in text(page)
    assert set(page.context["errors"].as_data() if hasattr(page.context["errors"], "as_data") else page.context["errors"])
    service.refresh_from_db()
    assert not service.is_staff


def test_a_new_member_of_staff_has_a_role(client: Client) -> None:
    buyer = Group.objects.get(name=Role.BUYER)
    password = "a-long-enough-word"
    wanted = {"username": "kim", "password1": password, "password2": password, "is_staff": "on", "groups": [buyer.pk]}

    sent = client.post(reverse("admin:kernel_user_add"), wanted)

    assert sent.status_code == 302
    made = User.objects.get(username="kim")
    assert made.is_staff
    assert list(made.groups.all()) == [buyer]


def test_staff_and_service_accounts_are_listed_apart(client: Client) -> None:
    User.objects.create_user("robot", is_service=True)
    address = reverse("admin:kernel_user_changelist")

    staff = client.get(address, {"is_service__exact": "0"}).context["cl"].queryset
    services = client.get(address, {"is_service__exact": "1"}).context["cl"].queryset

    assert [user.username for user in staff] == ["owner"]
    assert [user.username for user in services] == ["robot"]


def test_only_someone_with_all_rights_changes_someone_with_all_rights(owner: User) -> None:
    deputy = a_staff_member("deputy", role=Role.OWNER, superuser=False)
    client = a_client(deputy)
    address = reverse("admin:kernel_user_change", args=[owner.pk])

    assert client.get(address).status_code == 200
    assert client.post(address, {"username": "mine"}).status_code == 403
    assert client.get(reverse("admin:auth_user_password_change", args=[owner.pk])).status_code == 403
    client.post(reverse("admin:kernel_user_change", args=[deputy.pk]), {"username": "deputy", "is_superuser": "on"})
    deputy.refresh_from_db()
    assert not deputy.is_superuser


class TestNobodyRises:
    """A deputy edits accounts and groups, and sees job runs; no more."""

    PASSWORDS = {"usable_password": "true", "password1": "another-long-word", "password2": "another-long-word"}

    @pytest.fixture
    def deputy(self) -> User:
        deputy = User.objects.create_user("deputy", is_staff=True)
        names = [
            "view_user",
            "change_user",
            "add_user",
            "view_group",
            "change_group",
            "add_group",
            "delete_group",
            "view_jobrun",
        ]
        team = Group.objects.create(name="deputies")
        team.permissions.set(Permission.objects.filter(codename__in=names))
        deputy.groups.add(team)
        return deputy

    @pytest.fixture
    def client(self, deputy: User) -> Client:
        return a_client(deputy)

    def saved(self, client: Client, user: User, *groups: Group, **values: str) -> Any:
        wanted = {
            "username": user.username,
            "is_active": "on",
            "is_staff": "on",
            "groups": [one.pk for one in groups],
            **values,
        }
        return client.post(reverse("admin:kernel_user_change", args=[user.pk]), wanted)

    def test_by_taking_a_higher_role(self, client: Client, deputy: User) -> None:
        team, owners = deputy.groups.get(), Group.objects.get(name=Role.OWNER)
        form = client.get(reverse("admin:kernel_user_change", args=[deputy.pk])).context["adminform"].form

        refused = self.saved(client, deputy, team, owners)

        assert team in form.fields["groups"].queryset
        assert owners not in form.fields["groups"].queryset
        assert refused.status_code == 200
        assert list(deputy.groups.all()) == [team]
        assert self.saved(client, deputy, team, first_name="민수").status_code == 302
        assert list(deputy.groups.all()) == [team]

    def test_by_making_an_account_of_a_higher_role(self, client: Client) -> None:
        wanted = {"username": "twin", **self.PASSWORDS, "is_staff": "on", "groups": [Group.objects.get(name=Role.OWNER).pk]}

        assert client.post(reverse("admin:kernel_user_add"), wanted).status_code == 200
        assert not User.objects.filter(username="twin").exists()

    @pytest.mark.parametrize("active", [True, False])
    def test_by_taking_over_a_higher_account(self, client: Client, active: bool) -> None:
        higher = a_staff_member("higher", role=Role.OWNER, superuser=False)
        User.objects.filter(pk=higher.pk).update(is_active=active)
        word = reverse("admin:auth_user_password_change", args=[higher.pk])

        assert client.get(reverse("admin:kernel_user_change", args=[higher.pk])).status_code == 200
        assert self.saved(client, higher).status_code == 403
        assert client.get(word).status_code == 403
        assert client.post(word, self.PASSWORDS).status_code == 403
        higher.refresh_from_db()
        assert higher.is_active is active
        assert higher.check_password("a-long-enough-word")
        assert higher.groups.exists()

    def test_by_taking_over_an_account_with_a_permission_of_its_own(self, client: Client) -> None:
        other = User.objects.create_user("other", is_staff=True)
        assert self.saved(client, other).status_code == 302

        other.user_permissions.add(Permission.objects.get(codename="add_authtoken"))

        assert self.saved(client, other).status_code == 403

    def test_by_widening_the_own_group(self, client: Client, deputy: User) -> None:
        team, wanted = deputy.groups.get(), Permission.objects.get(codename="add_authtoken")
        held = [one.pk for one in team.permissions.all()]
        address = reverse("admin:auth_group_change", args=[team.pk])

        refused = client.post(address, {"name": "deputies", "permissions": [*held, wanted.pk]})

        assert refused.status_code == 200
        assert wanted not in team.permissions.all()
        assert client.post(address, {"name": "helpers", "permissions": held[:-1]}).status_code == 302
        assert team.permissions.count() == len(held) - 1

    def test_by_editing_a_group_that_may_more(self, client: Client) -> None:
        group = Group.objects.create(name="cashiers")
        group.permissions.add(Permission.objects.get(codename="add_authtoken"))

        page = client.post(reverse("admin:auth_group_change", args=[group.pk]), {"name": "cashiers", "permissions": []})
        gone = client.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"})

        assert (page.status_code, gone.status_code) == (403, 403)
        assert group.permissions.count() == 1


def test_an_account_is_switched_off_not_deleted(client: Client, owner: User) -> None:
    assert client.post(reverse("admin:kernel_user_delete", args=[owner.pk]), {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=owner.pk).exists()


def test_the_shops_own_roles_are_not_edited_by_hand(client: Client) -> None:
    role = Group.objects.get(name=Role.BUYER)
    address = reverse("admin:auth_group_change", args=[role.pk])

    page = client.get(address)

    assert page.status_code == 200
    assert "구매 담당" in text(page)
    assert client.post(address, {"name": "boss"}).status_code == 403
    assert client.post(reverse("admin:auth_group_delete", args=[role.pk]), {"post": "yes"}).status_code == 403


def test_a_group_of_the_shops_making_is_editable(client: Client) -> None:
    permission = Permission.objects.get(codename="view_jobrun")
    client.post(reverse("admin:auth_group_add"), {"name": "야간 담당", "permissions": [permission.pk]})
    group = Group.objects.get(name="야간 담당")

    client.post(reverse("admin:auth_group_change", args=[group.pk]), {"name": "주간 담당", "permissions": []})

    group.refresh_from_db()
    assert group.name == "주간 담당"
