"""What shoppers do, as figures of business days. Derived: made in the transaction in which the day's visits are made, so that
visits and their figures never disagree. See docs/algorithms/interest.md.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from analytics.behaviour.funnel import Reason, Step
from inventory.models import Category, Variant

STEPS = {
    Step.EXPLORE: pgettext_lazy("step", "Explore"),
    Step.VIEW: pgettext_lazy("step", "Viewed a product"),
    Step.COMPARE: pgettext_lazy("step", "Compared"),
    Step.DECIDE: pgettext_lazy("step", "About to buy"),
    Step.CHECKOUT: pgettext_lazy("step", "Checkout"),
    Step.BUY: pgettext_lazy("step", "Bought"),
}
REASONS = {
    Reason.OUT_OF_STOCK: pgettext_lazy("reason to leave", "Out of stock when viewed"),
    Reason.NO_RESULT: pgettext_lazy("reason to leave", "Search without a result"),
    Reason.BOUNCED: pgettext_lazy("reason to leave", "One page and gone"),
    Reason.CHECKOUT: pgettext_lazy("reason to leave", "Left at the checkout"),
    Reason.CART: pgettext_lazy("reason to leave", "Left what was put aside"),
    Reason.COMPARED: pgettext_lazy("reason to leave", "Compared and left"),
    Reason.VIEWED: pgettext_lazy("reason to leave", "Looked at a product and left"),
    Reason.LOOKED: pgettext_lazy("reason to leave", "Looked around and left"),
}


class HourlyVisits(models.Model):
    """Visits that began in one hour of one business day, told by sources of one channel, and what happened in them.

    Of the columns that name a step, each counts the visits that did this, whatever else they did. `lost_...` tell why visits
    without an order ended, each visit once.
    """

    day = models.DateField(_("business day"))
    hour = models.PositiveSmallIntegerField(_("hour"))
    channel = models.CharField(_("channel"), max_length=20, blank=True)
    visits = models.PositiveIntegerField(_("visits"))
    viewed = models.PositiveIntegerField(_("viewed a product"))
    compared = models.PositiveIntegerField(_("compared"))
    decided = models.PositiveIntegerField(_("were about to buy"))
    checkout = models.PositiveIntegerField(_("began to order"))
    ordered = models.PositiveIntegerField(_("ordered"))
    carted = models.PositiveIntegerField(_("put something in the cart"))
    carts_left = models.PositiveIntegerField(_("left the cart"))
    bounces = models.PositiveIntegerField(_("saw one page only"))
    saw_out_of_stock = models.PositiveIntegerField(_("saw something out of stock"))
    pages = models.PositiveIntegerField(_("pages"))
    searches = models.PositiveIntegerField(_("searches"))
    dry_searches = models.PositiveIntegerField(_("searches without a result"))
    products = models.PositiveIntegerField(_("products viewed"))
    added = models.PositiveBigIntegerField(_("units put in the cart"))
    active_seconds = models.DecimalField(_("active seconds"), max_digits=16, decimal_places=3)
    lost_out_of_stock = models.PositiveIntegerField(REASONS[Reason.OUT_OF_STOCK])
    lost_no_result = models.PositiveIntegerField(REASONS[Reason.NO_RESULT])
    lost_bounced = models.PositiveIntegerField(REASONS[Reason.BOUNCED])
    lost_checkout = models.PositiveIntegerField(REASONS[Reason.CHECKOUT])
    lost_cart = models.PositiveIntegerField(REASONS[Reason.CART])
    lost_compared = models.PositiveIntegerField(REASONS[Reason.COMPARED])
    lost_viewed = models.PositiveIntegerField(REASONS[Reason.VIEWED])
    lost_looked = models.PositiveIntegerField(REASONS[Reason.LOOKED])

    class Meta:
        verbose_name = _("visits of an hour")
        verbose_name_plural = _("visits by hour")
        constraints = [
            models.UniqueConstraint(fields=["day", "hour", "channel"], name="hourly_visits_once"),
            models.CheckConstraint(condition=Q(hour__lte=23), name="hourly_visits_hour_of_a_day"),
            models.CheckConstraint(
                condition=Q(
                    visits=F("ordered")
                    + F("lost_out_of_stock")
                    + F("lost_no_result")
                    + F("lost_bounced")
                    + F("lost_checkout")
                    + F("lost_cart")
                    + F("lost_compared")
                    + F("lost_viewed")
                    + F("lost_looked")
                ),
                name="hourly_visits_order_or_are_lost",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.hour:02}h {self.channel}"


class DailyVisitors(models.Model):
    """How many visitors came on one business day, by one channel or, without one, by any. Days and channels do not add up."""

    day = models.DateField(_("business day"))
    channel = models.CharField(_("channel"), max_length=20, null=True, blank=True)  # noqa: DJ001  none is not the empty one
    visitors = models.PositiveIntegerField(_("visitors"))

    class Meta:
        verbose_name = _("visitors of a day")
        verbose_name_plural = _("visitors by day")
        constraints = [
            models.UniqueConstraint(fields=["day", "channel"], nulls_distinct=False, name="daily_visitors_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.channel or ''}"


class DailyFunnel(models.Model):
    """How many visits of one business day came how far, and why they ended there. Without a category all visits, each once;
    with one, those that viewed a product of it.
    """

    day = models.DateField(_("business day"))
    channel = models.CharField(_("channel"), max_length=20, blank=True)
    category = models.ForeignKey(
        Category, models.CASCADE, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("category")
    )
    step = models.PositiveSmallIntegerField(_("furthest step"), choices=[(one.value, title) for one, title in STEPS.items()])
    reason = models.CharField(_("reason"), max_length=12, blank=True, choices=[(one.value, to) for one, to in REASONS.items()])
    visits = models.PositiveIntegerField(_("visits"))

    class Meta:
        verbose_name = _("funnel of a day")
        verbose_name_plural = _("funnel")
        constraints = [
            models.UniqueConstraint(
                fields=["day", "category", "channel", "step", "reason"], nulls_distinct=False, name="daily_funnel_once"
            ),
            models.CheckConstraint(
                condition=Q(step=Step.BUY.value, reason="") | Q(step__lt=Step.BUY.value) & ~Q(reason=""),
                name="daily_funnel_one_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.channel} {self.step}"


class DailyInterest(models.Model):
    """What visits did with one SKU on one business day."""

    day = models.DateField(_("business day"))
    variant = models.ForeignKey(Variant, models.CASCADE, related_name="+", db_index=False, verbose_name=_("SKU"))
    views = models.PositiveIntegerField(_("views"))
    viewing = models.PositiveIntegerField(_("visits viewing it"))
    viewing_out_of_stock = models.PositiveIntegerField(_("visits viewing it out of stock"))
    added = models.PositiveBigIntegerField(_("units put in the cart"))
    adding = models.PositiveIntegerField(_("visits putting it in the cart"))
    wished = models.PositiveIntegerField(_("times wished for"))
    reviews = models.PositiveIntegerField(_("times its reviews were read"))
    dwell_seconds = models.DecimalField(_("active seconds"), max_digits=16, decimal_places=3)

    class Meta:
        verbose_name = _("interest in a SKU on a day")
        verbose_name_plural = _("interest by SKU")
        constraints = [models.UniqueConstraint(fields=["day", "variant"], name="daily_interest_once")]

    def __str__(self) -> str:
        return f"{self.day}: {self.variant_id}"


class DailySearch(models.Model):
    """How often one term was searched for on one business day, and what followed in the same visits."""

    day = models.DateField(_("business day"))
    term = models.CharField(_("search term"), max_length=60)
    searches = models.PositiveIntegerField(_("searches"))
    visits = models.PositiveIntegerField(_("visits"))
    visitors = models.PositiveIntegerField(_("visitors"))
    dry = models.PositiveIntegerField(_("searches without a result"))
    viewed = models.PositiveIntegerField(_("visits that then viewed a product"))
    added = models.PositiveIntegerField(_("visits that then put something in the cart"))

    class Meta:
        verbose_name = _("searches of a day")
        verbose_name_plural = _("search terms")
        constraints = [models.UniqueConstraint(fields=["day", "term"], name="daily_search_once")]

    def __str__(self) -> str:
        return f"{self.day}: {self.term}"


class HourlyInterest(models.Model):
    """How many visitors turned to one SKU in one hour, each once for a kind of act. Counted with the hour's events and kept
    for as long as ranking looks back, see operations/trending.
    """

    hour = models.DateTimeField(_("hour"))
    variant = models.ForeignKey(Variant, models.CASCADE, related_name="+", db_index=False, verbose_name=_("SKU"))
    viewers = models.PositiveIntegerField(_("visitors viewing it"))
    wishers = models.PositiveIntegerField(_("visitors wishing for it"))
    carters = models.PositiveIntegerField(_("visitors putting it in the cart"))

    class Meta:
        verbose_name = _("interest in a SKU in an hour")
        verbose_name_plural = _("interest by hour and SKU")
        constraints = [models.UniqueConstraint(fields=["hour", "variant"], name="hourly_interest_once")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}h {self.variant_id}"


class TrendingProduct(models.Model):
    """A SKU that shoppers turn to at present: its score and what it is made of. Replaced as a whole every few minutes.

    People are counted once for each kind of act and hour; the scores by kind add up to the score. See
    analytics/behaviour/trending.py.
    """

    variant = models.OneToOneField(Variant, models.CASCADE, related_name="+", verbose_name=_("SKU"))
    rank = models.PositiveIntegerField(_("rank"))
    score = models.FloatField(_("score"))
    viewers = models.PositiveIntegerField(_("times viewed"))
    wishers = models.PositiveIntegerField(_("times wished for"))
    carters = models.PositiveIntegerField(_("times put in the cart"))
    buyers = models.PositiveIntegerField(_("times ordered"))
    view_score = models.FloatField(_("of the score by views"))
    wish_score = models.FloatField(_("of the score by wishes"))
    cart_score = models.FloatField(_("of the score by carts"))
    order_score = models.FloatField(_("of the score by orders"))
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("trending product")
        verbose_name_plural = _("trending products")
        indexes = [models.Index(fields=["rank"], name="trending_by_rank")]

    def __str__(self) -> str:
        return f"{self.rank}: {self.variant_id}"


class DailyVisitPath(models.Model):
    """How many visits of one business day went one way: where they began, and what they did first, second and so on."""

    day = models.DateField(_("business day"))
    channel = models.CharField(_("channel"), max_length=20, blank=True)
    # As analytics/behaviour/paths.py tells them.
    landing = models.CharField(_("kind of landing page"), max_length=500, blank=True)
    acts = models.CharField(pgettext_lazy("visit", "way"), max_length=60, blank=True)
    visits = models.PositiveIntegerField(_("visits"))

    class Meta:
        verbose_name = _("way of a day's visits")
        verbose_name_plural = _("ways of visits")
        constraints = [models.UniqueConstraint(fields=["day", "channel", "landing", "acts"], name="daily_visit_path_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.landing} {self.acts}"
