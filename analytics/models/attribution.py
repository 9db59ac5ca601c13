"""To which visits orders are owed, and what advertising cost. All but the spend is derived: see operations/attribution."""

from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from analytics.behaviour import origins
from analytics.models.rollups import DayState
from config.kernel.fields import MoneyAmountField
from config.kernel.models import User
from orders.models import Order

_CODES = [one.value for one in origins.Grouping]


class Grouping(models.TextChoices):
    # As behaviour/origins.py explains them.
    PAID_SEARCH = "paid_search", pgettext_lazy("origin", "paid search")  # an advertisement beside the answers of a search
    PAID_SOCIAL = "paid_social", pgettext_lazy("origin", "paid social")  # an advertisement in a network of people
    PAID_OTHER = "paid_other", pgettext_lazy("origin", "other advertising")  # banners, shopping sites
    ORGANIC_SEARCH = "organic_search", pgettext_lazy("origin", "organic search")  # an answer nobody paid for
    SOCIAL = "social", pgettext_lazy("origin", "social")  # a post, a blog, a group
    EMAIL = "email", pgettext_lazy("origin", "e-mail")  # newsletters and other mail
    MESSAGE = "message", pgettext_lazy("origin", "message")  # text messages, KakaoTalk, pushes
    REFERRAL = "referral", pgettext_lazy("origin", "link elsewhere")  # a link on another page
    OTHER = "other", pgettext_lazy("origin", "other campaign")  # its medium says none of these
    DIRECT = "direct", pgettext_lazy("origin", "direct")  # typed, a favorite, or nothing was told
    UNKNOWN = "unknown", pgettext_lazy("origin", "no visit known")  # by phone, or without consent


def _grouping() -> models.CharField:  # type: ignore[type-arg]
    return models.CharField(_("origin"), max_length=14, choices=Grouping.choices)


def _key() -> models.CharField:  # type: ignore[type-arg]
    return models.CharField(_("line of the campaign"), max_length=400)


def _credit(title: Any) -> models.DecimalField:  # type: ignore[type-arg]
    return models.DecimalField(title, max_digits=18, decimal_places=6, default=Decimal(0))


