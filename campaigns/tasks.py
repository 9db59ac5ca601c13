"""The background work of campaigns."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from campaigns.operations import occurrences
from config.kernel.jobs import Done, job


@job(name="campaigns.settle_promotions", title=_("Start and end promotions"), seconds=120)
def settle_promotions(*, at: datetime) -> Done:
    done = occurrences.settle_due(at=at)
    return Done(rows=done.started + done.ended, summary={"started": done.started, "ended": done.ended})
