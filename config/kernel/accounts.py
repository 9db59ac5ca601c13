"""Who may log in, and from where: members of staff. Service accounts speak by token only."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from config.kernel import throttling
from config.kernel.models import User


class StaffBackend(ModelBackend):
    """Stands behind axes, which locks out a pair of name and address; here either of them alone is slowed down.

    The refusal stops the login like a wrong password would: the same words, and axes counts a failure.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if request is not None and username and not throttling.login_within(username, client_address(request)):
            raise PermissionDenied
        return super().authenticate(request, username, password, **kwargs)

    def user_can_authenticate(self, user: User | AnonymousUser | None) -> bool:
        return super().user_can_authenticate(user) and not getattr(user, "is_service", False)


def client_address(request: HttpRequest | Request) -> str | None:
    """The caller's address as the shop's own proxies saw it: what a client writes into the header itself is never believed.

    The API's throttle counts by the same rule, which is DRF's.
    """
    address: str | None = BaseThrottle().get_ident(request)  # type: ignore[arg-type]
    return address
