"""Purchase orders by mail: once, in the supplier's language, with the document; and what becomes of a mail that fails."""

from datetime import datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from config.kernel import pdf
from inventory.models import PurchaseMail, PurchaseOrder
from inventory.operations import purchasing, sending
from inventory.operations.purchase_steps import PurchaseInvalid, TransitionRefused
from inventory.operations.sending import MailImpossible, MailOnItsWay
from inventory.words import purchase_papers
from tests.inventory.operations.papers import a_sent_order, skus

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not pdf.is_there(), reason="documents need the package reportlab"),
]


@pytest.fixture(autouse=True)
def _mails(settings: Any) -> None:
    settings.MAIL_IS_ON = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def asked(order: PurchaseOrder, at: datetime) -> PurchaseMail:
    return sending.mail(number=order.number, actor=None, at=at)


def send(at: datetime) -> sending.Sent:
    return sending.send_due(words=purchase_papers.mail, at=at)


@pytest.mark.parametrize(("language", "words"), [("ko", "발주서"), ("en", "Purchase order")])
def test_the_mail_brings_document_and_link_in_the_suppliers_language(at: datetime, language: str, words: str) -> None:
    order = a_sent_order(at, language=language)
    cup, plate = skus(order)
    due = asked(order, at)

    assert (send(at).sent, send(at).sent) == (1, 0)

    (letter,) = mail.outbox
    assert letter.to == ["orders@dawon.example.com"]
    assert words in letter.subject
    assert order.number in letter.subject
    assert all(text in letter.body for text in (cup, plate, "/confirm/"))
    ((name, content, kind),) = letter.attachments
    assert (name, content[:5], kind) == (f"{order.number}.pdf", b"%PDF-", "application/pdf")
    assert letter.extra_headers["Message-ID"].startswith(f"<purchase-{due.pk}@")
    due.refresh_from_db()
    assert (due.state, due.sent_at) == ("SENT", at)


def test_mailing_an_approved_order_sends_it(at: datetime) -> None:
    order = a_sent_order(at)
    PurchaseOrder.objects.filter(pk=order.pk).update(state="APPROVED", sent_at=None, expected_on=None)

    asked(order, at)

    order.refresh_from_db()
    assert (order.state, order.sent_at) == ("SENT", at)
    assert list(order.timeline.order_by("-id").values_list("kind", flat=True)[:2]) == ["MAILED", "SENT"]


def test_one_mail_is_on_its_way_at_a_time(at: datetime) -> None:
    order = a_sent_order(at)
    asked(order, at)
    with pytest.raises(MailOnItsWay):
        asked(order, at)
    send(at)

    asked(order, at + timedelta(hours=1))

    assert send(at + timedelta(hours=1)).sent == 1


def test_without_server_or_address_it_is_refused_and_nothing_is_sent(at: datetime, settings: Any) -> None:
    with pytest.raises(PurchaseInvalid):
        asked(a_sent_order(at, email=""), at)
    settings.MAIL_IS_ON = False
    with pytest.raises(MailImpossible):
        asked(a_sent_order(at), at)
    assert not PurchaseMail.objects.exists()


def test_what_the_server_refused_is_tried_again_and_given_up_in_the_end(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    due = asked(a_sent_order(at), at)

    def refuse(self: EmailMessage, **more: Any) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailMessage, "send", refuse)
    for attempt in range(sending.MOST_ATTEMPTS):
        due.refresh_from_db()
        assert (due.state, due.attempts) == ("WAITING", attempt)
        assert send(due.due_at).failed == 1
    due.refresh_from_db()
    assert (due.state, send(at + timedelta(days=1)).failed) == ("FAILED", 0)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SMTPDataError(554, b"5.7.1 <orders@dawon.example.com> is not welcome"), "SMTPDataError 554"),
        (
            SMTPRecipientsRefused({"orders@dawon.example.com": (550, b"no orders@dawon.example.com")}),
            "SMTPRecipientsRefused 550",
        ),
        (TimeoutError("orders@dawon.example.com"), "TimeoutError"),
    ],
)
def test_of_an_error_its_kind_and_code_are_kept_and_no_address(
    at: datetime, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    due = asked(a_sent_order(at), at)

    def refuse(self: EmailMessage, **more: Any) -> int:
        raise error

    monkeypatch.setattr(EmailMessage, "send", refuse)
    send(at)

    due.refresh_from_db()
    assert due.error == told


def test_what_nobody_knows_is_never_repeated_by_itself(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    due = asked(a_sent_order(at), at)

    def die(self: EmailMessage, **more: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(EmailMessage, "send", die)
        with pytest.raises(KeyboardInterrupt):
            send(at)
    due.refresh_from_db()
    assert due.state == "SENDING"

    assert send(at + timedelta(minutes=11)).unsure == 1
    due.refresh_from_db()
    assert (due.state, mail.outbox) == ("UNSURE", [])


def test_what_was_canceled_meanwhile_does_not_go_out(at: datetime) -> None:
    order = a_sent_order(at)
    asked(order, at)
    purchasing.cancel(number=order.number, reason="단종", actor=None, at=at)

    assert (send(at).failed, mail.outbox) == (1, [])
    with pytest.raises(TransitionRefused):
        asked(order, at)
