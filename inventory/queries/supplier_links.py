"""The link by which a supplier confirms one purchase order without logging in: signed, and over after thirty days.

A later mail ends the links of those before it: send the order once more to take a link back.
"""

from datetime import datetime, timedelta

from django.core import signing
from django.utils.translation import gettext_lazy as _

from config.kernel.errors import Missing
from inventory.models import PurchaseMail

LASTS = timedelta(days=30)
_SALT = "inventory.supplier_confirmation"


class BadLink(Missing):
    """The link was not made here, or its time is over. Which of the two is nobody's business."""

    code = "bad_link"


def token(*, number: str, mail_id: int, at: datetime) -> str:
    """What the link in this mail holds: it opens the confirmation of one purchase order, and nothing else, for thirty days."""
    return signing.dumps({"order": number, "mail": mail_id, "until": int((at + LASTS).timestamp())}, salt=_SALT)


def number_of(*, token: str, at: datetime) -> str:
    """The purchase order that a link is about."""
    try:
        told = signing.loads(token, salt=_SALT)
        number, mail_id, until = str(told["order"]), int(told["mail"]), int(told["until"])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        number, mail_id, until = "", 0, 0
    if at.timestamp() >= until or _later_mail_went_out(number, mail_id):
        raise BadLink(_("This link is not valid any more. Please ask for a new one."))
    return number


def _later_mail_went_out(number: str, mail_id: int) -> bool:
    """Or may have gone out: a link that nobody has yet ends no other."""
    went = [PurchaseMail.State.SENT, PurchaseMail.State.UNSURE]
    return PurchaseMail.objects.filter(purchase_order__number=number, pk__gt=mail_id, state__in=went).exists()
