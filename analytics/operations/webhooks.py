"""Webhooks: where incidents are posted to, and the sending of what the ledger of notices holds for them.

A notice is written with what it tells. Its body is made when it is first sent and is the same each time it is sent again. What
was taken (a status of 2xx, recorded) is never sent again; anything else is, with growing pauses, so that a receiver may get it
more than once and tells it by the id of the delivery, which stays the same.

A webhook that does not take something is left alone for the rest of the round, and as long as its failing rounds in a row say.
After `FAILURES` of them it is paused; then one message is tried each hour, and when that is taken the webhook goes on.
"""

import json
import secrets
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType
from uuid import uuid4

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from analytics.models import Incident, Notice, Webhook
from analytics.signatures import signature
from analytics.transport import posting
from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 8
# Pauses after failures: 1, 2, 4, ... 64 minutes, of a message as of a webhook.
FIRST_PAUSE = timedelta(minutes=1)
LOST_AFTER = timedelta(minutes=10)
# Rounds in a row in which it took nothing, or did not take something before anything else.
FAILURES = 5
# One that was paused for failures is tried with one message so often.
TRIED_EACH = timedelta(hours=1)
# What failed for good is taken up again when somebody resumes the webhook. Older news than that is not sent any more.
TAKEN_UP_FOR = timedelta(days=3)
TOO_OLD = "too_old"
# No fault of the receiver's, and no better the next time.
OURS = frozenset({"too_long", "bad_url", "not_https", "private_address"})
# A round ends after so long, so that the job that sends stays within its time.
ROUND_SECONDS = 120.0

State = Notice.State
# Makes the body of a notice.
Told = Callable[[Notice], str]
# An address that the resolver was asked about, outside of any transaction.
Checked = NewType("Checked", str)


class BadWebhook(Invalid):
    code = "bad_webhook"


class WebhookTaken(Conflict):
    code = "webhook_name_taken"


class UnknownWebhook(Missing):
    code = "unknown_webhook"


@dataclass(frozen=True)
class Posted:
    taken: int = 0
    failed: int = 0
    paused: int = 0


def check_url(url: str) -> Checked:
    """Raises `BadWebhook` where nothing may be sent to. Speaks with the resolver: to be called while no transaction is open."""
    try:
        posting.checked(url)
    except posting.Unfit as refusal:
        raise BadWebhook(_refusal(refusal.why), details={"field": "url", "reason": refusal.why}) from None
    return Checked(url)


@transaction.atomic
def add(*, name: str, url: Checked, at: datetime) -> Webhook:
    """With a secret of its own."""
    with _one_of_a_name():
        return Webhook.objects.create(name=name, url=url, secret=_secret(), created_at=at)


@transaction.atomic
def change(*, webhook_id: int, name: str, url: Checked | None, actor: User | None) -> Webhook:
    """Its secret and what waits for it stay, and its address where no other is given."""
    webhook = _locked(webhook_id)
    webhook.name, webhook.url = name, webhook.url if url is None else url
    with _one_of_a_name():
        webhook.save(update_fields=["name", "url"])
    log.info("webhook_changed", webhook=webhook_id, actor=actor.pk if actor else None)
    return webhook


@transaction.atomic
def renew_secret(*, webhook_id: int, actor: User | None) -> Webhook:
    """From now on everything is signed with another one, also what waits."""
    webhook = _locked(webhook_id)
    webhook.secret = _secret()
    webhook.save(update_fields=["secret"])
    log.info("webhook_secret_renewed", webhook=webhook_id, actor=actor.pk if actor else None)
    return webhook


@transaction.atomic
def pause(*, webhook_id: int, actor: User | None, at: datetime) -> Webhook:
    """What is to be told waits until it is resumed."""
    webhook = _locked(webhook_id)
    if webhook.paused_because != Webhook.Pause.STAFF:
        _pause(webhook, Webhook.Pause.STAFF, at)
        log.info("webhook_paused", webhook=webhook_id, actor=actor.pk if actor else None)
    return webhook


@transaction.atomic
def resume(*, webhook_id: int, actor: User | None, at: datetime) -> Webhook:
    """What waits is sent, and what failed lately is taken up again; what is older than `TAKEN_UP_FOR` is not."""
    webhook = _locked(webhook_id)
    _go_on(webhook)
    lately = Notice.objects.filter(webhook=webhook, state=State.FAILED, told_at__gte=at - TAKEN_UP_FOR)
    lately.update(state=State.WAITING, attempts=0, due_at=at)
    Notice.objects.filter(webhook=webhook, state=State.WAITING, due_at__gt=at).update(due_at=at)
    log.info("webhook_resumed", webhook=webhook_id, actor=actor.pk if actor else None)
    return webhook


