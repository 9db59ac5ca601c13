"""What the shop offers: a promotion is a condition, a benefit and a period. A campaign groups promotions under one plan."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.segment import Segment
from config.kernel.fields import MoneyAmountField
from inventory.models import Category, Product


class Campaign(models.Model):
    name = models.CharField(_("name"), max_length=100)
    goal = models.CharField(_("goal"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")

    def __str__(self) -> str:
        return self.name


class Promotion(models.Model):
    """In force by the clock alone: switched on, inside `[starts_at, ends_at)`, and at one of its weekdays and hours."""

    class Benefit(models.TextChoices):
        PERCENT = "PERCENT", _("percent off")  # `percent` off each matching unit
        AMOUNT = "AMOUNT", _("amount off")  # `amount` off the matching lines together, spread over them
        FIXED_PRICE = "FIXED_PRICE", _("fixed price")  # each matching unit costs `amount`
        BUY_X_GET_Y = "BUY_X_GET_Y", _("buy X get Y")  # of each `buy + get` matching units the cheapest `get` are free
        FREE_SHIPPING = "FREE_SHIPPING", _("free shipping")

    name = models.CharField(_("name"), max_length=100, help_text=_("Customers see it beside the discount."))
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="promotions", verbose_name=_("campaign")
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    is_enabled = models.BooleanField(_("enabled"), default=True, help_text=_("Off: never in force, whatever its period."))

    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"), null=True, blank=True, help_text=_("The first moment it no longer holds."))
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("weekdays"), default=list, blank=True,
        help_text=_("0 is Monday, 6 is Sunday; empty means every day."),
    )  # fmt: skip
    from_hour = models.PositiveSmallIntegerField(_("from hour"), null=True, blank=True)
    until_hour = models.PositiveSmallIntegerField(_("until hour"), null=True, blank=True)

    needs_coupon = models.BooleanField(_("only with a coupon"), default=False)
    products = models.ManyToManyField(Product, blank=True, related_name="+", verbose_name=_("products"))
    categories = models.ManyToManyField(Category, blank=True, related_name="+", verbose_name=_("categories"))
    segment = models.ForeignKey(Segment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("segment"))
    minimum_amount = MoneyAmountField(_("minimum amount"), default=0, help_text=_("Of the matching lines, before discounts."))
    first_order_only = models.BooleanField(_("first order only"), default=False)

    benefit = models.CharField(_("benefit"), max_length=15, choices=Benefit.choices)
    percent = models.DecimalField(_("percent"), max_digits=5, decimal_places=2, null=True, blank=True)
    amount = MoneyAmountField(_("amount"), null=True, blank=True)
    buy = models.PositiveSmallIntegerField(_("buy"), null=True, blank=True)
    get = models.PositiveSmallIntegerField(_("get free"), null=True, blank=True)

    priority = models.PositiveSmallIntegerField(_("priority"), default=100, help_text=_("The lowest number goes first."))
    stacking_group = models.CharField(
        _("stacking group"), max_length=40, blank=True,
        help_text=_("Of the promotions of one group only the first that fits a line is given. Empty: combines with all."),
    )  # fmt: skip

    usage_limit = models.PositiveIntegerField(_("usage limit"), null=True, blank=True)
    usage_limit_per_customer = models.PositiveIntegerField(_("usage limit per customer"), null=True, blank=True)
    budget = MoneyAmountField(_("budget"), null=True, blank=True, help_text=_("Most that may be given away in all."))
    used = models.PositiveIntegerField(_("used"), default=0, editable=False)
    spent = MoneyAmountField(_("spent"), default=0, editable=False)

    class Meta:
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="promotion_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(from_hour__isnull=True, until_hour__isnull=True)
                | Q(from_hour__lt=F("until_hour"), until_hour__lte=24),
                name="promotion_hours_make_sense",
            ),
            models.CheckConstraint(
                condition=Q(benefit="PERCENT", percent__gt=0, percent__lte=100)
                | Q(benefit="AMOUNT", amount__gt=0)
                | Q(benefit="FIXED_PRICE", amount__gte=0)
                | Q(benefit="BUY_X_GET_Y", buy__gt=0, get__gt=0)
                | Q(benefit="FREE_SHIPPING"),
                name="promotion_benefit_complete",
            ),
            models.CheckConstraint(
                condition=Q(usage_limit__isnull=True) | Q(used__lte=F("usage_limit")), name="promotion_used_within_limit"
            ),
            models.CheckConstraint(
                condition=Q(budget__isnull=True) | Q(spent__lte=F("budget")), name="promotion_spent_within_budget"
            ),
            models.CheckConstraint(condition=Q(spent__gte=0), name="promotion_spent_not_negative"),
        ]
        indexes = [models.Index(fields=["starts_at", "ends_at"], condition=Q(is_enabled=True), name="promotion_in_force")]

    def __str__(self) -> str:
        return self.name
