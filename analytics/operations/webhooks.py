"""Webhooks: where incidents are posted to, and the sending of what the ledger of notices holds for them.

A notice is written with what it tells. Its body is made when it is first sent and is the same each time it is sent again. What
was taken (a status of 2xx, recorded) is never sent again; anything else is, with growing pauses, so that a receiver may get it
more than once and tells it by the id of the delivery, which stays the same. After `FAILURES` in a row the webhook is paused.
"""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from analytics.models import Incident, Notice, Webhook
from analytics.signatures import signature
from analytics.transport import posting
from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 8
# Pauses after failures: 1, 2, 4, ... 64 minutes.
FIRST_PAUSE = timedelta(minutes=1)
LOST_AFTER = timedelta(minutes=10)
FAILURES = 5
# What failed for good is taken up again when somebody resumes the webhook, unless it is older news than that.
TAKEN_UP_FOR = timedelta(days=3)
# A round ends after so long, so that the job that sends stays within its time.
ROUND_SECONDS = 120.0

State = Notice.State
# Makes the body of a notice.
Told = Callable[[Notice], str]


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


def check_url(url: str) -> str:
    """Raises `BadWebhook` where nothing may be sent to."""
    try:
        posting.checked(url)
    except posting.Unfit as refusal:
        raise BadWebhook(_refusal(refusal.why), details={"field": "url", "reason": refusal.why}) from None
    return url


def add(*, name: str, url: str, at: datetime) -> Webhook:
    """With a secret of its own. Speaks with the resolver, so no transaction is open meanwhile."""
    check_url(url)
    with transaction.atomic():
        if Webhook.objects.filter(name=name).exists():
            raise WebhookTaken(_("There is a webhook of this name."), details={"field": "name"})
        return Webhook.objects.create(name=name, url=url, secret=_secret(), created_at=at)


def change(*, webhook_id: int, name: str, url: str, actor: User | None) -> Webhook:
    """Its secret and what waits for it stay."""
    check_url(url)
    with transaction.atomic():
        webhook = _locked(webhook_id)
        if Webhook.objects.filter(name=name).exclude(pk=webhook_id).exists():
            raise WebhookTaken(_("There is a webhook of this name."), details={"field": "name"})
        webhook.name, webhook.url = name, url
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
    if webhook.paused_at is None:
        _pause(webhook, Webhook.Pause.STAFF, at)
        log.info("webhook_paused", webhook=webhook_id, actor=actor.pk if actor else None)
    return webhook


@transaction.atomic
def resume(*, webhook_id: int, actor: User | None, at: datetime) -> Webhook:
    """What waits is sent, and what failed lately is taken up again."""
    webhook = _locked(webhook_id)
    webhook.paused_at, webhook.paused_because, webhook.failures = None, "", 0
    webhook.save(update_fields=["paused_at", "paused_because", "failures"])
    lately = Notice.objects.filter(webhook=webhook, state=State.FAILED, begun_at__gte=at - TAKEN_UP_FOR)
    lately.update(state=State.WAITING, attempts=0, due_at=at)
    Notice.objects.filter(webhook=webhook, state=State.WAITING, due_at__gt=at).update(due_at=at)
    log.info("webhook_resumed", webhook=webhook_id, actor=actor.pk if actor else None)
    return webhook


def ping(*, webhook_id: int, at: datetime) -> posting.Answer:
    """Sends a test that tells of nothing, and says what came back. It neither pauses nor resumes."""
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
            Notice(occasion=occasion, incident=incident, webhook=one, delivery=uuid4(), why="webhook", due_at=at)
            for one in incident.rule.webhooks.order_by("pk")
        ],
        ignore_conflicts=True,
    )


def send_due(*, told: Told, at: datetime, most: int = 500) -> Posted:
    """Sends what is due to webhooks that are not paused, each by itself."""
    # Nobody knows whether a lost one arrived: it is sent again, under the same id.
    lost = Notice.objects.filter(webhook__isnull=False, state=State.SENDING, begun_at__lt=at - LOST_AFTER)
    lost.update(state=State.WAITING, error="died")
    taken = failed = paused = 0
    began = time.monotonic()
    for _turn in range(most):
        if time.monotonic() - began > ROUND_SECONDS:
            break
        notice = _claim(told, at)
        if notice is None:
            break
        if not notice.body:
            failed += 1
            continue
        webhook = notice.webhook
        assert webhook is not None  # noqa: S101  the claim asks for it
        answer = _post(webhook, str(notice.delivery), notice.body, at)
        is_paused = _settle(notice, answer, at)
        taken, failed, paused = taken + answer.is_taken, failed + (not answer.is_taken), paused + is_paused
    return Posted(taken, failed, paused)


@transaction.atomic
def _claim(told: Told, at: datetime) -> Notice | None:
    """Commits that this one is being sent. One whose body cannot be made fails and comes back without."""
    notice = (
        Notice.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("incident__rule", "webhook")
        .filter(webhook__isnull=False, webhook__paused_at__isnull=True, state=State.WAITING, due_at__lte=at)
        .order_by("due_at", "id")
        .first()
    )
    if notice is None:
        return None
    notice.state, notice.begun_at, notice.attempts = State.SENDING, at, notice.attempts + 1
    if not notice.body:
        try:
            notice.body = told(notice)
        except Exception as error:
            notice.state, notice.error = State.FAILED, f"{type(error).__name__}: {error}"[:300]
    notice.save(update_fields=["state", "begun_at", "attempts", "body", "error"])
    return notice


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
        Webhook.objects.filter(pk=webhook.pk).update(failures=0)
        return False
    if notice.state == State.SENDING and notice.attempts == sent.attempts:
        # Whoever was thought dead has nothing to say about the attempt of another.
        notice.state = State.FAILED if notice.attempts >= MOST_ATTEMPTS else State.WAITING
        notice.due_at = at + FIRST_PAUSE * 2 ** min(notice.attempts - 1, MOST_ATTEMPTS)
        notice.error = answer.error
        notice.save(update_fields=["state", "due_at", "error"])
    webhook.failures += 1
    webhook.save(update_fields=["failures"])
    if webhook.failures < FAILURES or webhook.paused_at is not None:
        return False
    _pause(webhook, Webhook.Pause.FAILURES, at)
    log.warning("webhook_paused", webhook=webhook.pk, error=answer.error)
    return True


def _record(webhooks: QuerySet[Webhook], answer: posting.Answer, at: datetime) -> None:
    webhooks.update(tried_at=at, last_error=answer.error, **({"taken_at": at} if answer.is_taken else {}))


def _pause(webhook: Webhook, because: Webhook.Pause, at: datetime) -> None:
    webhook.paused_at, webhook.paused_because = at, because
    webhook.save(update_fields=["paused_at", "paused_because"])


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
