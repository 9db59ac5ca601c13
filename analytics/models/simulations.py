"""What staff asked the simulator of purchasing, and what it answered. See docs/algorithms/stocking.md."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.kernel.fields import MoneyAmountField
from inventory.models import Category, Warehouse


class Simulation(models.Model):
    """One question: what would the shop's past have cost with this service level, this lead time and these costs.

    `today` is what the shop reckoned with when it was asked, and what the answer is held against. `result` is the answer as the
    simulator told it (analytics/simulation/what_if.py), empty until then.
    """

    class State(models.TextChoices):
        REQUESTED = "REQUESTED", pgettext_lazy("simulation", "being played")  # a worker plays it, or will
        DONE = "DONE", pgettext_lazy("simulation", "answered")  # the answer is there
        FAILED = "FAILED", pgettext_lazy("simulation", "no answer")  # `failure` says why

    class Fed(models.TextChoices):
        SALES = "SALES", _("what was sold")  # as in life: what was asked for and not there is never known
        DEMAND = "DEMAND", _("all that was wanted")  # as if every lost sale had been written down

    class Failure(models.TextChoices):
        EXTRA = "EXTRA", _('The extra "forecast" is not installed on the workers (pip install "backoffice[forecast]").')
        # fewer SKUs with a past than tell anything
        HISTORY = (
            "HISTORY",
            _("No SKU of this choice sold often enough in this time to be played. Choose more goods or more days."),
        )
        BROKEN = "BROKEN", _("The run broke off. The list of job runs tells more.")  # an error, or out of time
        LOST = "LOST", _("No worker has finished the run within a day.")

    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked at"))
    service_level = models.DecimalField(
        _("service level"), max_digits=5, decimal_places=4, null=True, blank=True,
        help_text=_("Empty: whatever the costs ask for, SKU by SKU."),
    )  # fmt: skip
    lead_days = models.PositiveSmallIntegerField(_("lead time in days"))
    order_cost = MoneyAmountField(_("cost for each order line"))
    holding_rate = models.DecimalField(_("holding rate"), max_digits=5, decimal_places=4)
    fed = models.CharField(pgettext_lazy("simulation", "learned from"), max_length=6, choices=Fed.choices, default=Fed.SALES)
    first = models.DateField(_("first day played"))
    last = models.DateField(_("last day played"))
    category = models.ForeignKey(Category, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("category"))
    warehouse = models.ForeignKey(
        Warehouse, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("warehouse")
    )
    abc = models.CharField(_("turnover class"), max_length=1, blank=True)
    today: "models.JSONField[dict[str, Any]]" = models.JSONField(_("today's terms"), default=dict)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.REQUESTED)
    failure = models.CharField(_("why not"), max_length=7, choices=Failure.choices, blank=True)
    result: "models.JSONField[dict[str, Any]]" = models.JSONField(_("answer"), default=dict)
    ran_at = models.DateTimeField(_("played at"), null=True, blank=True)
    seconds = models.FloatField(_("seconds"), null=True, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "what-if simulation")
        verbose_name_plural = pgettext_lazy("model", "what-if simulations")
        constraints = [
            models.CheckConstraint(
                condition=Q(state="REQUESTED", ran_at=None, failure="")
                | Q(state="DONE", ran_at__isnull=False, failure="")
                | Q(state="FAILED", ran_at__isnull=False) & ~Q(failure=""),
                name="simulation_state_known",
            ),
            models.CheckConstraint(
                condition=Q(last__gt=models.F("first"), lead_days__gte=1, holding_rate__gt=0, order_cost__gte=0)
                & Q(abc__in=["", "A", "B", "C"], fed__in=["SALES", "DEMAND"])
                & (Q(service_level=None) | Q(service_level__gte="0.5", service_level__lt=1)),
                name="simulation_makes_sense",
            ),
        ]
        indexes = [models.Index(fields=["-asked_at", "-id"], name="simulation_newest")]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M}"
