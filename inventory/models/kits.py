"""Sets that are sold under one SKU and lie on the shelf as their parts."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from inventory.models.catalog import Variant


class KitPart(models.Model):
    """So many units of a part lie in each unit of the kit. A SKU with parts is a kit and has no stock of its own."""

    kit = models.ForeignKey(Variant, models.CASCADE, related_name="parts", db_index=False, verbose_name=_("kit"))
    part = models.ForeignKey(Variant, models.PROTECT, related_name="kits", verbose_name=_("part"))
    quantity = models.PositiveSmallIntegerField(_("units in each"))

    class Meta:
        verbose_name = _("part of a kit")
        verbose_name_plural = _("parts of kits")
        constraints = [
            models.UniqueConstraint(fields=["kit", "part"], name="kit_part_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0) & ~Q(kit=F("part")), name="kit_part_makes_sense"),
        ]

    def __str__(self) -> str:
        return f"{self.kit_id}: {self.quantity} x {self.part_id}"
