"""What left one warehouse for one order. What is still to be picked stands in the reservations, not here."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory.models import Warehouse
from orders.models.order import Order, OrderLine


class Fulfillment(models.Model):
    order = models.ForeignKey(Order, models.PROTECT, related_name="fulfillments", verbose_name=_("order"))
    number = models.CharField(_("number"), max_length=30, unique=True)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    carrier = models.CharField(_("carrier"), max_length=40, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=64, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    shipped_at = models.DateTimeField(_("shipped at"))

    class Meta:
        verbose_name = _("fulfillment")
        verbose_name_plural = _("fulfillments")
        indexes = [
            models.Index(fields=["-shipped_at", "-id"], name="fulfillment_by_time"),
            models.Index(
                fields=["tracking_number"], opclasses=["varchar_pattern_ops"], condition=~Q(tracking_number=""),
                name="fulfillment_by_tracking",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number


class FulfillmentLine(models.Model):
    fulfillment = models.ForeignKey(
        Fulfillment, models.CASCADE, db_index=False, related_name="lines", verbose_name=_("fulfillment")
    )
    order_line = models.ForeignKey(OrderLine, models.PROTECT, related_name="fulfillment_lines", verbose_name=_("order line"))
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("fulfillment line")
        verbose_name_plural = _("fulfillment lines")
        constraints = [
            models.UniqueConstraint(fields=["fulfillment", "order_line"], name="fulfillment_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="fulfillment_line_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.order_line_id} x {self.quantity}"
