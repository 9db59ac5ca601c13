"""The keys to promotions that need one, and the record of their use. A use names its document, it does not point at it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.models.customer import BY_PREFIX, Customer
from campaigns.models.promotion import Promotion
from config.kernel.fields import MoneyAmountField


class CouponBatch(models.Model):
    """Codes made together, for one purpose."""

    name = models.CharField(_("name"), max_length=100)
    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="batches", verbose_name=_("promotion"))
    size = models.PositiveIntegerField(_("number of codes"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("made by")
    )
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("coupon batch")
        verbose_name_plural = _("coupon batches")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(size__gt=0), name="coupon_batch_not_empty")]

    def __str__(self) -> str:
        return self.name


class Coupon(models.Model):
    """One code, kept in capitals. `usage_limit` empty: as often as its promotion allows."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="coupons", verbose_name=_("promotion"))
    batch = models.ForeignKey(
        CouponBatch, models.PROTECT, null=True, blank=True, related_name="coupons", verbose_name=_("batch")
    )
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="coupons", verbose_name=_("only for")
    )
    is_enabled = models.BooleanField(_("enabled"), default=True, help_text=_("Off: refused like a code that does not exist."))
    usage_limit = models.PositiveIntegerField(
        _("usage limit"), null=True, blank=True, default=1, help_text=_("Empty: as often as its promotion allows.")
    )
    used = models.PositiveIntegerField(_("used"), default=0, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("made by"),
    )
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        constraints = [
            models.CheckConstraint(
                condition=Q(usage_limit__isnull=True) | Q(usage_limit__gte=1, used__lte=F("usage_limit")),
                name="coupon_used_within_limit",
            ),
            models.CheckConstraint(
                condition=~Q(code="") & Q(code=Upper("code")) & Q(code__regex=r"^\S+$"), name="coupon_code_in_capitals"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class CouponSwitch(models.Model):
    """One code was switched on or off by hand."""

    append_only = True

    coupon = models.ForeignKey(Coupon, models.PROTECT, related_name="switches", verbose_name=_("coupon"))
    is_enabled = models.BooleanField(_("enabled"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    switched_at = models.DateTimeField(_("switched at"))

    class Meta:
        verbose_name = _("switch of a coupon")
        verbose_name_plural = _("switches of coupons")

    def __str__(self) -> str:
        return f"{self.coupon_id} {self.is_enabled}"


class Redemption(models.Model):
    """One use of a promotion, with its coupon where it needed one, by one document."""

    class State(models.TextChoices):
        COUNTED = "COUNTED", pgettext_lazy("redemption", "counted")  # stands against the limits
        RELEASED = "RELEASED", pgettext_lazy("redemption", "released")  # given back: the order was canceled or expired

    promotion = models.ForeignKey(
        Promotion, models.PROTECT, db_index=False, related_name="redemptions", verbose_name=_("promotion")
    )
    coupon = models.ForeignKey(
        Coupon, models.PROTECT, null=True, blank=True, db_index=False, related_name="redemptions", verbose_name=_("coupon")
    )
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="redemptions", verbose_name=_("customer")
    )
    document_kind = models.CharField(_("document kind"), max_length=20)
    document_number = models.CharField(_("document"), max_length=40)
    amount = MoneyAmountField(_("amount"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.COUNTED)
    redeemed_at = models.DateTimeField(_("redeemed at"))

    class Meta:
        verbose_name = _("redemption")
        verbose_name_plural = _("redemptions")
        constraints = [
            # A document whose uses were given back may redeem anew.
            models.UniqueConstraint(
                fields=["document_kind", "document_number", "promotion"],
                condition=Q(state="COUNTED"),
                name="redemption_once_per_document",
            ),
            models.CheckConstraint(condition=Q(state__in=["COUNTED", "RELEASED"]), name="redemption_state_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="redemption_amount_positive"),
        ]
        indexes = [
            models.Index(fields=["promotion", "customer"], condition=Q(state="COUNTED"), name="redemption_by_customer"),
            models.Index(fields=["promotion", "redeemed_at"], name="redemption_by_promotion"),
            models.Index(fields=["coupon"], condition=Q(coupon__isnull=False), name="redemption_by_coupon"),
            models.Index(fields=["document_number"], opclasses=BY_PREFIX, name="redemption_by_document"),
            models.Index(fields=["-redeemed_at", "-id"], name="redemption_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.document_number}: {self.promotion_id}"
