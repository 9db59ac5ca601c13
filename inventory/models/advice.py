"""What somebody above expects to be sold: advice that the replenishment follows while it is fresh."""

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inventory.models.catalog import Variant
from inventory.models.stock import Warehouse


class DemandAdvice(models.Model):
    """Demand expected of one SKU in one warehouse; the latest advice only. `daily` begins with the day after `origin`.

    Inventory knows neither how it was made nor by whom; `explanation` is kept for people to read.
    """

    variant = models.ForeignKey(Variant, models.PROTECT, db_index=False, related_name="advice", verbose_name=_("SKU"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="advice", verbose_name=_("warehouse"))
    origin = models.DateField(_("known up to"), help_text=_("The last day that was known when the advice was made."))
    daily = ArrayField(models.FloatField(), verbose_name=_("units expected on each day"))
    dispersion = models.FloatField(_("variance to mean"), default=1.0)
    doubt = models.FloatField(
        _("doubt"),
        default=0.0,
        help_text=_("Relative standard deviation of the level as a whole: all days right or wrong together."),
    )
    method = models.CharField(pgettext_lazy("forecast", "method"), max_length=60)
    valid_until = models.DateField(_("valid until"))
    applied_at = models.DateTimeField(_("applied at"))
    explanation = models.JSONField(_("explanation"), default=dict, blank=True, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = _("demand advice")
        verbose_name_plural = _("demand advice")
        constraints = [
            models.UniqueConstraint(fields=["variant", "warehouse"], name="demand_advice_once"),
            models.CheckConstraint(
                condition=Q(dispersion__gte=1, doubt__gte=0) & Q(daily__len__gt=0) & Q(valid_until__gt=F("origin")),
                name="demand_advice_makes_sense",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id}@{self.warehouse_id}: {self.origin}"
