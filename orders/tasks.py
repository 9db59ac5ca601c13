"""Background jobs of orders; each is one operation."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from config.kernel.jobs import Done, job
from orders.operations import canceling, importing


class OrdersStuck(Exception):
    """Unpaid orders that could not expire still hold stock; the first are named."""


@job(name="orders.expire_unpaid", title=_("Expire unpaid orders"), seconds=50)
def expire_unpaid(*, at: datetime) -> Done:
    done = canceling.expire_due(at=at)
    if done.stuck:
        raise OrdersStuck(f"{done.expired} expired, {len(done.stuck)} could not: {', '.join(done.stuck[:20])}")
    return Done(rows=done.expired, summary={"expired": done.expired} | ({"left": done.left} if done.left else {}))


@job(name=importing.JOB, title=_("Import an old shop's history"), seconds=1800, queue="slow")
def import_history(*, at: datetime, run: int) -> Done:
    done = importing.perform_requested(run_id=run, at=at)
    return Done(rows=done.rows_imported, summary={"state": done.state, "read": done.rows_read})


@job(name="orders.tidy_imports", title=_("Tidy imports of history"), seconds=300)
def tidy_imports(*, at: datetime) -> Done:
    done = importing.tidy(at=at)
    return Done(rows=sum(done.values()), summary=done)
