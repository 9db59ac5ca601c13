"""How long records of logins, sessions and tokens are kept, and the nightly dropping of those that are older."""

from datetime import datetime, timedelta

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from knox.models import AuthToken

from config.kernel import accesses, pruning

# Counts failures for a lockout that lasts minutes.
ATTEMPTS_KEPT = timedelta(days=1)
# Korean rules on the safety of personal data ask for access records of one year, and of two years where the system holds the
# data of 50,000 people or more. A shop may grow past that number without noticing, so two years are kept.
ACCESS_RECORDS_KEPT = timedelta(days=731)
# Whose token expired may still want to see that it did.
EXPIRED_TOKENS_KEPT = timedelta(days=30)


def prune(*, at: datetime, batch: int = pruning.BATCH) -> dict[str, int]:
    """How many rows of each kind were dropped."""
    return {
        "sessions": pruning.drop(Session.objects.filter(expire_date__lt=at), batch=batch),
        "attempts": pruning.drop(AccessAttempt.objects.filter(attempt_time__lt=at - ATTEMPTS_KEPT), batch=batch),
        "logins": pruning.drop(AccessLog.objects.filter(attempt_time__lt=at - ACCESS_RECORDS_KEPT), batch=batch),
        "failed_logins": pruning.drop(AccessFailureLog.objects.filter(attempt_time__lt=at - ACCESS_RECORDS_KEPT), batch=batch),
        "accesses": accesses.prune(at=at),
        "tokens": pruning.drop(AuthToken.objects.filter(expiry__lt=at - EXPIRED_TOKENS_KEPT), batch=batch),
    }