class OrderTouch(models.Model):
    """A visit of an order's own person before it, within the window. `counts` is false of direct ones beside others."""

    day = models.DateField(_("business day of the order"))
    order = models.ForeignKey(Order, models.CASCADE, related_name="+", db_index=False, verbose_name=_("order"))
    position = models.PositiveSmallIntegerField(_("position"))
    at = models.DateTimeField(pgettext_lazy("touch", "visited at"))
    channel = models.CharField(_("channel"), max_length=20)
    grouping = _grouping()
    source = models.CharField(pgettext_lazy("campaign", "source"), max_length=255, blank=True)
    medium = models.CharField(pgettext_lazy("campaign", "medium"), max_length=100, blank=True)
    campaign = models.CharField(pgettext_lazy("campaign", "campaign"), max_length=100, blank=True)
    campaign_key = _key()
    counts = models.BooleanField(pgettext_lazy("touch", "counts"))
    is_first = models.BooleanField(pgettext_lazy("touch", "first"))
    is_last = models.BooleanField(pgettext_lazy("touch", "last"))

    class Meta:
        verbose_name = _("touch of an order")
        verbose_name_plural = _("touches of orders")
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="order_touch_once"),
            models.CheckConstraint(condition=Q(grouping__in=_CODES), name="order_touch_grouping_known"),
            models.CheckConstraint(condition=Q(counts=True) | Q(is_first=False, is_last=False), name="order_touch_ends_count"),
        ]
        indexes = [
            models.Index(fields=["-day", "-id"], name="order_touch_by_day"),
            models.Index(fields=["grouping", "-day", "-id"], name="order_touch_by_grouping"),
            models.Index(fields=["campaign_key", "-day", "-id"], name="order_touch_by_campaign"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}.{self.position} {self.grouping}"


class DailyAttribution(models.Model):
    """One line of one business day: visits that began on it; and of the orders placed on it, how much is owed to this line.

    By four models: to the last touch, to the first, by position, to all the same. `lags` are the seconds from this line's
    first touch of an order to the order, one for each order it touched.
    """

    day = models.DateField(_("business day"))
    channel = models.CharField(_("channel"), max_length=20)
    grouping = _grouping()
    source = models.CharField(pgettext_lazy("campaign", "source"), max_length=255, blank=True)
    campaign = models.CharField(pgettext_lazy("campaign", "campaign"), max_length=100, blank=True)
    campaign_key = _key()
    visits = models.PositiveIntegerField(_("visits"), default=0)
    touched = models.PositiveIntegerField(_("orders touched"), default=0)
    assists = models.PositiveIntegerField(_("orders assisted"), default=0)
    last_orders = _credit(_("orders owed"))
    last_net = MoneyAmountField(_("net sales owed"), default=Decimal(0))
    last_new = _credit(_("new customers owed"))
    first_orders = _credit(_("orders owed"))
    first_net = MoneyAmountField(_("net sales owed"), default=Decimal(0))
    first_new = _credit(_("new customers owed"))
    position_orders = _credit(_("orders owed"))
    position_net = MoneyAmountField(_("net sales owed"), default=Decimal(0))
    position_new = _credit(_("new customers owed"))
    linear_orders = _credit(_("orders owed"))
    linear_net = MoneyAmountField(_("net sales owed"), default=Decimal(0))
    linear_new = _credit(_("new customers owed"))
    lags = ArrayField(models.PositiveIntegerField(), verbose_name=_("seconds to the order"), default=list)

    class Meta:
        verbose_name = _("a day's origin of visits and orders")
        verbose_name_plural = _("where customers come from")
        constraints = [
            models.UniqueConstraint(fields=["day", "channel", "campaign_key"], name="daily_attribution_once"),
            models.CheckConstraint(condition=Q(grouping__in=_CODES), name="daily_attribution_grouping_known"),
            models.CheckConstraint(condition=Q(assists__lte=models.F("touched")), name="daily_attribution_assists_touch"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.channel} {self.campaign_key}"


class DailyPath(models.Model):
    """By which kinds of origin the orders of one day came, one after the other."""

    day = models.DateField(_("business day"))
    channel = models.CharField(_("channel"), max_length=20)
    path = models.CharField(pgettext_lazy("attribution", "path"), max_length=120)
    orders = models.PositiveIntegerField(_("orders"))
    net = MoneyAmountField(_("net sales"))

    class Meta:
        verbose_name = _("a day's path to an order")
        verbose_name_plural = _("paths to orders by day")
        constraints = [models.UniqueConstraint(fields=["day", "channel", "path"], name="daily_path_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.path}"


class AttributionDay(DayState):
    """Whether the origins of one business day are what its visits and orders say. Marked like `VisitDay`, the open day too.

    A day that `is_kept` stays as it was made: some of the visits before its orders tell no longer whose they were.
    """

    source_rows = models.PositiveIntegerField(_("source rows"), null=True, blank=True)
    seconds = models.FloatField(_("seconds"), null=True, blank=True)
    is_kept = models.BooleanField(_("stays as it is"), default=False, db_default=False)

    class Meta:
        verbose_name = _("state of a day's origins")
        verbose_name_plural = _("state of the origins")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["DIRTY", "CLEAN"]), name="attribution_day_state_known"),
            models.CheckConstraint(
                condition=~Q(state="CLEAN") | Q(rebuilt_at__isnull=False), name="attribution_day_clean_once_rebuilt"
            ),
        ]
        indexes = [models.Index(fields=["day"], condition=Q(state="DIRTY"), name="attribution_day_dirty")]


class SpendImport(models.Model):
    """One table of spend that was taken in, with what became of its rows."""

    append_only = True

    imported_at = models.DateTimeField(_("imported at"))
    actor = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("imported by"))
    name = models.CharField(
        pgettext_lazy("import", "file"), max_length=200, blank=True, help_text=_("Empty where it came by the API.")
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    added = models.PositiveIntegerField(pgettext_lazy("rows", "added"))
    changed = models.PositiveIntegerField(pgettext_lazy("rows", "changed"))
    unchanged = models.PositiveIntegerField(pgettext_lazy("rows", "unchanged"))
    cost = MoneyAmountField(pgettext_lazy("advertising", "cost"))

    class Meta:
        verbose_name = _("import of advertising spend")
        verbose_name_plural = _("imports of advertising spend")
        indexes = [models.Index(fields=["-imported_at", "-id"], name="spend_import_by_time")]

    def __str__(self) -> str:
        return f"{self.imported_at:%Y-%m-%d %H:%M}"


class AdSpend(models.Model):
    """What one campaign showed and cost on one business day, as its platform tells. A later import replaces the figures."""

    day = models.DateField(_("business day"))
    source = models.CharField(pgettext_lazy("campaign", "source"), max_length=100)
    medium = models.CharField(pgettext_lazy("campaign", "medium"), max_length=100, blank=True)
    campaign = models.CharField(pgettext_lazy("campaign", "campaign"), max_length=100, blank=True)
    grouping = _grouping()
    campaign_key = _key()
    impressions = models.PositiveIntegerField(pgettext_lazy("advertising", "impressions"))
    clicks = models.PositiveIntegerField(pgettext_lazy("advertising", "clicks"))
    cost = MoneyAmountField(pgettext_lazy("advertising", "cost"))
    told_by = models.ForeignKey(SpendImport, models.PROTECT, related_name="+", verbose_name=_("import"))

    class Meta:
        verbose_name = _("advertising spend of a day")
        verbose_name_plural = _("advertising spend")
        constraints = [
            models.UniqueConstraint(fields=["day", "source", "medium", "campaign"], name="ad_spend_once"),
            models.CheckConstraint(condition=Q(grouping__in=_CODES), name="ad_spend_grouping_known"),
            models.CheckConstraint(condition=Q(cost__gte=0), name="ad_spend_cost_not_negative"),
        ]
        indexes = [
            models.Index(fields=["-day", "-id"], name="ad_spend_by_day"),
            models.Index(fields=["campaign_key", "-day", "-id"], name="ad_spend_by_campaign"),
        ]
        permissions = [("import_spend", _("Can import advertising spend"))]

    def __str__(self) -> str:
        return f"{self.day} {self.campaign_key}"
