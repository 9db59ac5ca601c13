"""Money that came and money that went back, as the provider told it. Each is unique by the provider's own reference, whatever
it was written down as.

Money that came and fits nothing an order owes is kept beside its payments, until staff have settled it.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.kernel.fields import MoneyAmountField
from orders.models.order import Order


class ProviderReference(models.Model):
    """The name by which a provider reported money. In each direction it stands once, so one report is counted once.

    Written in the transaction that writes the payment, unmatched payment, refund or settlement of that name.
    """

    append_only = True

    class Direction(models.TextChoices):
        CAME = "CAME", _("came")  # a payment, whether an order owed it or not
        WENT = "WENT", _("went back")  # a refund, of an order's payment or of an unmatched one

    direction = models.CharField(_("direction"), max_length=4, choices=Direction.choices)
    provider = models.CharField(_("provider"), max_length=40)
    reference = models.CharField(_("reference"), max_length=100)

    class Meta:
        verbose_name = _("provider's reference")
        verbose_name_plural = _("providers' references")
        constraints = [
            models.UniqueConstraint(fields=["direction", "provider", "reference"], name="provider_reference_once"),
            models.CheckConstraint(condition=Q(direction__in=["CAME", "WENT"]), name="provider_reference_direction_known"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.reference}"


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
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, blank=True, db_index=False, related_name="+", verbose_name=_("payment"),
        help_text=_("Where the caller said which payment goes back."),
    )  # fmt: skip
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


class UnmatchedPayment(models.Model):
    """Money a provider captured for an order that does not owe it. It is no part of what the order was paid."""

    append_only = True

    class Why(models.TextChoices):
        NOTHING_DUE = "NOTHING_DUE", _("nothing was due")  # the order was paid already, or costs nothing
        OTHER_AMOUNT = "OTHER_AMOUNT", _("another amount was due")  # too much or too little: orders are paid whole

    order = models.ForeignKey(Order, models.PROTECT, related_name="unmatched_payments", verbose_name=_("order"))
    provider = models.CharField(_("provider"), max_length=40)
    reference = models.CharField(_("reference"), max_length=100)
    amount = MoneyAmountField(_("amount"))
    why = models.CharField(pgettext_lazy("of an unmatched payment", "why"), max_length=15, choices=Why.choices)
    paid_at = models.DateTimeField(_("paid at"))
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("unmatched payment")
        verbose_name_plural = _("unmatched payments")
        constraints = [
            models.UniqueConstraint(fields=["provider", "reference"], name="unmatched_once_per_reference"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="unmatched_positive"),
            models.CheckConstraint(condition=Q(why__in=["NOTHING_DUE", "OTHER_AMOUNT"]), name="unmatched_why_known"),
        ]
        indexes = [
            models.Index(fields=["-recorded_at", "-id"], name="unmatched_by_time"),
            models.Index(fields=["reference"], name="unmatched_by_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.reference}"


class Settlement(models.Model):
    """What became of an unmatched payment, and who says so."""

    append_only = True

    class Outcome(models.TextChoices):
        PAID_BACK = "PAID_BACK", _("paid back")  # the money went back, under the reference of its refund
        EXPLAINED = "EXPLAINED", _("explained")  # it need not go back, or never came: the reason says why

    payment = models.OneToOneField(
        UnmatchedPayment, models.PROTECT, related_name="settlement", verbose_name=_("unmatched payment")
    )
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices)
    provider = models.CharField(_("provider"), max_length=40, blank=True)
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    reason = models.CharField(_("reason"), max_length=200)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    settled_at = models.DateTimeField(_("settled at"))

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "reference"], condition=Q(outcome="PAID_BACK"), name="settlement_once_per_reference"
            ),
            models.CheckConstraint(
                condition=Q(outcome="PAID_BACK") & ~Q(reference="") | Q(outcome="EXPLAINED", reference=""),
                name="settlement_paid_back_has_reference",
            ),
        ]

    def __str__(self) -> str:
        return self.outcome
