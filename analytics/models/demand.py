"""What was wanted of each SKU in each warehouse day by day, what is expected, what staff say instead, and how well it went.

Demand is derived: days are replaced as a whole (operations/demand.py). Forecasts are kept for some weeks, as they were made, so
that they can be held against what happened; scores are kept for good. See docs/algorithms/demand.md.
"""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from analytics.models.rollups import DayState
from inventory.models import Variant, Warehouse

LONGEST_REASON = 200


def _numbers(title: Any) -> "ArrayField[list[float], list[float]]":
    return ArrayField(models.FloatField(), verbose_name=title, default=list)


class DemandClass(models.TextChoices):
    """How regularly and how evenly a SKU is wanted (Syntetos and Boylan)."""

    SMOOTH = "SMOOTH", pgettext_lazy("demand class", "smooth")  # often, and about as many each time
    ERRATIC = "ERRATIC", pgettext_lazy("demand class", "erratic")  # often, now few and now many
    INTERMITTENT = "INTERMITTENT", pgettext_lazy("demand class", "intermittent")  # rarely, and about as many each time
    LUMPY = "LUMPY", pgettext_lazy("demand class", "lumpy")  # rarely, now few and now many
    NEW = "NEW", pgettext_lazy("demand class", "new")  # too young to say
    SILENT = "SILENT", pgettext_lazy("demand class", "never wanted")  # planned for, and nobody has ordered it yet


class ServedRegion(models.Model):
    """Whose orders one warehouse is to serve: those to a province, or to postal codes that begin alike."""

    warehouse = models.ForeignKey(Warehouse, models.CASCADE, related_name="+", verbose_name=_("warehouse"))
    postal_prefix = models.CharField(
        _("postal code begins with"), max_length=10, blank=True, validators=[RegexValidator(r"^[0-9A-Za-z -]*$")],
        help_text=_("Such as 48 for Busan. Leave the province empty then."),
    )  # fmt: skip
    province = models.CharField(
        _("province"),
        max_length=40,
        blank=True,
        help_text=_("As addresses begin, such as 부산광역시. Leave the postal code empty then."),
    )
    priority = models.PositiveSmallIntegerField(
        pgettext_lazy("served region", "priority"),
        default=100,
        help_text=_("Where several fit an address, the lowest number holds."),
    )

    class Meta:
        verbose_name = _("served region")
        verbose_name_plural = _("served regions")
        ordering = ["priority", "id"]
        constraints = [
            models.UniqueConstraint(fields=["postal_prefix", "province"], name="served_region_once"),
            models.CheckConstraint(
                condition=Q(postal_prefix="") & ~Q(province="") | ~Q(postal_prefix="") & Q(province=""),
                name="served_region_by_one_of_two",
            ),
        ]

    def __str__(self) -> str:
        return self.postal_prefix or self.province


