"""Money that came and money that went back, as the provider told it. Each is unique by the provider's own reference."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.kernel.fields import MoneyAmountField
from orders.models.order import Order


class Payment(models.Model):
    append_only = True

    order = models.ForeignKey(Order, models.PROTECT, related_name="payments", verbose_name=_("order"))
    provider = models.CharField(_("provider"), max_length=40)
    reference = models.CharField(_("reference"), max_length=100)
    amount = MoneyAmountField(_("amount"))
    paid_at = models.DateTimeField(_("paid at"))
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.UniqueConstraint(fields=["provider", "reference"], name="payment_once_per_reference"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_positive"),
        ]
        indexes = [
            models.Index(fields=["-paid_at", "-id"], name="payment_by_time"),
            models.Index(fields=["reference"], name="payment_by_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.reference}"


class Refund(models.Model):
    append_only = True

    order = models.ForeignKey(Order, models.PROTECT, related_name="refunds", verbose_name=_("order"))
    provider = models.CharField(_("provider"), max_length=40)
    reference = models.CharField(_("reference"), max_length=100)
    amount = MoneyAmountField(_("amount"))
    reason = models.CharField(_("reason"), max_length=200)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    refunded_at = models.DateTimeField(_("refunded at"))

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.UniqueConstraint(fields=["provider", "reference"], name="refund_once_per_reference"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_positive"),
        ]
        indexes = [
            models.Index(fields=["-refunded_at", "-id"], name="refund_by_time"),
            models.Index(fields=["reference"], name="refund_by_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.reference}"
