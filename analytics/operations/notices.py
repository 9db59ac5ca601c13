"""Mails to staff about incidents and reports: written with what they tell, sent once or not at all.

Before a worker speaks with the mail server it commits that it does. If it dies then, nobody knows whether the mail went out:
the notice is marked as unsure and shown as such, and is not repeated. Only what the mail server refused is tried again.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPNotSupportedError, SMTPRecipientsRefused, SMTPResponseException
from socket import gaierror

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q

from analytics.models import Incident, IncidentEntry, Notice, Report
from config.kernel.models import User
from config.kernel.roles import Role

MOST_ATTEMPTS = 6
# Pauses after refusals: 1, 2, 4, 8 and 16 minutes.
FIRST_PAUSE = timedelta(minutes=1)
# A worker that has said it is sending and is not heard of for so long has died.
LOST_AFTER = timedelta(minutes=10)
LONGEST_ERROR = 300
# A round ends after so long, so that the job that sends stays within its time.
ROUND_SECONDS = 180.0

# The mail server said no, or was never reached: the mail is certainly not on its way. Any other end leaves that open.
REFUSALS = (SMTPResponseException, SMTPRecipientsRefused, SMTPNotSupportedError, ConnectionRefusedError, gaierror)

State = Notice.State
# Makes the mail of a notice: subject, text, and files as name, bytes and kind.
Worded = tuple[str, str, Sequence[tuple[str, bytes, str]]]
Words = Callable[[Notice], Worded]


@dataclass(frozen=True)
class Sent:
    sent: int = 0
    failed: int = 0
    unsure: int = 0


def in_role(role: str) -> list[User]:
    """Everybody of a role who may be told; of owners also those who may do everything."""
    may = Q(groups__name=role) | (Q(is_superuser=True) if role == Role.OWNER else Q(pk__in=[]))
    return list(User.objects.filter(may, is_active=True, is_staff=True).distinct().order_by("pk"))


def tell(
    *,
    occasion: str,
    to: Iterable[User],
    due_at: datetime,
    why: str,
    incident: Incident | None = None,
    entry: IncidentEntry | None = None,
    report: Report | None = None,
) -> None:
    """Writes a notice for each person, in the present transaction; whoever was told of this before is not told again. What
    may be done again and again is told by its line of the story, `entry`.
    """
    Notice.objects.bulk_create(
        [
            Notice(
                occasion=occasion,
                incident=incident,
                entry=entry,
                report=report,
                recipient=one,
                why=why[:300],
                due_at=due_at,
                state=State.WAITING if settings.MAIL_IS_ON and one.email else State.UNSENT,
                error="" if settings.MAIL_IS_ON and one.email else "no_mail_server" if one.email else "no_address",
            )
            for one in to
        ],
        ignore_conflicts=True,
    )


def send_due(*, words: Words, at: datetime, most: int = 200) -> Sent:
    """Sends what is due, each by itself. `words` makes the mail, in the language it is to be read in."""
    unsure = _give_up_lost(at)
    sent = failed = 0
    began = time.monotonic()
    for _turn in range(most):
        if time.monotonic() - began > ROUND_SECONDS:
            break
        notice = _claim(at)
        if notice is None:
            break
        if _send(notice, words, at):
            sent += 1
        else:
            failed += 1
    return Sent(sent, failed, unsure)


def _give_up_lost(at: datetime) -> int:
    lost = Notice.objects.filter(webhook__isnull=True, state=State.SENDING, begun_at__lt=at - LOST_AFTER)
    return lost.update(state=State.UNSURE, error="died")


@transaction.atomic
def _claim(at: datetime) -> Notice | None:
    """Commits that this one is being sent, before anything leaves the house."""
    notice = (
        Notice.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("incident__rule", "report__pack", "recipient")
        .filter(webhook__isnull=True, state=State.WAITING, due_at__lte=at)
        .order_by("due_at", "id")
        .first()
    )
    if notice is None:
        return None
    notice.state, notice.begun_at, notice.attempts = State.SENDING, at, notice.attempts + 1
    notice.save(update_fields=["state", "begun_at", "attempts"])
    return notice


def _send(notice: Notice, words: Words, at: datetime) -> bool:
    if notice.recipient is None or not notice.recipient.email:
        notice.state, notice.error = State.UNSENT, "no_address"
        notice.save(update_fields=["state", "error"])
        return False
    try:
        subject, text, files = words(notice)
    except SoftTimeLimitExceeded:
        # The round's time is over before anything has left the house: it waits as before.
        notice.state, notice.attempts = State.WAITING, notice.attempts - 1
        notice.save(update_fields=["state", "attempts"])
        raise
    except Exception as error:
        notice.state, notice.error = State.FAILED, f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
        notice.save(update_fields=["state", "error"])
        return False
    try:
        mail = EmailMessage(
            subject,
            text,
            to=[notice.recipient.email],
            # Whoever gets it twice by a mail server's own fault can tell.
            headers={"Message-ID": f"<notice-{notice.pk}@{settings.MAIL_DOMAIN}>"},
        )
        for name, content, kind in files:
            mail.attach(name, content, kind)
        mail.send()
    except REFUSALS as error:
        return _refused(notice, error, at)
    except SoftTimeLimitExceeded:
        # Nobody knows whether it is on its way: it is given up as lost, like that of a worker that died.
        raise
    except Exception as error:
        notice.state, notice.error = State.UNSURE, f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
        notice.save(update_fields=["state", "error"])
        return False
    notice.state, notice.sent_at, notice.error = State.SENT, at, ""
    notice.save(update_fields=["state", "sent_at", "error"])
    return True


def _refused(notice: Notice, error: Exception, at: datetime) -> bool:
    notice.state = State.FAILED if notice.attempts >= MOST_ATTEMPTS else State.WAITING
    notice.due_at = at + FIRST_PAUSE * 2 ** (notice.attempts - 1)
    notice.error = f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
    notice.save(update_fields=["state", "due_at", "error"])
    return False