def ping(*, webhook_id: int, at: datetime) -> posting.Answer:
    """Sends a test that tells of nothing, and says what came back. It neither pauses nor resumes. To be called while no
    transaction is open.
    """
    webhook = Webhook.objects.filter(pk=webhook_id).first()
    if webhook is None:
        raise UnknownWebhook(_("There is no such webhook."))
    delivery = str(uuid4())
    answer = _post(webhook, delivery, json.dumps({"version": 1, "delivery": delivery, "occasion": "TEST"}), at)
    _record(Webhook.objects.filter(pk=webhook_id), answer, at)
    return answer


def tell(*, incident: Incident, occasion: str, at: datetime) -> None:
    """Writes a notice for each webhook of the incident's rule, in the present transaction; each occasion once."""
    Notice.objects.bulk_create(
        [
            Notice(
                occasion=occasion,
                incident=incident,
                webhook=one,
                delivery=uuid4(),
                told_at=at,
                why="webhook",
                due_at=at,
            )
            for one in incident.rule.webhooks.order_by("pk")
        ],
        ignore_conflicts=True,
    )


def send_due(*, told: Told, at: datetime, most: int = 500) -> Posted:
    """Sends what is due, each by itself, and no more to a webhook that did not take something."""
    to_webhooks = Notice.objects.filter(webhook__isnull=False)
    # Nobody knows whether a lost one arrived: it is sent again, under the same id.
    lost = to_webhooks.filter(state=State.SENDING, begun_at__lt=at - LOST_AFTER)
    lost.update(state=State.WAITING, error="died")
    too_old = to_webhooks.filter(state=State.WAITING, told_at__lt=at - TAKEN_UP_FOR)
    too_old.update(state=State.FAILED, error=TOO_OLD)
    taken = failed = paused = 0
    over: set[int] = set()
    began = time.monotonic()
    for _turn in range(most):
        if time.monotonic() - began > ROUND_SECONDS:
            break
        notice = _claim(told, at, over)
        if notice is None:
            break
        if notice.state != State.SENDING:
            failed += notice.state == State.FAILED
            continue
        webhook = notice.webhook
        assert webhook is not None  # noqa: S101  the claim asks for it
        answer = _post(webhook, str(notice.delivery), notice.body, at)
        is_paused = _settle(notice, answer, at)
        if not answer.is_taken and answer.error not in OURS:
            over.add(webhook.pk)
        taken, failed, paused = taken + answer.is_taken, failed + (not answer.is_taken), paused + is_paused
    return Posted(taken, failed, paused)


def _next(at: datetime, over: Collection[int]) -> Notice | None:
    """What is sent next, held so that nobody else sends it."""
    may = Q(webhook__paused_because="") & (Q(webhook__next_at=None) | Q(webhook__next_at__lte=at))
    may |= Q(webhook__paused_because=Webhook.Pause.FAILURES, webhook__next_at__lte=at)
    return (
        Notice.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("incident__rule", "webhook")
        .filter(may, webhook__isnull=False, state=State.WAITING, due_at__lte=at)
        .exclude(webhook__in=over)
        .order_by("due_at", "id")
        .first()
    )


@transaction.atomic
def _claim(told: Told, at: datetime, over: set[int]) -> Notice | None:
    """Commits that this one is being sent. One whose body cannot be made fails and comes back as that; one whose webhook others
    are trying comes back as it waits, and its webhook is over for this round.
    """
    notice = _next(at, over)
    if notice is None:
        return None
    if notice.webhook is not None and notice.webhook.paused_because and not _may_try(notice.webhook, at):
        over.add(notice.webhook.pk)
        return notice
    notice.state, notice.begun_at, notice.attempts = State.SENDING, at, notice.attempts + 1
    if not notice.body:
        try:
            notice.body = told(notice)
        except SoftTimeLimitExceeded:
            # The round's time is over, which is no fault of this notice: it waits as before.
            raise
        except Exception as error:
            notice.state, notice.error = State.FAILED, f"{type(error).__name__}: {error}"[:300]
    notice.save(update_fields=["state", "begun_at", "attempts", "body", "error"])
    return notice


