"""Goods on their way back. What can be sold again enters the ledger as a return; the rest is not counted at all."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.kernel.fields import MoneyAmountField
from inventory.models import Variant, Warehouse
from orders.models.order import Order, OrderLine


class Return(models.Model):
    """An RMA. `order` is empty for goods whose sale lies before the shop's records begin."""

    class State(models.TextChoices):
        ACCEPTED = "ACCEPTED", _("accepted")  # the customer may send the goods
        RECEIVED = "RECEIVED", _("received")  # the goods are here and were looked at
        REFUSED = "REFUSED", _("refused")

    number = models.CharField(_("number"), max_length=30, unique=True)
    order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="returns", verbose_name=_("order"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ACCEPTED)
    reason = models.CharField(_("reason"), max_length=200)
    refund = MoneyAmountField(_("refund"), default=Decimal(0))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    accepted_at = models.DateTimeField(_("accepted at"))
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["ACCEPTED", "RECEIVED", "REFUSED"]), name="return_state_known"),
            models.CheckConstraint(condition=Q(refund__gte=0), name="return_refund_not_negative"),
        ]
        indexes = [
            models.Index(fields=["-accepted_at", "-id"], name="return_by_time"),
            models.Index(fields=["-id"], condition=Q(state="ACCEPTED"), name="return_open"),
            models.Index(fields=["received_at"], condition=Q(state="RECEIVED"), name="return_received"),
        ]

    def __str__(self) -> str:
        return self.number


class ReturnLine(models.Model):
    parent = models.ForeignKey(Return, models.CASCADE, related_name="lines", verbose_name=_("return"))
    order_line = models.ForeignKey(
        OrderLine, models.PROTECT, null=True, blank=True, related_name="return_lines", verbose_name=_("order line")
    )
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="+", verbose_name=_("SKU"))
    quantity = models.PositiveIntegerField(_("quantity"))
    restocked = models.PositiveIntegerField(_("back in stock"), default=0)
    refund = MoneyAmountField(_("refund"), default=Decimal(0))

    class Meta:
        verbose_name = _("return line")
        verbose_name_plural = _("return lines")
        constraints = [
            models.UniqueConstraint(fields=["parent", "order_line"], name="return_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, restocked__lte=models.F("quantity")), name="return_line_quantities"
            ),
            models.CheckConstraint(condition=Q(refund__gte=0), name="return_line_refund_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id} x {self.quantity}"
