"""Roles are groups with exactly the permissions that the apps grant them."""

from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command

from config.kernel import roles
from config.kernel.models import User
from config.kernel.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _granted_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test grants is forgotten after it."""
    monkeypatch.setattr(roles, "_granted", {role: set(roles.granted(role)) for role in Role})


def sync() -> str:
    out = StringIO()
    call_command("sync_roles", stdout=out)
    return out.getvalue()


def permissions() -> dict[str, set[str]]:
    return {
        group.name: {f"{one.content_type.app_label}.{one.codename}" for one in group.permissions.select_related("content_type")}
        for group in Group.objects.filter(name__in=Role.values)
    }


def test_each_role_becomes_a_group_with_what_it_was_granted() -> None:
    roles.grant("kernel", {Role.ANALYST: ["view_jobrun"], Role.VIEWER: ["view_jobrun", "view_outboxevent"]})

    sync()

    assert set(permissions()) == set(Role.values)
    for role in set(Role) - {Role.OWNER}:
        assert permissions()[role.value] == roles.granted(role)
    assert "kernel.view_outboxevent" in permissions()["viewer"]


def test_the_owner_has_every_permission_there_is() -> None:
    sync()

    assert Group.objects.get(name="owner").permissions.count() == Permission.objects.count()


def test_syncing_again_changes_nothing() -> None:
    roles.grant("kernel", {Role.BUYER: ["view_jobrun"]})
    said = sync()
    before = (permissions(), set(Group.objects.values_list("id", "name")))

    assert sync() == said
    assert (permissions(), set(Group.objects.values_list("id", "name"))) == before


def test_a_permission_no_longer_granted_is_taken_away_and_members_stay() -> None:
    roles.grant("kernel", {Role.BUYER: ["view_jobrun"]})
    sync()
    buyer = User.objects.create_user("buyer", is_staff=True)
    buyer.groups.add(Group.objects.get(name="buyer"))

    roles._granted[Role.BUYER].discard("kernel.view_jobrun")
    sync()

    assert "kernel.view_jobrun" not in permissions()["buyer"]
    assert buyer.groups.filter(name="buyer").exists()


def test_a_group_that_is_no_role_is_left_alone() -> None:
    night_shift = Group.objects.create(name="night shift")
    night_shift.permissions.add(Permission.objects.get(codename="view_jobrun"))

    sync()

    assert night_shift.permissions.count() == 1


def test_a_permission_that_does_not_exist_is_refused_and_nothing_is_changed() -> None:
    sync()
    before = permissions()
    roles.grant("kernel", {Role.ORDER_CLERK: ["view_jobrun"], Role.VIEWER: ["view_moon"]})

    with pytest.raises(CommandError, match=r"viewer.*kernel\.view_moon"):
        sync()

    assert permissions() == before
