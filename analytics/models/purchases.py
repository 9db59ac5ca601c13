"""Purchases and what came before them. Derived: days and cohorts are replaced as a whole, see docs/algorithms/purchases.md.

Spans of time are kept as counts by step (analytics/survival.py): an array of steps beside an array of how often.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from analytics.models.rollups import DayState
from campaigns.models import Customer
from config.kernel.fields import MoneyAmountField
from orders.models import Order


def _steps(title: Any) -> "ArrayField[list[int], list[int]]":
    return ArrayField(models.SmallIntegerField(), verbose_name=title, default=list)


def _counts(title: Any) -> "ArrayField[list[int], list[int]]":
    return ArrayField(models.IntegerField(), verbose_name=title, default=list)


class Touch(models.Model):
    """One click on, or sight of, a promotion or a message, as often as it happened."""

    class Kind(models.TextChoices):
        PROMOTION_VIEWED = "PROMOTION_VIEWED", pgettext_lazy("touch", "promotion seen")  # it was on the page
        PROMOTION_CLICKED = "PROMOTION_CLICKED", pgettext_lazy("touch", "promotion clicked")  # the shopper went for it
        MESSAGE_OPENED = "MESSAGE_OPENED", pgettext_lazy("touch", "message opened")  # as far as mailboxes tell
        MESSAGE_CLICKED = "MESSAGE_CLICKED", pgettext_lazy("touch", "message clicked")  # came by a link in it

    day = models.DateField(_("business day"))
    visitor = models.BigIntegerField(_("visitor"))
    kind = models.CharField(pgettext_lazy("touch", "kind"), max_length=17, choices=Kind.choices)
    code = models.CharField(_("code"), max_length=64)
    at = models.DateTimeField(pgettext_lazy("touch", "at"))

    class Meta:
        verbose_name = pgettext_lazy("model", "touch")
        verbose_name_plural = pgettext_lazy("model", "touches")
        constraints = [models.UniqueConstraint(fields=["visitor", "at", "kind", "code"], name="touch_once")]
        indexes = [models.Index(fields=["day"], name="touch_by_day")]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"


class Purchase(models.Model):
    """One standing order of a closed business day, with what led to it. When it was shipped stands on the order itself.

    `visitor` is the browser of the visit in which it was placed; none where no visit told its number.
    """

    order = models.OneToOneField(Order, models.CASCADE, primary_key=True, related_name="+", verbose_name=_("order"))
    day = models.DateField(_("business day"))
    hour = models.PositiveSmallIntegerField(_("hour"))
    channel = models.CharField(_("channel"), max_length=20)
    customer = models.ForeignKey(
        Customer, models.CASCADE, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("customer")
    )
    visitor = models.BigIntegerField(_("visitor"), null=True, blank=True)
    placed_at = models.DateTimeField(_("placed at"))
    units = models.PositiveIntegerField(_("units"))
    sales = MoneyAmountField(pgettext_lazy("figure", "Sales"))
    is_first_order = models.BooleanField(_("first order"), null=True, blank=True)  # none of nobody's
    gap_seconds = models.BigIntegerField(_("seconds since the order before"), null=True, blank=True)
    first_seen_at = models.DateTimeField(_("first seen at"), null=True, blank=True)
    visit_started_at = models.DateTimeField(_("visit started at"), null=True, blank=True)
    carted_at = models.DateTimeField(_("first put into the cart at"), null=True, blank=True)
    touch_kind = models.CharField(_("kind of the last click"), max_length=17, choices=Touch.Kind.choices, blank=True)
    touch_code = models.CharField(_("code of the last click"), max_length=64, blank=True)
    touched_at = models.DateTimeField(_("last click at"), null=True, blank=True)

    class Meta:
        verbose_name = _("purchase")
        verbose_name_plural = _("purchases")
        constraints = [
            models.CheckConstraint(condition=Q(hour__lte=23), name="purchase_hour_of_a_day"),
            models.CheckConstraint(
                condition=Q(customer__isnull=True, is_first_order__isnull=True, gap_seconds__isnull=True)
                | Q(customer__isnull=False, is_first_order=True, gap_seconds__isnull=True)
                | Q(customer__isnull=False, is_first_order=False, gap_seconds__gte=0),
                name="purchase_first_has_none_before",
            ),
            models.CheckConstraint(
                condition=Q(touched_at__isnull=True, touch_kind="", touch_code="")
                | Q(touched_at__isnull=False) & ~Q(touch_kind=""),
                name="purchase_touch_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["day"], name="purchase_by_day"),
            models.Index(fields=["-placed_at", "-order"], name="purchase_by_time"),
            models.Index(fields=["channel", "-placed_at", "-order"], name="purchase_by_channel"),
            models.Index(
                fields=["customer", "placed_at", "order"], condition=Q(customer__isnull=False), name="purchase_by_customer"
            ),
            models.Index(fields=["visitor", "placed_at"], condition=Q(visitor__isnull=False), name="purchase_by_visitor"),
            models.Index(fields=["first_seen_at"], condition=Q(first_seen_at__isnull=False), name="purchase_by_first_seen"),
        ]

    def __str__(self) -> str:
        return str(self.order_id)


class DailyCustomer(models.Model):
    """What one customer bought, sent back and visited on one business day; customers that nothing is known of have no row.

    `since` is for how many days there was no row before this one, none of the first.
    """

    day = models.DateField(_("business day"))
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False, verbose_name=_("customer"))
    orders = models.PositiveIntegerField(_("orders"))
    units = models.PositiveIntegerField(_("units"))
    gross = MoneyAmountField(_("before discounts"))
    discounts = MoneyAmountField(_("discounts"))
    returned = MoneyAmountField(_("returns"))
    visits = models.PositiveIntegerField(_("visits"))
    since = models.PositiveIntegerField(_("days since the one before"), null=True, blank=True)

    class Meta:
        verbose_name = _("a customer's day")
        verbose_name_plural = _("customers by day")
        constraints = [models.UniqueConstraint(fields=["customer", "day"], name="daily_customer_once")]
        indexes = [
            models.Index(fields=["day", "customer"], include=["orders", "since"], name="daily_customer_by_day"),
            models.Index(fields=["day"], condition=Q(since__isnull=True), name="daily_customer_first"),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.customer_id}"


class DailyBuying(models.Model):
    """One business day of one channel: orders of customers who had not bought before, of those who had, and of nobody known."""

    day = models.DateField(_("business day"))
    channel = models.CharField(_("channel"), max_length=20)
    new_orders = models.PositiveIntegerField(_("first orders"))
    new_sales = MoneyAmountField(_("sales of first orders"))
    repeat_orders = models.PositiveIntegerField(_("further orders"))
    repeat_sales = MoneyAmountField(_("sales of further orders"))
    guest_orders = models.PositiveIntegerField(_("orders without a customer"))
    guest_sales = MoneyAmountField(_("sales without a customer"))

    class Meta:
        verbose_name = _("first and further orders of a day")
        verbose_name_plural = _("first and further orders by day")
        constraints = [models.UniqueConstraint(fields=["day", "channel"], name="daily_buying_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.channel}"


class DailyReturn(models.Model):
    """Visits of one business day by people who had been here on an earlier day, by how long ago that was (a lower bound)."""

    day = models.DateField(_("business day"))
    channel = models.CharField(_("channel"), max_length=20)
    since = models.PositiveSmallIntegerField(_("days since the visit before"))
    visits = models.PositiveIntegerField(_("visits"))
    orders = models.PositiveIntegerField(_("orders"))

    class Meta:
        verbose_name = _("return visits of a day")
        verbose_name_plural = _("return visits by day")
        constraints = [models.UniqueConstraint(fields=["day", "channel", "since"], name="daily_return_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.channel} {self.since}"


class DailyTiming(models.Model):
    """How long the purchases of one business day had taken from something that came before them."""

    class Since(models.TextChoices):
        CART = "CART", pgettext_lazy("purchase since", "first put into the cart")  # in the visit of the order
        PROMOTION_VIEWED = "PROMOTION_VIEWED", pgettext_lazy("purchase since", "promotion seen")  # first, within a week
        PROMOTION_CLICKED = "PROMOTION_CLICKED", pgettext_lazy("purchase since", "promotion clicked")  # last, within a week
        MESSAGE_OPENED = "MESSAGE_OPENED", pgettext_lazy("purchase since", "message opened")  # first, within a week
        MESSAGE_CLICKED = "MESSAGE_CLICKED", pgettext_lazy("purchase since", "message clicked")  # last, within a week

    day = models.DateField(_("business day"))
    since = models.CharField(pgettext_lazy("purchase", "since"), max_length=17, choices=Since.choices)
    channel = models.CharField(_("channel"), max_length=20)
    code = models.CharField(_("code"), max_length=64, blank=True)
    number = models.PositiveIntegerField(_("orders"))
    planned = models.PositiveIntegerField(
        _("at their planned time"), null=True, blank=True, help_text=_("While the promotion was in force.")
    )
    steps = _steps(_("steps"))
    counts = _counts(_("how often"))

    class Meta:
        verbose_name = _("time to buy of a day")
        verbose_name_plural = _("time to buy by day")
        constraints = [models.UniqueConstraint(fields=["day", "since", "channel", "code"], name="daily_timing_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.since} {self.code}".strip()


class Newcomer(models.Model):
    """Those who did something for the first time on one business day, and how long it took them to order, or how long they
    have been watched without an order.
    """

    class Since(models.TextChoices):
        VISIT = "VISIT", pgettext_lazy("newcomers since", "first visit")  # until the first order after it
        ORDER = "ORDER", pgettext_lazy("newcomers since", "first order")  # until the second

    since = models.CharField(pgettext_lazy("newcomers", "since"), max_length=5, choices=Since.choices)
    day = models.DateField(_("business day"))
    channel = models.CharField(_("channel"), max_length=20)
    had_bought = models.BooleanField(_("had bought before"))
    persons = models.PositiveIntegerField(_("persons"))
    bought_steps = _steps(_("ordered after"))
    bought_counts = _counts(_("how many ordered"))
    left_steps = _steps(_("watched for"))
    left_counts = _counts(_("how many without an order"))

    class Meta:
        verbose_name = _("newcomers of a day")
        verbose_name_plural = _("Time to buy")
        constraints = [models.UniqueConstraint(fields=["since", "day", "channel", "had_bought"], name="newcomer_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.since} {self.channel}"


class CohortMonth(models.Model):
    """What those who first ordered on one business day did so many calendar months after the month of it."""

    day = models.DateField(_("day of the first order"))
    channel = models.CharField(_("channel of the first order"), max_length=20)
    months = models.PositiveSmallIntegerField(_("months since"))
    customers = models.PositiveIntegerField(_("customers who ordered"))
    orders = models.PositiveIntegerField(_("orders"))
    sales = MoneyAmountField(pgettext_lazy("figure", "Sales"))
    returned = MoneyAmountField(_("returns"))

    class Meta:
        verbose_name = _("a cohort's month")
        verbose_name_plural = _("Cohorts")
        constraints = [models.UniqueConstraint(fields=["day", "channel", "months"], name="cohort_month_once")]

    def __str__(self) -> str:
        return f"{self.day} +{self.months}"


class PurchaseDay(DayState):
    """Whether purchases of one closed business day, and what follows from them, are up to date. Marked like `RollupState`.

    Of a day that `is_kept` what rests on visits stays as it was made: some of these tell no longer whose they were.
    """

    source_rows = models.PositiveIntegerField(_("source rows"), null=True, blank=True)
    is_kept = models.BooleanField(_("stays as it is"), default=False, db_default=False)

    class Meta:
        verbose_name = _("state of a day's purchases")
        verbose_name_plural = _("state of the purchases")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["DIRTY", "CLEAN"]), name="purchase_day_state_known"),
            models.CheckConstraint(
                condition=~Q(state="CLEAN") | Q(rebuilt_at__isnull=False), name="purchase_day_clean_once_rebuilt"
            ),
        ]
        indexes = [models.Index(fields=["day"], condition=Q(state="DIRTY"), name="purchase_day_dirty")]


class CohortDay(DayState):
    """Whether newcomers of one business day are up to date. `seen_until` is up to when what they did is counted.

    Of a day that `is_kept` newcomers by their first visit stay as they were made.
    """

    seen_until = models.DateTimeField(_("seen until"), null=True, blank=True)
    is_kept = models.BooleanField(_("stays as it is"), default=False, db_default=False)

    class Meta:
        verbose_name = _("state of a day's newcomers")
        verbose_name_plural = _("state of the newcomers")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["DIRTY", "CLEAN"]), name="cohort_day_state_known"),
            models.CheckConstraint(
                condition=~Q(state="CLEAN") | Q(rebuilt_at__isnull=False, seen_until__isnull=False),
                name="cohort_day_clean_once_rebuilt",
            ),
        ]
        indexes = [models.Index(fields=["day"], condition=Q(state="DIRTY"), name="cohort_day_dirty")]
