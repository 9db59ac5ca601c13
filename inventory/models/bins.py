"""Bins: where in a warehouse a SKU has its place. They lead people to it; units are counted by warehouse, never by bin."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inventory.models.catalog import Variant
from inventory.models.stock import Warehouse


class Bin(models.Model):
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="bins", verbose_name=_("warehouse"))
    code = models.CharField(
        pgettext_lazy("bin", "code"),
        max_length=20,
        help_text=_("As written on the shelf, such as A-03-2: aisle, rack, level. People walk in the order of the codes."),
    )
    note = models.CharField(_("note"), max_length=100, blank=True)
    is_active = models.BooleanField(pgettext_lazy("bin", "in use"), default=True)

    class Meta:
        verbose_name = pgettext_lazy("warehouse", "bin")
        verbose_name_plural = pgettext_lazy("warehouse", "bins")
        constraints = [
            models.UniqueConstraint(
                fields=["warehouse", "code"],
                name="bin_once",
                violation_error_message=_("This warehouse has a bin of that code already."),
            ),
            models.CheckConstraint(condition=~Q(code=""), name="bin_code_not_empty"),
        ]

    def __str__(self) -> str:
        return self.code


class BinPlace(models.Model):
    """A SKU has its place in this bin. It may have several in a warehouse; the default is told to whoever fetches it."""

    bin = models.ForeignKey(Bin, models.CASCADE, related_name="places", verbose_name=pgettext_lazy("warehouse", "bin"))
    variant = models.ForeignKey(Variant, models.CASCADE, related_name="bin_places", verbose_name=_("SKU"))
    # The bin's own, kept here so that the database can promise one default for each warehouse.
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="+", db_index=False, editable=False, verbose_name=_("warehouse")
    )
    is_default = models.BooleanField(
        pgettext_lazy("bin", "default"), default=True, help_text=_("Goods are put and fetched here first.")
    )

    class Meta:
        verbose_name = _("place of a SKU")
        verbose_name_plural = _("places of SKUs")
        constraints = [
            models.UniqueConstraint(fields=["bin", "variant"], name="bin_place_once"),
            models.UniqueConstraint(
                fields=["warehouse", "variant"],
                condition=Q(is_default=True),
                name="bin_place_one_default",
                violation_error_message=_("This SKU has another default bin in this warehouse already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bin_id}: {self.variant_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.warehouse_id = self.bin.warehouse_id
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """The form has no field for the warehouse, so it looks past the constraint. The bin may be as new as its place."""
        lies_in: Bin | None = self._state.fields_cache.get("bin") or (self.bin if self.bin_id else None)
        if lies_in is None or not self.is_default:
            return
        others = BinPlace.objects.filter(warehouse_id=lies_in.warehouse_id, variant_id=self.variant_id, is_default=True)
        if others.exclude(pk=self.pk).exists():
            raise ValidationError({"is_default": _("This SKU has another default bin in this warehouse already.")})