class DailyDemand(models.Model):
    """One SKU wanted at one warehouse on one business day, by when orders were placed. Days with nothing to say have no row.

    `units` are of ordinary lines, `bulk_units` of lines far larger than the SKU's usual ones; what was canceled is in neither.
    `returned_units` came back of what was ordered on this day, whenever. `sold_out` is the share of the day without any stock:
    demand was at least what is told then.
    """

    day = models.DateField(_("business day"))
    variant = models.ForeignKey(Variant, models.CASCADE, related_name="+", db_index=False, verbose_name=_("SKU"))
    warehouse = models.ForeignKey(Warehouse, models.CASCADE, related_name="+", db_index=False, verbose_name=_("warehouse"))
    lines = models.PositiveIntegerField(_("order lines"))
    units = models.PositiveIntegerField(_("units"))
    bulk_units = models.PositiveIntegerField(_("units of bulk orders"))
    promoted_units = models.PositiveIntegerField(_("of these with a promotion"))
    returned_units = models.PositiveIntegerField(_("returned units"))
    sold_out = models.DecimalField(_("sold out for (share of the day)"), max_digits=4, decimal_places=3)

    class Meta:
        verbose_name = _("daily demand for a SKU")
        verbose_name_plural = _("daily demand")
        constraints = [
            # A forecast reads SKU by SKU; days are made day by day.
            models.UniqueConstraint(fields=["variant", "warehouse", "day"], name="daily_demand_once"),
            models.CheckConstraint(
                condition=Q(promoted_units__lte=F("units"), sold_out__gte=0, sold_out__lte=1), name="daily_demand_makes_sense"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="daily_demand_by_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.variant_id}@{self.warehouse_id}"


class DemandDay(DayState):
    """Whether the demand of one closed day may be trusted; `rules` stands for the served regions it was made by."""

    rules = models.CharField(_("made by"), max_length=32, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("state of a day's demand")
        verbose_name_plural = _("state of the demand")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["DIRTY", "CLEAN"]), name="demand_day_known"),
            models.CheckConstraint(condition=~Q(state="CLEAN") | Q(rebuilt_at__isnull=False), name="demand_clean_once_rebuilt"),
        ]
        indexes = [models.Index(fields=["day"], condition=Q(state="DIRTY"), name="demand_day_dirty")]


class ForecastRun(models.Model):
    """One night's forecasts, made from demand up to the end of `origin`. It has ended when every chunk has."""

    origin = models.DateField(pgettext_lazy("forecast", "as of"), unique=True)
    began_at = models.DateTimeField(_("began at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    # What chunks share, counted once before them: spread, profile of the shop.
    pooled = models.JSONField(_("shared by all"), default=dict)

    class Meta:
        verbose_name = pgettext_lazy("model", "night of forecasts")
        verbose_name_plural = pgettext_lazy("model", "nights of forecasts")

    def __str__(self) -> str:
        return str(self.origin)


class ForecastChunk(models.Model):
    """The SKUs of a run that are forecast together, from one key to another. Done once and for all, or not at all."""

    run = models.ForeignKey(ForecastRun, models.CASCADE, related_name="chunks", db_index=False, verbose_name=_("run"))
    number = models.PositiveIntegerField(_("number"))
    first_variant = models.BigIntegerField(_("from SKU"))
    last_variant = models.BigIntegerField(_("to SKU"))
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    series = models.PositiveIntegerField(_("forecasts"), default=0)
    seconds = models.FloatField(_("seconds"), null=True, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "part of a night of forecasts")
        verbose_name_plural = pgettext_lazy("model", "parts of nights of forecasts")
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="forecast_chunk_once")]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.number}"


class DemandSeries(models.Model):
    """One SKU in one warehouse, as the latest forecast sees it; a row stays when its SKU is no longer wanted.

    `daily` is the expected demand of each coming day, the first being the day after `origin`; `dispersion` variance over mean.
    `trend` is the share by which demand changes with each week; `weekdays` factors from Monday on, one for a weekday like any.
    """

    variant = models.ForeignKey(Variant, models.CASCADE, related_name="+", db_index=False, verbose_name=_("SKU"))
    warehouse = models.ForeignKey(Warehouse, models.CASCADE, related_name="+", db_index=False, verbose_name=_("warehouse"))
    origin = models.DateField(pgettext_lazy("forecast", "as of"))
    demand_class = models.CharField(_("demand class"), max_length=12, choices=DemandClass.choices)
    method = models.CharField(pgettext_lazy("forecast", "method"), max_length=20)
    daily = _numbers(_("expected by day"))
    dispersion = models.FloatField(_("variance over mean"))
    level = models.FloatField(pgettext_lazy("forecast", "level"))
    trend = models.FloatField(pgettext_lazy("forecast", "trend"))
    weekdays = _numbers(_("weekday factors"))
    week_units = models.FloatField(_("expected in 7 days"))
    month_units = models.FloatField(_("expected in 28 days"))

    class Meta:
        verbose_name = pgettext_lazy("model", "demand for a SKU")
        verbose_name_plural = _("demand forecasts")
        constraints = [
            models.UniqueConstraint(fields=["variant", "warehouse"], name="demand_series_once"),
            models.CheckConstraint(condition=Q(dispersion__gte=1, week_units__gte=0), name="demand_series_makes_sense"),
        ]
        indexes = [
            models.Index(fields=["-week_units", "-id"], name="demand_series_by_week"),
            models.Index(fields=["demand_class", "-week_units", "-id"], name="demand_series_by_class"),
            models.Index(fields=["warehouse", "-week_units", "-id"], name="demand_series_by_place"),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id}@{self.warehouse_id}"


