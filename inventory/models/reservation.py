"""Units promised to a document. The document is named, not pointed at: inventory does not know what an order is."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inventory.models.catalog import Variant
from inventory.models.stock import Warehouse


class Reservation(models.Model):
    """`quantity` units of one SKU in one warehouse for one document; each unit ends consumed or released."""

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", pgettext_lazy("reservation", "active")  # some units are still held
        CONSUMED = "CONSUMED", _("consumed")  # nothing held; the last units were shipped
        RELEASED = "RELEASED", _("released")  # nothing held; the last units were given back
        EXPIRED = "EXPIRED", _("expired")  # given back because nobody came in time

    document_kind = models.CharField(_("document kind"), max_length=20)
    document_number = models.CharField(_("document"), max_length=40)
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="reservations", verbose_name=_("SKU"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="reservations", verbose_name=_("warehouse"))
    quantity = models.PositiveIntegerField(_("quantity"))
    consumed = models.PositiveIntegerField(_("consumed"), default=0)
    released = models.PositiveIntegerField(_("released"), default=0)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ACTIVE)
    expires_at = models.DateTimeField(
        _("expires at"), null=True, blank=True, help_text=_("Empty: held until its document ends.")
    )
    reserved_at = models.DateTimeField(_("reserved at"))

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        constraints = [
            models.UniqueConstraint(
                fields=["document_kind", "document_number", "variant", "warehouse"],
                condition=Q(state="ACTIVE"),
                name="reservation_active_once",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_quantity_positive"),
            models.CheckConstraint(
                condition=Q(state="ACTIVE", quantity__gt=F("consumed") + F("released"))
                | Q(state__in=["CONSUMED", "RELEASED", "EXPIRED"], quantity=F("consumed") + F("released")),
                name="reservation_active_while_units_held",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at", "id"], condition=Q(state="ACTIVE", expires_at__isnull=False), name="reservation_due"
            ),
            models.Index(fields=["variant", "warehouse"], condition=Q(state="ACTIVE"), name="reservation_active_by_level"),
            models.Index(fields=["state", "-id"], name="reservation_by_state"),
            # Rows lie in the order of their time.
            BrinIndex(fields=["reserved_at"], name="reservation_by_time"),
            models.Index(fields=["document_number"], name="reservation_by_document"),
        ]

    def __str__(self) -> str:
        return f"{self.document_number}: {self.quantity} x {self.variant_id}"

    @property
    def held(self) -> int:
        return self.quantity - self.consumed - self.released
