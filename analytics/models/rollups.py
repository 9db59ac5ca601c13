"""Figures of closed business days. Derived: every row may be dropped and comes back from the source, see operations/rollups.

What each figure counts stands in analytics/definitions.py, in words for staff.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from campaigns.models import Promotion
from config.kernel.fields import MoneyAmountField
from inventory.models import Variant, Warehouse


class HourlySales(models.Model):
    """What was sold and what came back in one hour of one business day, for one channel.

    Goods that came back without a sale on record have no channel.
    """

    day = models.DateField(_("business day"))
    hour = models.PositiveSmallIntegerField(_("hour"))
    channel = models.CharField(_("channel"), max_length=20, blank=True)
    orders = models.PositiveIntegerField(_("orders"))
    units = models.PositiveIntegerField(_("units"))
    gross = MoneyAmountField(_("before discounts"))
    discounts = MoneyAmountField(_("discounts"))
    shipping = MoneyAmountField(_("shipping"))
    tax = MoneyAmountField(_("tax inside"))
    returned_units = models.PositiveIntegerField(_("returned units"))
    returned = MoneyAmountField(_("returns"))
    net = models.GeneratedField(
        expression=F("gross") - F("discounts") - F("returned"),
        output_field=MoneyAmountField(_("net sales")),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("hourly sales")
        verbose_name_plural = _("sales")
        constraints = [
            models.UniqueConstraint(fields=["day", "hour", "channel"], name="hourly_sales_once"),
            models.CheckConstraint(condition=Q(hour__lte=23), name="hourly_sales_hour_of_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.hour:02}h {self.channel}"


class DailySales(models.Model):
    """One SKU on one business day. `cost` is of what was sold, `returned_cost` of what came back and can be sold again."""

    day = models.DateField(_("business day"))
    variant = models.ForeignKey(Variant, models.CASCADE, related_name="+", db_index=False, verbose_name=_("SKU"))
    units = models.PositiveIntegerField(_("units"))
    gross = MoneyAmountField(_("before discounts"))
    discounts = MoneyAmountField(_("discounts"))
    tax = MoneyAmountField(_("tax inside"))
    cost = MoneyAmountField(_("cost of goods"))
    returned_units = models.PositiveIntegerField(_("returned units"))
    returned = MoneyAmountField(_("returns"))
    returned_tax = MoneyAmountField(_("tax inside returns"))
    returned_cost = MoneyAmountField(_("cost of returned goods"))
    net = models.GeneratedField(
        expression=F("gross") - F("discounts") - F("returned"),
        output_field=MoneyAmountField(_("net sales")),
        db_persist=True,
    )
    profit = models.GeneratedField(
        expression=F("gross")
        - F("discounts")
        - F("returned")
        - (F("tax") - F("returned_tax"))
        - (F("cost") - F("returned_cost")),
        output_field=MoneyAmountField(_("gross profit")),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("daily sales of a SKU")
        verbose_name_plural = _("daily sales by SKU")
        constraints = [models.UniqueConstraint(fields=["day", "variant"], name="daily_sales_once")]

    def __str__(self) -> str:
        return f"{self.day}: {self.variant_id}"


class DailyStock(models.Model):
    """What moved of one SKU in one warehouse on one business day. `corrected` and `moved` are signed."""

    day = models.DateField(_("business day"))
    variant = models.ForeignKey(Variant, models.CASCADE, related_name="+", db_index=False, verbose_name=_("SKU"))
    warehouse = models.ForeignKey(Warehouse, models.CASCADE, related_name="+", db_index=False, verbose_name=_("warehouse"))
    received = models.PositiveIntegerField(_("received units"))
    shipped = models.PositiveIntegerField(_("shipped units"))
    taken_back = models.PositiveIntegerField(_("units back in stock"))
    corrected = models.IntegerField(_("corrected units"))
    moved = models.IntegerField(_("transferred units"))

    class Meta:
        verbose_name = _("daily stock of a SKU")
        verbose_name_plural = _("daily stock by SKU")
        constraints = [models.UniqueConstraint(fields=["day", "variant", "warehouse"], name="daily_stock_once")]

    def __str__(self) -> str:
        return f"{self.day}: {self.variant_id}@{self.warehouse_id}"


class DailyPromotion(models.Model):
    """What one promotion gave away on one business day: in how many orders, and how much."""

    day = models.DateField(_("business day"))
    promotion = models.ForeignKey(Promotion, models.CASCADE, related_name="+", db_index=False, verbose_name=_("promotion"))
    orders = models.PositiveIntegerField(_("orders"))
    amount = MoneyAmountField(_("given away"))

    class Meta:
        verbose_name = _("a promotion's day")
        verbose_name_plural = _("promotions by day")
        constraints = [models.UniqueConstraint(fields=["promotion", "day"], name="daily_promotion_once")]
        indexes = [models.Index(fields=["day"], name="daily_promotion_by_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.promotion_id}"


class DailyParcels(models.Model):
    """What left one warehouse for orders of one channel on one business day.

    Of the parcels `due` had a time by which they were to leave and `on_time` kept it; `paid` belong to orders with a moment of
    payment, from which on they waited `waited_seconds` in all.
    """

    day = models.DateField(_("business day"))
    channel = models.CharField(_("channel"), max_length=20)
    warehouse = models.ForeignKey(Warehouse, models.CASCADE, related_name="+", db_index=False, verbose_name=_("warehouse"))
    parcels = models.PositiveIntegerField(_("parcels"))
    units = models.PositiveIntegerField(_("units"))
    due = models.PositiveIntegerField(_("with a time to leave by"))
    on_time = models.PositiveIntegerField(_("left in time"))
    paid = models.PositiveIntegerField(_("of paid orders"))
    waited_seconds = models.BigIntegerField(_("seconds from payment to leaving"))

    class Meta:
        verbose_name = _("parcels of a day")
        verbose_name_plural = _("parcels by day")
        constraints = [
            models.UniqueConstraint(fields=["day", "channel", "warehouse"], name="daily_parcels_once"),
            models.CheckConstraint(
                condition=Q(on_time__lte=F("due"), due__lte=F("parcels"), paid__lte=F("parcels")),
                name="daily_parcels_make_sense",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.channel}@{self.warehouse_id}"


class DailyOutcomes(models.Model):
    """What became of one channel's orders: of those placed on the day, and of those whose first parcel left on it.

    The latter have `begun_units` on their lines, whatever was canceled of them since; `begun_left_units` left on that very day,
    and `begun_whole` orders left as a whole on it.
    """

    day = models.DateField(_("business day"))
    channel = models.CharField(_("channel"), max_length=20)
    placed = models.PositiveIntegerField(_("orders placed"))
    canceled = models.PositiveIntegerField(_("canceled since"))
    expired = models.PositiveIntegerField(_("expired since"))
    begun = models.PositiveIntegerField(_("orders begun to ship"))
    begun_units = models.PositiveIntegerField(_("their units"))
    begun_left_units = models.PositiveIntegerField(_("units that left on that day"))
    begun_whole = models.PositiveIntegerField(_("orders that left as a whole"))

    class Meta:
        verbose_name = _("outcomes of a day")
        verbose_name_plural = _("outcomes by day")
        constraints = [
            models.UniqueConstraint(fields=["day", "channel"], name="daily_outcomes_once"),
            models.CheckConstraint(condition=Q(begun_whole__lte=F("begun")), name="daily_outcomes_make_sense"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.channel}"


class DayState(models.Model):
    """Whether what was derived of one business day may be trusted.

    `marks` counts how often the day was told to be stale: a rebuild that finds another number at its end than at its
    beginning leaves the day dirty, since something changed while it read.
    """

    class State(models.TextChoices):
        DIRTY = "DIRTY", _("to rebuild")  # something of that day changed since its figures were made
        CLEAN = "CLEAN", _("up to date")  # the figures are what a recount would give

    day = models.DateField(_("business day"), primary_key=True)
    state = models.CharField(_("state"), max_length=5, choices=State.choices, default=State.DIRTY)
    marks = models.PositiveIntegerField(_("times marked"), default=0)
    dirtied_at = models.DateTimeField(_("to rebuild since"), null=True, blank=True)
    rebuilt_at = models.DateTimeField(_("rebuilt at"), null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.day)


class RollupState(DayState):
    """Of the figures of one closed business day. A closed day without a row was never built."""

    source_rows = models.PositiveIntegerField(_("source rows"), null=True, blank=True)
    seconds = models.FloatField(_("seconds"), null=True, blank=True)

    class Meta:
        verbose_name = _("state of a day's figures")
        verbose_name_plural = _("state of the figures")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["DIRTY", "CLEAN"]), name="rollup_state_known"),
            models.CheckConstraint(condition=~Q(state="CLEAN") | Q(rebuilt_at__isnull=False), name="rollup_clean_once_rebuilt"),
        ]
        indexes = [models.Index(fields=["day"], condition=Q(state="DIRTY"), name="rollup_dirty")]