class DemandForecast(models.Model):
    """What was expected of one SKU in one warehouse on one evening, kept until it has been held against what happened.

    `plain` is what its simple referee expected of each day; `scale` the root mean square of the past's daily steps, by which
    errors are told in units of the SKU itself. The upper bounds are meant to hold in 97.5 % of cases.
    """

    series = models.ForeignKey(DemandSeries, models.CASCADE, related_name="forecasts", db_index=False, verbose_name=_("SKU"))
    origin = models.DateField(pgettext_lazy("forecast", "as of"))
    demand_class = models.CharField(_("demand class"), max_length=12, choices=DemandClass.choices)
    method = models.CharField(pgettext_lazy("forecast", "method"), max_length=20)
    week = _numbers(_("expected on each of 7 days"))
    week_units = models.FloatField(_("expected in 7 days"))
    month_units = models.FloatField(_("expected in 28 days"))
    week_upper = models.FloatField(_("at most in 7 days"))
    month_upper = models.FloatField(_("at most in 28 days"))
    plain = models.FloatField(_("expected of a day by the referee"))
    scale = models.FloatField(pgettext_lazy("forecast", "scale"))

    class Meta:
        verbose_name = pgettext_lazy("model", "forecast of an evening")
        verbose_name_plural = pgettext_lazy("model", "forecasts of evenings")
        constraints = [models.UniqueConstraint(fields=["series", "origin"], name="demand_forecast_once")]
        indexes = [models.Index(fields=["origin"], name="demand_forecast_by_origin")]

    def __str__(self) -> str:
        return f"{self.origin}: {self.series_id}"


