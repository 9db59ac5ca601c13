"""Records of logins, sessions and tokens are kept as long as they are needed and no longer."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from knox.models import AuthToken

from config.kernel import jobs, retention
from config.kernel.models import TokenScope, User

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
KINDS: dict[str, tuple[Any, str, timedelta]] = {
    "sessions": (Session, "expire_date", timedelta()),
    "attempts": (AccessAttempt, "attempt_time", retention.ATTEMPTS_KEPT),
    "logins": (AccessLog, "attempt_time", retention.ACCESS_RECORDS_KEPT),
    "failed_logins": (AccessFailureLog, "attempt_time", retention.ACCESS_RECORDS_KEPT),
    "tokens": (AuthToken, "expiry", retention.EXPIRED_TOKENS_KEPT),
}


def make(kind: str, number: int, moment: datetime) -> None:
    model, field, _kept = KINDS[kind]
    if model is Session:
        row = Session.objects.create(session_key=f"session-{number}", session_data="", expire_date=moment)
    elif model is AuthToken:
        user, _made = User.objects.get_or_create(username="partner", is_service=True)
        row = AuthToken.objects.create(user=user)[0]
        TokenScope.objects.create(token=row, scope=TokenScope.Scope.READ_ONLY)
    else:
        more = {"get_data": "", "post_data": "", "failures_since_start": 1} if model is AccessAttempt else {}
        row = model.objects.create(username=f"u{number}", ip_address="192.0.2.1", user_agent="", path_info="/", **more)
    model.objects.filter(pk=row.pk).update(**{field: moment})


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_old_is_dropped_in_batches_and_what_is_younger_stays(kind: str, at: datetime) -> None:
    model, field, kept = KINDS[kind]
    for number in range(5):
        make(kind, number, at - kept - SECOND)
    for number in range(5, 7):
        make(kind, number, at - kept)

    assert retention.prune(at=at, batch=2) == dict.fromkeys([*KINDS, "accesses"], 0) | {kind: 5}

    assert set(model.objects.values_list(field, flat=True)) == {at - kept}
    assert model.objects.count() == 2


def test_a_token_that_never_expires_stays(at: datetime) -> None:
    make("tokens", 0, at)
    AuthToken.objects.update(expiry=None)

    retention.prune(at=at + timedelta(days=10_000))

    assert AuthToken.objects.count() == 1


def test_the_nightly_job_tells_how_many_rows_of_each_kind_it_dropped(at: datetime) -> None:
    make("sessions", 0, at - SECOND)
    make("attempts", 1, at - retention.ATTEMPTS_KEPT - SECOND)

    done = jobs.known()["kernel.prune"].body(at=at)

    assert set(done.summary) == {"events", "keys", "runs", *KINDS}
    assert (done.summary["sessions"], done.summary["attempts"]) == (1, 1)
    assert done.rows == sum(done.summary.values())
