"""What staff decided about goods that lie too long."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inventory.models.catalog import Variant
from inventory.models.stock import Warehouse


class ExcessDismissal(models.Model):
    """A suggestion for goods that lie too long was turned down. It stays away until the excess has grown by half."""

    append_only = True

    variant = models.ForeignKey(Variant, models.PROTECT, related_name="+", verbose_name=_("SKU"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    action = models.CharField(pgettext_lazy("excess", "suggestion"), max_length=20)
    units = models.PositiveIntegerField(_("units"))
    reason = models.CharField(_("reason"), max_length=200)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    dismissed_at = models.DateTimeField(_("dismissed at"))

    class Meta:
        verbose_name = _("dismissed suggestion")
        verbose_name_plural = _("dismissed suggestions")
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="excess_dismissal_says_why")]
        indexes = [models.Index(fields=["variant", "warehouse", "-id"], name="excess_dismissal_by_place")]

    def __str__(self) -> str:
        return f"{self.variant_id}@{self.warehouse_id}: {self.action}"