class ForecastScore(models.Model):
    """How well one method did on one class of SKUs from one evening on, over so many days. Sold-out days are left out.

    Beside each stands a row of the simple referee, on the very SKUs that this method had forecast.

    Errors are summed over SKUs: `missed` the absolute ones of the whole span, `squared` of the mean squared daily error over
    the squared scale; `covered` of `coverable` SKUs stayed at or below the bound.
    """

    origin = models.DateField(pgettext_lazy("forecast", "as of"))
    days = models.PositiveSmallIntegerField(_("days ahead"))
    demand_class = models.CharField(_("demand class"), max_length=12, choices=DemandClass.choices)
    method = models.CharField(pgettext_lazy("forecast", "method"), max_length=20)
    is_referee = models.BooleanField(_("simple referee"))
    series = models.PositiveIntegerField(_("SKUs in warehouses"))
    units = models.BigIntegerField(_("units wanted"))
    expected = models.FloatField(_("units expected"))
    missed = models.FloatField(_("units missed"))
    squared = models.FloatField(_("squared scaled errors"))
    scaled = models.PositiveIntegerField(_("with a scale"))
    covered = models.PositiveIntegerField(_("within the bound"))
    coverable = models.PositiveIntegerField(_("with a bound"))

    class Meta:
        verbose_name = pgettext_lazy("model", "forecast accuracy")
        verbose_name_plural = pgettext_lazy("models", "forecast accuracy")
        constraints = [
            models.UniqueConstraint(
                fields=["origin", "days", "demand_class", "method", "is_referee"], name="forecast_score_once"
            ),
            models.CheckConstraint(
                condition=Q(covered__lte=F("coverable"), coverable__lte=F("series"), scaled__lte=F("series")),
                name="forecast_score_makes_sense",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin}: {self.method}, {self.demand_class}"


class MethodChoice(models.Model):
    """Which method forecasts a class of SKUs, and the numbers that speak for it."""

    demand_class = models.CharField(_("demand class"), max_length=12, choices=DemandClass.choices, primary_key=True)
    method = models.CharField(pgettext_lazy("forecast", "method"), max_length=20)
    since = models.DateField(_("since"))
    why = models.JSONField(_("why"), default=dict)
    chosen_at = models.DateTimeField(_("chosen at"))

    class Meta:
        verbose_name = pgettext_lazy("model", "method of a demand class")
        verbose_name_plural = pgettext_lazy("model", "methods by demand class")

    def __str__(self) -> str:
        return f"{self.demand_class}: {self.method}"


class MethodChange(models.Model):
    """A class of SKUs came to be forecast by another method, with what decided it."""

    append_only = True

    class Cause(models.TextChoices):
        TRIED = "TRIED", pgettext_lazy("cause", "best on the past")  # tried out on earlier days
        LOST = "LOST", pgettext_lazy("cause", "lost twice to its referee")  # two weeks running, on what really happened

    demand_class = models.CharField(_("demand class"), max_length=12, choices=DemandClass.choices)
    former = models.CharField(_("before"), max_length=20, blank=True)
    method = models.CharField(pgettext_lazy("forecast", "method"), max_length=20)
    cause = models.CharField(pgettext_lazy("forecast", "cause"), max_length=5, choices=Cause.choices)
    why = models.JSONField(_("why"), default=dict)
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = pgettext_lazy("model", "change of a method")
        verbose_name_plural = pgettext_lazy("model", "changes of methods")
        indexes = [models.Index(fields=["-changed_at", "-id"], name="method_change_by_time")]
        constraints = [models.CheckConstraint(condition=Q(cause__in=["TRIED", "LOST"]), name="method_change_known")]

    def __str__(self) -> str:
        return f"{self.demand_class}: {self.former} > {self.method}"


class DemandOverride(models.Model):
    """What staff expect instead of the forecast, for a while: so many units a day, or so many percent of the forecast.

    It wins until its last day, or until it is taken back. Of one SKU in one warehouse at most one stands.
    """

    MOST_DAYS = 366

    series = models.ForeignKey(DemandSeries, models.PROTECT, related_name="overrides", db_index=False, verbose_name=_("SKU"))
    first_on = models.DateField(_("from"))
    last_on = models.DateField(_("until"))
    units_a_day = models.DecimalField(
        _("units a day"), max_digits=9, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    percent = models.PositiveSmallIntegerField(
        _("percent of the forecast"), null=True, blank=True, validators=[MaxValueValidator(1000)]
    )
    reason = models.CharField(_("reason"), max_length=LONGEST_REASON)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("staff member")
    )
    made_at = models.DateTimeField(_("made at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )
    end_reason = models.CharField(_("why it ended"), max_length=LONGEST_REASON, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "demand set by staff")
        verbose_name_plural = pgettext_lazy("models", "demand set by staff")
        constraints = [
            models.UniqueConstraint(fields=["series"], condition=Q(ended_at=None), name="demand_override_one_stands"),
            models.CheckConstraint(
                condition=Q(units_a_day__gte=0, percent=None) | Q(units_a_day=None, percent__gte=0),
                name="demand_override_one_of_two",
            ),
            models.CheckConstraint(condition=Q(last_on__gte=F("first_on")) & ~Q(reason=""), name="demand_override_makes_sense"),
        ]
        indexes = [models.Index(fields=["series", "-id"], name="demand_override_story")]

    def __str__(self) -> str:
        return f"{self.series_id}: {self.first_on} - {self.last_on}"
