"""What a person may hand out: never more than they hold, so that nobody rises by editing accounts or roles.

Someone with all rights hands out everything.
"""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet


def held_by(user: Any) -> QuerySet[Permission]:
    """Also of an account that is switched off, since it can be switched on again."""
    if user.is_superuser:
        return Permission.objects.all()
    return Permission.objects.filter(pk__in=Permission.objects.filter(Q(user=user) | Q(group__user=user)).values("pk"))


def roles_within(user: Any) -> QuerySet[Group]:
    """The roles that grant nothing this person lacks."""
    if user.is_superuser:
        return Group.objects.all()
    return Group.objects.exclude(permissions__in=_beyond(user))


def covers_role(user: Any, group: Group) -> bool:
    return user.is_superuser or roles_within(user).filter(pk=group.pk).exists()


def covers_account(user: Any, account: Any) -> bool:
    """Whether this person holds all that the account holds."""
    if user.is_superuser:
        return True
    return not (account.is_superuser or (held_by(account) & _beyond(user)).exists())


def _beyond(user: Any) -> QuerySet[Permission]:
    return Permission.objects.exclude(pk__in=held_by(user).values("pk"))
