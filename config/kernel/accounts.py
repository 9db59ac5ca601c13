"""Who may log in, and from where: members of staff. Service accounts speak by token only."""

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle

from config.kernel.models import User


class StaffBackend(ModelBackend):
    def user_can_authenticate(self, user: User | AnonymousUser | None) -> bool:
        return super().user_can_authenticate(user) and not getattr(user, "is_service", False)


def client_address(request: HttpRequest) -> str | None:
    """The caller's address as the shop's own proxies saw it: what a client writes into the header itself is never believed.

    The API's throttle counts by the same rule, which is DRF's.
    """
    address: str | None = BaseThrottle().get_ident(request)  # type: ignore[arg-type]
    return address
