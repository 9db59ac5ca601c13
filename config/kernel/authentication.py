"""Who calls the API: the service account behind the token, found with what the token may do in one query."""

from typing import Any, cast

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection
from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from config.kernel import accounts, clock, throttling
from config.kernel.models import User

# What a request needs of its account; the rest is loaded when somebody asks for it.
_ACCOUNT = ("id", "username", "is_active", "is_service")
# By hand, because every request of the API begins with it.
_FIND = """
    SELECT t.expiry, ARRAY(SELECT s.scope FROM kernel_tokenscope AS s WHERE s.token_id = t.digest),
           u.id, u.username, u.is_active, u.is_service
    FROM knox_authtoken AS t JOIN kernel_user AS u ON u.id = t.user_id
    WHERE t.digest = %s AND (t.expiry IS NULL OR t.expiry > %s) AND u.is_active
"""


def count_guess(request: Request) -> None:
    """Counts a try with a token or key that nobody has, and raises `Throttled` for an address that tries too often.

    DRF counts requests only after it knows who calls, so whoever refuses one for that calls this first.
    """
    moment = clock.now().timestamp()
    if not throttling.within(f"refused:{accounts.client_address(request)}", settings.API_RATE_PER_ADDRESS, moment=moment):
        raise Throttled(throttling.seconds_left(moment)) from None


class ByToken(TokenAuthentication):  # type: ignore[misc]  # knox ships no types
    """Like knox's own, without its look through every other token of the account at each request.

    `request.auth` is the token, with the list of its scopes as `granted`.
    """

    def authenticate(self, request: Request) -> tuple[User, Any] | None:
        try:
            return cast("tuple[User, Any] | None", super().authenticate(request))
        except AuthenticationFailed:
            count_guess(request)
            raise

    def authenticate_credentials(self, token: bytes) -> tuple[User, Any]:
        try:
            digest = hash_token(token.decode("ascii"))
        except ValueError:
            digest = ""
        with connection.cursor() as cursor:
            cursor.execute(_FIND, [digest, clock.now()])
            row = cursor.fetchone()
        if row is None:
            raise AuthenticationFailed(_("This token is not valid."))
        expiry, granted, *account = row
        user = User.from_db(DEFAULT_DB_ALIAS, _ACCOUNT, account)
        found: Any = AuthToken(digest=digest, user=user, expiry=expiry)
        found.granted = granted
        return user, found
