"""What the shop offers: a promotion is a condition, a benefit and a period. A campaign groups promotions under one plan.

A promotion is changed through `campaigns.operations.promotions` alone, which keeps its version and its history.
"""

from datetime import UTC, datetime
from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.models.segment import Segment
from config.kernel.fields import MoneyAmountField
from inventory.models import Category, Product

# Due from the beginning: a row that no job has looked at yet.
NEVER_LOOKED_AT = datetime(2000, 1, 1, tzinfo=UTC)


class Campaign(models.Model):
    name = models.CharField(_("name"), max_length=100)
    goal = models.CharField(_("goal"), max_length=300, blank=True, help_text=_("What the shop wants to reach with it."))

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class Promotion(models.Model):
    """In force by the clock alone: switched on, inside `[starts_at, ends_at)`, and at one of its weekdays and hours."""

    class Benefit(models.TextChoices):
        PERCENT = "PERCENT", _("percent off")  # `percent` off each matching unit
        AMOUNT = "AMOUNT", _("amount off")  # `amount` off the matching lines together, spread over them
        FIXED_PRICE = "FIXED_PRICE", _("fixed price")  # each matching unit costs `amount`
        BUY_X_GET_Y = (
            "BUY_X_GET_Y",
            _("buy X get Y"),
        )  # for every `buy + get` matching units `get` are free, the cheapest of all
        FREE_SHIPPING = "FREE_SHIPPING", _("free shipping")  # the shipping fee falls away

    class Covers(models.TextChoices):
        EVERYTHING = "EVERYTHING", _("everything")  # every product of the shop
        CHOSEN = "CHOSEN", _("chosen products and categories")  # only these; with none chosen it matches nothing

    name = models.CharField(_("name"), max_length=100, help_text=_("Customers see it beside the discount."))
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="promotions", verbose_name=_("campaign")
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    is_enabled = models.BooleanField(_("enabled"), default=True, help_text=_("Off: never in force, whatever its period."))

    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(
        _("ends at"), null=True, blank=True, help_text=_("The first moment it no longer holds. Empty: until it is stopped.")
    )
    weekdays = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("weekdays"), default=list, blank=True)
    from_hour = models.PositiveSmallIntegerField(_("from hour"), null=True, blank=True)
    until_hour = models.PositiveSmallIntegerField(_("until hour"), null=True, blank=True)

    needs_coupon = models.BooleanField(_("only with a coupon"), default=False)
    covers = models.CharField(_("applies to"), max_length=10, choices=Covers.choices, default=Covers.EVERYTHING)
    products = models.ManyToManyField(Product, blank=True, related_name="+", verbose_name=_("products"))
    categories = models.ManyToManyField(
        Category, blank=True, related_name="+", verbose_name=_("categories"),
        help_text=_("With everything in the categories below them."),
    )  # fmt: skip
    segment = models.ForeignKey(
        Segment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("segment"),
        help_text=_("Empty: for everybody."),
    )  # fmt: skip
    minimum_amount = MoneyAmountField(
        _("minimum amount"),
        default=Decimal(0),
        help_text=_("The matching products must cost at least this much, before discounts."),
    )
    first_order_only = models.BooleanField(_("first order only"), default=False)

    benefit = models.CharField(_("benefit"), max_length=15, choices=Benefit.choices)
    percent = models.DecimalField(_("percent"), max_digits=5, decimal_places=2, null=True, blank=True)
    amount = MoneyAmountField(
        _("amount"), null=True, blank=True, help_text=_("What is taken off, or the price of one unit for a fixed price.")
    )
    buy = models.PositiveSmallIntegerField(
        _("buy"), null=True, blank=True, help_text=_("Units to pay for, before units are free.")
    )
    get = models.PositiveSmallIntegerField(
        _("get free"), null=True, blank=True, help_text=_("Units that are free then: the cheapest of all.")
    )

    priority = models.PositiveSmallIntegerField(_("priority"), default=100, help_text=_("The lowest number goes first."))
    stacking_group = models.CharField(
        _("stacking group"), max_length=40, blank=True,
        help_text=_("Of the promotions of one group only the first that fits a line is given. Empty: combines with all."),
    )  # fmt: skip

    usage_limit = models.PositiveIntegerField(
        _("usage limit"), null=True, blank=True, help_text=_("How many orders may use it in all.")
    )
    usage_limit_per_customer = models.PositiveIntegerField(_("usage limit per customer"), null=True, blank=True)
    budget = MoneyAmountField(
        _("budget"), null=True, blank=True,
        help_text=_("Most that may be given away in all. An order whose discount no longer fits does not get it."),
    )  # fmt: skip
    # Counted for promotions with a limit only: a counter makes every order wait for every other.
    used = models.PositiveIntegerField(_("used"), default=0, editable=False)
    spent = MoneyAmountField(_("given away"), default=Decimal(0), editable=False)

    # What follows from start and end is done up to `settled_until`; the next of it is due at `next_edge_at`, if ever.
    settled_until = models.DateTimeField(null=True, editable=False)
    next_edge_at = models.DateTimeField(null=True, default=NEVER_LOOKED_AT, editable=False)

    class Meta:
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")
        # A comparison with NULL satisfies a check, so every value that must be there is asked for by name.
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="promotion_name_not_empty"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="promotion_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(weekdays__contained_by=[0, 1, 2, 3, 4, 5, 6]), name="promotion_weekdays_known"
            ),
            models.CheckConstraint(
                condition=Q(from_hour__isnull=True, until_hour__isnull=True)
                | (
                    Q(from_hour__isnull=False, from_hour__lte=23)
                    & Q(until_hour__isnull=False, until_hour__gte=1, until_hour__lte=24)
                    & ~Q(from_hour=F("until_hour"))
                ),
                name="promotion_hours_make_sense",
            ),
            models.CheckConstraint(
                condition=Q(
                    benefit="PERCENT", percent__isnull=False, percent__gt=0, percent__lte=100,
                    amount__isnull=True, buy__isnull=True, get__isnull=True,
                )
                | Q(
                    benefit="AMOUNT", amount__isnull=False, amount__gt=0,
                    percent__isnull=True, buy__isnull=True, get__isnull=True,
                )
                | Q(
                    benefit="FIXED_PRICE", amount__isnull=False, amount__gte=0,
                    percent__isnull=True, buy__isnull=True, get__isnull=True,
                )
                | Q(
                    benefit="BUY_X_GET_Y", buy__isnull=False, buy__gt=0, get__isnull=False, get__gt=0,
                    percent__isnull=True, amount__isnull=True,
                )
                | Q(benefit="FREE_SHIPPING", percent__isnull=True, amount__isnull=True, buy__isnull=True, get__isnull=True),
                name="promotion_benefit_complete",
            ),
            models.CheckConstraint(condition=Q(covers__in=["EVERYTHING", "CHOSEN"]), name="promotion_covers_known"),
            models.CheckConstraint(condition=Q(minimum_amount__gte=0), name="promotion_minimum_not_negative"),
            models.CheckConstraint(
                condition=Q(usage_limit__isnull=True) | Q(used__lte=F("usage_limit")), name="promotion_used_within_limit"
            ),
            models.CheckConstraint(
                condition=(Q(usage_limit__isnull=True) | Q(usage_limit__gte=1))
                & (Q(usage_limit_per_customer__isnull=True) | Q(usage_limit_per_customer__gte=1))
                & (Q(budget__isnull=True) | Q(budget__gt=0)),
                name="promotion_limits_positive",
            ),
            models.CheckConstraint(
                condition=Q(budget__isnull=True) | Q(spent__lte=F("budget")), name="promotion_spent_within_budget"
            ),
            models.CheckConstraint(condition=Q(spent__gte=0), name="promotion_spent_not_negative"),
        ]  # fmt: skip
        indexes = [
            # The pricing of every basket reads these: few rows each, whatever the shop offered in the past.
            models.Index(
                fields=["ends_at", "starts_at"],
                condition=Q(is_enabled=True, needs_coupon=False, covers="EVERYTHING"),
                name="promotion_for_every_basket",
            ),
            models.Index(fields=["ends_at", "starts_at"], name="promotion_by_end"),
            models.Index(fields=["-starts_at", "-id"], name="promotion_by_start"),
            models.Index(fields=["next_edge_at"], condition=Q(next_edge_at__isnull=False), name="promotion_due"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def hours(self) -> tuple[int, int] | None:
        """Of the shop's day, half-open; the second is the smaller one where the window runs past midnight."""
        return None if self.from_hour is None or self.until_hour is None else (self.from_hour, self.until_hour)

    @property
    def is_limited(self) -> bool:
        """Whether its uses are counted."""
        return any(limit is not None for limit in (self.usage_limit, self.usage_limit_per_customer, self.budget))

    @property
    def is_used_up(self) -> bool:
        return (self.usage_limit is not None and self.used >= self.usage_limit) or (
            self.budget is not None and self.spent >= self.budget
        )


class PromotionChange(models.Model):
    """One change of a promotion: who made it, what was before and after, and why. `version` is the one it led to."""

    append_only = True

    class Kind(models.TextChoices):
        CREATED = "CREATED", pgettext_lazy("promotion", "created")  # first written down
        CHANGED = "CHANGED", pgettext_lazy("promotion", "changed")  # its settings
        STOPPED = "STOPPED", pgettext_lazy("promotion", "stopped")  # ended at once
        EXTENDED = "EXTENDED", pgettext_lazy("promotion", "extended")  # ends later than planned

    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="changes", verbose_name=_("promotion"))
    version = models.PositiveIntegerField(_("version"))
    kind = models.CharField(_("change"), max_length=10, choices=Kind.choices)
    before = models.JSONField(_("before"), default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(_("after"), default=dict, encoder=DjangoJSONEncoder)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("change of a promotion")
        verbose_name_plural = _("changes of promotions")
        constraints = [
            models.UniqueConstraint(fields=["promotion", "version"], name="promotion_change_once_per_version"),
            models.CheckConstraint(
                condition=Q(kind__in=["CREATED", "CHANGED", "STOPPED", "EXTENDED"]), name="promotion_change_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.promotion_id} v{self.version}"


class PromotionOccurrence(models.Model):
    """One stretch of time in which a promotion was in force. A repeating promotion has one for each of its windows."""

    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="occurrences", verbose_name=_("promotion"))
    started_at = models.DateTimeField(_("started at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    uses = models.PositiveIntegerField(_("uses"), null=True, blank=True)
    amount = MoneyAmountField(_("given away"), null=True, blank=True)

    class Meta:
        verbose_name = _("window of a promotion")
        verbose_name_plural = _("windows of promotions")
        constraints = [
            models.UniqueConstraint(
                fields=["promotion"], condition=Q(ended_at__isnull=True), name="promotion_occurrence_one_open"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, uses__isnull=True, amount__isnull=True)
                | Q(ended_at__isnull=False, ended_at__gte=F("started_at"), uses__isnull=False, amount__isnull=False),
                name="promotion_occurrence_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["-started_at", "-id"], name="promotion_occurrence_by_time"),
            models.Index(fields=["promotion", "-started_at"], name="promotion_occurrence_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.promotion_id} {self.started_at:%Y-%m-%d %H:%M}"
