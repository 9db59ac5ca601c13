"""Who calls the API: the service account behind the token, found with what the token may do in one query."""

from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from config.kernel import accounts, clock, throttling

if TYPE_CHECKING:
    from config.kernel.models import User


class ByToken(TokenAuthentication):  # type: ignore[misc]  # knox ships no types
    """Like knox's own, without its look through every other token of the account at each request.

    `request.auth` is the token, with the list of its scopes as `granted`.
    """

    def authenticate(self, request: Request) -> "tuple[User, Any] | None":
        try:
            return cast("tuple[User, Any] | None", super().authenticate(request))
        except AuthenticationFailed:
            # DRF counts requests only after it knows who calls, so guesses at tokens are counted here.
            moment = clock.now().timestamp()
            who = f"refused:{accounts.client_address(request)}"
            if not throttling.within(who, settings.API_RATE_PER_ADDRESS, moment=moment):
                raise Throttled(throttling.seconds_left(moment)) from None
            raise

    def authenticate_credentials(self, token: bytes) -> "tuple[User, Any]":
        try:
            digest = hash_token(token.decode("ascii"))
        except ValueError:
            digest = ""
        found = (
            AuthToken.objects.filter(Q(expiry__isnull=True) | Q(expiry__gt=clock.now()), digest=digest)
            .select_related("user")
            .annotate(granted=ArrayAgg("scopes__scope", filter=Q(scopes__isnull=False), default=Value([])))
            .first()
        )
        if found is None or not found.user.is_active:
            raise AuthenticationFailed(_("This token is not valid."))
        return found.user, found
