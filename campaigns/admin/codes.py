"""What the codes in campaigns' events and in the runs of its jobs are called."""

from django.utils.translation import pgettext_lazy

from config.kernel.admin import codes

codes.declare(
    topics={
        "campaigns.promotion_started": pgettext_lazy("event", "Promotion started"),
        "campaigns.promotion_ended": pgettext_lazy("event", "Promotion ended"),
    },
    names={
        "promotion_id": pgettext_lazy("fact", "internal number of the promotion"),
        "started": pgettext_lazy("fact", "promotions started"),
        "ended": pgettext_lazy("fact", "promotions ended"),
    },
    tells={"promotion_id": str},
)
