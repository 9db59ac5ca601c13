"""Purchase orders that go to the supplier by mail: asked for with the step in one transaction, sent once or not at all.

Before a worker speaks with the mail server it commits that it does. If it dies then, nobody knows whether the mail went out: it
is marked as unsure and shown as such, and is not repeated by itself. Only what the mail server refused is tried again.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from smtplib import SMTPNotSupportedError, SMTPRecipientsRefused, SMTPResponseException
from socket import gaierror

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.kernel.errors import Conflict
from config.kernel.models import User
from inventory.lifecycle import Step
from inventory.models import PurchaseMail, PurchaseOrder
from inventory.operations import purchase_steps, purchasing
from inventory.operations.purchase_steps import PurchaseInvalid

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

State = PurchaseMail.State
# Makes the mail: subject, text, and files as name, bytes and kind.
Worded = tuple[str, str, Sequence[tuple[str, bytes, str]]]
Words = Callable[[PurchaseMail, datetime], Worded]


class MailImpossible(Conflict):
    """The shop has no mail server."""

    code = "mail_impossible"


class MailOnItsWay(Conflict):
    """A mail with this purchase order waits to be sent."""

    code = "mail_on_its_way"


@dataclass(frozen=True)
class Sent:
    sent: int = 0
    failed: int = 0
    unsure: int = 0


@transaction.atomic
def mail(*, number: str, actor: User | None, at: datetime, expected_on: date | None = None) -> PurchaseMail:
    """Asks for a mail to the supplier. An approved purchase order counts as sent from now on; a sent one goes out once more."""
    order = purchase_steps.locked(number, Step.MAILED)
    if not settings.MAIL_IS_ON:
        raise MailImpossible(_("No mail server is set up. Download the document and send it yourself."))
    if not order.supplier.email:
        raise PurchaseInvalid(
            _("%(supplier)s has no email address.") % {"supplier": order.supplier.name}, details={"field": "supplier"}
        )
    if PurchaseMail.objects.filter(purchase_order=order, state__in=[State.WAITING, State.SENDING]).exists():
        raise MailOnItsWay(_("A mail with this purchase order is on its way already."))
    if order.state == PurchaseOrder.State.APPROVED:
        purchasing.send(number=number, actor=actor, at=at, expected_on=expected_on)
    made = PurchaseMail.objects.create(
        purchase_order=order, address=order.supplier.email, language=order.supplier.language, due_at=at, actor=actor
    )
    purchase_steps.tell(order, Step.MAILED, actor, at, details={"language": made.language})
    return made


def send_due(*, words: Words, at: datetime, most: int = 200) -> Sent:
    """Sends what is due, each by itself. `words` makes the mail, in the language it is to be read in."""
    unsure = PurchaseMail.objects.filter(state=State.SENDING, begun_at__lt=at - LOST_AFTER).update(
        state=State.UNSURE, error="died"
    )
    sent = failed = 0
    began = time.monotonic()
    for _turn in range(most):
        if time.monotonic() - began > ROUND_SECONDS:
            break
        due = _claim(at)
        if due is None:
            break
        if _send(due, words, at):
            sent += 1
        else:
            failed += 1
    return Sent(sent, failed, unsure)


@transaction.atomic
def _claim(at: datetime) -> PurchaseMail | None:
    """Commits that this one is being sent, before anything leaves the house."""
    due = (
        PurchaseMail.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("purchase_order__supplier", "purchase_order__warehouse")
        .filter(state=State.WAITING, due_at__lte=at)
        .order_by("due_at", "id")
        .first()
    )
    if due is None:
        return None
    due.state, due.begun_at, due.attempts = State.SENDING, at, due.attempts + 1
    due.save(update_fields=["state", "begun_at", "attempts"])
    return due


def _send(due: PurchaseMail, words: Words, at: datetime) -> bool:
    if due.purchase_order.state == PurchaseOrder.State.CANCELED:
        return _end(due, State.FAILED, "canceled")
    try:
        subject, text, files = words(due, at)
    except SoftTimeLimitExceeded:
        # The round's time is over before anything has left the house: it waits as before.
        due.state, due.attempts = State.WAITING, due.attempts - 1
        due.save(update_fields=["state", "attempts"])
        raise
    except Exception as error:
        return _end(due, State.FAILED, _told(error))
    try:
        letter = EmailMessage(
            subject,
            text,
            to=[due.address],
            # Whoever gets it twice by a mail server's own fault can tell.
            headers={"Message-ID": f"<purchase-{due.pk}@{settings.MAIL_DOMAIN}>"},
        )
        for name, content, kind in files:
            letter.attach(name, content, kind)
        letter.send()
    except REFUSALS as error:
        due.due_at = at + FIRST_PAUSE * 2 ** (due.attempts - 1)
        return _end(due, State.FAILED if due.attempts >= MOST_ATTEMPTS else State.WAITING, _told(error))
    except SoftTimeLimitExceeded:
        # Nobody knows whether it is on its way: it is given up as lost, like that of a worker that died.
        raise
    except Exception as error:
        return _end(due, State.UNSURE, _told(error))
    due.sent_at = at
    _end(due, State.SENT, "")
    return True


def _told(error: Exception) -> str:
    """What kind of error it was, and its codes. The mail server's own words name addresses: they are not kept."""
    codes: list[int] = []
    if isinstance(error, SMTPResponseException):
        codes = [error.smtp_code]
    elif isinstance(error, SMTPRecipientsRefused):
        codes = sorted({code for code, _words in error.recipients.values()})
    elif isinstance(error, OSError) and error.errno is not None:
        codes = [error.errno]
    return " ".join([type(error).__name__, *map(str, codes)])[:LONGEST_ERROR]


def _end(due: PurchaseMail, state: PurchaseMail.State, error: str) -> bool:
    due.state, due.error = state, error
    due.save(update_fields=["state", "error", "due_at", "sent_at"])
    return False
