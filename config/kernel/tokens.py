"""API tokens: made for service accounts, kept as hashes, limited by scopes. Each issue and each revocation is in the audit."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed

from config.kernel.authentication import ByToken
from config.kernel.errors import Conflict, Missing
from config.kernel.models import TokenScope, User


class NotAService(Conflict):
    code = "not_a_service_account"


class AccountClosed(Conflict):
    code = "account_closed"


@transaction.atomic
def issue(
    *,
    account: str,
    scopes: Iterable[TokenScope.Scope],
    expires_in: timedelta | None = None,
    actor: User | None,
    at: datetime,
) -> str:
    """A new token in clear, shown this once. A member of staff gets none: tokens belong to service accounts."""
    user, made = User.objects.get_or_create(username=account, defaults={"is_service": True})
    if made:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    if not user.is_service:
        raise NotAService(_("%(account)s is a member of staff, not a service account.") % {"account": account})
    if not user.is_active:
        raise AccountClosed(_("The account %(account)s is deactivated.") % {"account": account})
    row, token = AuthToken.objects.create(user=user, expiry=None)
    # Its own reckoning would count from another clock than the operation's `at`.
    if expires_in is not None:
        row.expiry = at + expires_in
        row.save(update_fields=["expiry"])
    given = sorted(set(scopes))
    TokenScope.objects.bulk_create(TokenScope(token=row, scope=scope) for scope in given)
    _record(ADDITION, row, given, actor, at)
    return str(token)


@transaction.atomic
def revoke(*, token: AuthToken, actor: User | None, at: datetime) -> None:
    """The token is refused from the next request on."""
    scopes = sorted(TokenScope.objects.filter(token=token).values_list("scope", flat=True))
    # Of two who revoke at once, one deletes the row and is written down.
    if not AuthToken.objects.filter(pk=token.pk).delete()[1].get(AuthToken._meta.label):
        raise Missing(_("This token was revoked meanwhile."))
    _record(DELETION, token, scopes, actor, at)


def _record(action: int, token: AuthToken, scopes: Iterable[str], actor: User | None, at: datetime) -> None:
    """Names the token by its first characters: its key in the database, the digest, belongs into no page."""
    LogEntry.objects.create(
        user=actor or token.user,
        content_type=ContentType.objects.get_for_model(AuthToken),
        object_repr=f"{token.user.get_username()[:100]} {token.token_key[:8]} {', '.join(scopes)}",
        action_flag=action,
        action_time=at,
    )


def is_valid(token: str) -> bool:
    try:
        ByToken().authenticate_credentials(token.encode())
    except AuthenticationFailed:
        return False
    return True
