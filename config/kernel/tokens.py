"""API tokens: made for service accounts, kept as hashes, limited by scopes."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed

from config.kernel.authentication import ByToken
from config.kernel.errors import Conflict
from config.kernel.models import TokenScope, User


class NotAService(Conflict):
    code = "not_a_service_account"


@transaction.atomic
def issue(*, account: str, scopes: Iterable[TokenScope.Scope], expires_in: timedelta | None = None) -> str:
    """A new token in clear, shown this once. A member of staff gets none: tokens belong to service accounts."""
    user, made = User.objects.get_or_create(username=account, defaults={"is_service": True})
    if made:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    if not user.is_service:
        raise NotAService(_("%(account)s is a member of staff, not a service account.") % {"account": account})
    row, token = AuthToken.objects.create(user=user, expiry=expires_in)
    TokenScope.objects.bulk_create(TokenScope(token=row, scope=scope) for scope in set(scopes))
    return str(token)


def revoke(token: AuthToken) -> None:
    """The token is refused from the next request on."""
    token.delete()


def is_valid(token: str) -> bool:
    try:
        ByToken().authenticate_credentials(token.encode())
    except AuthenticationFailed:
        return False
    return True
