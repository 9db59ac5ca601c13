"""The link by which a supplier confirms one purchase order without logging in: signed, and over after thirty days."""

from datetime import datetime, timedelta

from django.core import signing
from django.utils.translation import gettext_lazy as _

from config.kernel.errors import Missing

LASTS = timedelta(days=30)
_SALT = "inventory.supplier_confirmation"


class BadLink(Missing):
    """The link was not made here, or its time is over. Which of the two is nobody's business."""

    code = "bad_link"


def token(*, number: str, at: datetime) -> str:
    """What a supplier's link holds: it opens the confirmation of one purchase order, and nothing else, for thirty days."""
    return signing.dumps({"order": number, "until": int((at + LASTS).timestamp())}, salt=_SALT)


def number_of(*, token: str, at: datetime) -> str:
    """The purchase order that a link is about."""
    try:
        told = signing.loads(token, salt=_SALT)
        number, until = str(told["order"]), int(told["until"])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        number, until = "", 0
    if at.timestamp() >= until:
        raise BadLink(_("This link is not valid any more. Please ask for a new one."))
    return number