def _may_try(webhook: Webhook, at: datetime) -> bool:
    """Takes the one turn of the hour of a paused webhook. Waits for nobody, since whoever resumes it waits for its notices."""
    turn = Webhook.objects.select_for_update(skip_locked=True, no_key=True).filter(
        pk=webhook.pk, paused_because=Webhook.Pause.FAILURES, next_at__lte=at
    )
    held = turn.first()
    if held is None:
        return False
    held.next_at = at + TRIED_EACH
    held.save(update_fields=["next_at"])
    return True


def _post(webhook: Webhook, delivery: str, body: str, at: datetime) -> posting.Answer:
    content, timestamp = body.encode(), int(at.timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "backoffice-webhook/1",
        "Webhook-Delivery": delivery,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": signature(webhook.secret, timestamp, content),
    }
    return posting.post(webhook.url, content, headers)


@transaction.atomic
def _settle(sent: Notice, answer: posting.Answer, at: datetime) -> bool:
    """Records what came back, and whether the webhook is paused for it."""
    webhook = _locked(sent.webhook_id or 0)
    notice = Notice.objects.select_for_update(no_key=True).get(pk=sent.pk)
    _record(Webhook.objects.filter(pk=webhook.pk), answer, at)
    if answer.is_taken:
        notice.state, notice.sent_at, notice.error = State.SENT, at, ""
        notice.save(update_fields=["state", "sent_at", "error"])
        if webhook.paused_because != Webhook.Pause.STAFF:
            if webhook.paused_at is not None:
                log.info("webhook_goes_on", webhook=webhook.pk)
            _go_on(webhook)
        return False
    is_ours = answer.error in OURS
    if notice.state == State.SENDING and notice.attempts == sent.attempts:
        # Whoever was thought dead has nothing to say about the attempt of another. While nothing is taken at all, it is not
        # the message that fails.
        is_over = is_ours or (notice.attempts >= MOST_ATTEMPTS and webhook.paused_at is None)
        notice.state = State.FAILED if is_over else State.WAITING
        notice.due_at = at + _pause_after(notice.attempts)
        notice.error = answer.error
        notice.save(update_fields=["state", "due_at", "error"])
    if is_ours or webhook.paused_at is not None or (webhook.next_at is not None and webhook.next_at > at):
        # Not the receiver's, told already, or counted by another worker of this round.
        return False
    webhook.failures += 1
    webhook.next_at = at + _pause_after(webhook.failures)
    webhook.save(update_fields=["failures", "next_at"])
    if webhook.failures < FAILURES:
        return False
    _pause(webhook, Webhook.Pause.FAILURES, at, next_at=at + TRIED_EACH)
    log.warning("webhook_paused", webhook=webhook.pk, error=answer.error)
    return True


def _pause_after(failures: int) -> timedelta:
    return FIRST_PAUSE * (1 << min(failures - 1, MOST_ATTEMPTS - 2))


def _record(webhooks: QuerySet[Webhook], answer: posting.Answer, at: datetime) -> None:
    webhooks.update(tried_at=at, last_error=answer.error, **({"taken_at": at} if answer.is_taken else {}))


def _pause(webhook: Webhook, because: Webhook.Pause, at: datetime, *, next_at: datetime | None = None) -> None:
    webhook.paused_at, webhook.paused_because, webhook.next_at = at, because, next_at
    webhook.save(update_fields=["paused_at", "paused_because", "next_at"])


def _go_on(webhook: Webhook) -> None:
    webhook.paused_at, webhook.paused_because, webhook.failures, webhook.next_at = None, "", 0, None
    webhook.save(update_fields=["paused_at", "paused_because", "failures", "next_at"])


@contextmanager
def _one_of_a_name() -> Iterator[None]:
    """Two who take the same name at once are told apart by the database."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise WebhookTaken(_("There is a webhook of this name."), details={"field": "name"}) from error


def _locked(webhook_id: int) -> Webhook:
    webhook = Webhook.objects.select_for_update(no_key=True).filter(pk=webhook_id).first()
    if webhook is None:
        raise UnknownWebhook(_("There is no such webhook."))
    return webhook


def _secret() -> str:
    return secrets.token_urlsafe(32)


def _refusal(why: str) -> str:
    return {
        "not_https": _("The address must begin with https://."),
        "private_address": _("The address leads into a network that is not public. Nothing is sent there."),
        "unresolved": _("This name is not known on the internet at present."),
    }.get(why, _("This is no address that can be posted to: write it as https://host/path, without a user name."))
