"""Background jobs of orders; each is one operation."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from config.kernel.jobs import Done, job
from orders.operations import canceling


@job(name="orders.expire_unpaid", title=_("Expire unpaid orders"), seconds=50)
def expire_unpaid(*, at: datetime) -> Done:
    done = canceling.expire_due(at=at)
    return Done(rows=done.expired, summary={"expired": done.expired, "failed": done.failed})
