"""API tokens: made for service accounts, kept as hashes, limited by scopes."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from knox.auth import TokenAuthentication
from knox.models import get_token_model
from rest_framework.exceptions import AuthenticationFailed

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
        raise NotAService(f"{account} is a member of staff, not a service account.")
    row, token = get_token_model().objects.create(user=user, expiry=expires_in)
    TokenScope.objects.bulk_create(TokenScope(token=row, scope=scope) for scope in scopes)
    return str(token)


def is_valid(token: str) -> bool:
    try:
        TokenAuthentication().authenticate_credentials(token.encode())
    except AuthenticationFailed:
        return False
    return True
