"""Up to what value one person corrects stock alone: as far as a count is posted without somebody who approves it."""

from decimal import Decimal

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from inventory.operations.stock import CorrectionBeyondLimit

MAY_DECIDE = ("inventory.approve_stockcount", "inventory.approve_large_stockcount")


def of(request: HttpRequest) -> Decimal | None:
    """The limit of counts, for whoever approves no counts."""
    return None if any(request.user.has_perm(one) for one in MAY_DECIDE) else settings.STOCK_COUNT_LIMIT


def require(request: HttpRequest, value: Decimal) -> None:
    """Refuses a loss worth more at cost than the limit."""
    limit = of(request)
    if limit is not None and value > limit:
        raise CorrectionBeyondLimit(
            _("The correction is worth more than you may decide on alone. Count the SKU: somebody else approves what differs.")
        )
