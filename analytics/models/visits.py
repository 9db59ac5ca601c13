"""Visits of shoppers. Derived: a business day's visits are made anew as a whole from its events, see operations/visits.

What a visit is, and when its stages begin, stands in docs/algorithms/journey.md.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from analytics.behaviour.funnel import BY_STEP, Reason, Step
from analytics.models.behaviour import EventSource
from analytics.models.interest import (
    REASONS,
    STEPS,
)
from analytics.models.rollups import (
    DayState,
)
from campaigns.models import Customer

# The first moments of a visit, none of which lies outside of it.
MOMENTS = ("viewed_at", "compared_at", "decided_at", "checkout_at", "ordered_at")


# As analytics/behaviour/funnel.py says: the furthest step, and why a visit without an order ended.
_STEP = Case(
    When(ordered_at__isnull=False, then=Value(Step.BUY.value)),
    When(checkout_at__isnull=False, then=Value(Step.CHECKOUT.value)),
    When(decided_at__isnull=False, then=Value(Step.DECIDE.value)),
    When(compared_at__isnull=False, then=Value(Step.COMPARE.value)),
    When(viewed_at__isnull=False, then=Value(Step.VIEW.value)),
    default=Value(Step.EXPLORE.value),
)
_REASON = Case(
    When(ordered_at__isnull=False, then=Value("")),
    When(out_of_stock__gt=0, then=Value(Reason.OUT_OF_STOCK.value)),
    When(dry_searches__gt=0, then=Value(Reason.NO_RESULT.value)),
    When(is_bounce=True, then=Value(Reason.BOUNCED.value)),
    When(checkout_at__isnull=False, then=Value(BY_STEP[Step.CHECKOUT].value)),
    When(decided_at__isnull=False, then=Value(BY_STEP[Step.DECIDE].value)),
    When(compared_at__isnull=False, then=Value(BY_STEP[Step.COMPARE].value)),
    When(viewed_at__isnull=False, then=Value(BY_STEP[Step.VIEW].value)),
    default=Value(BY_STEP[Step.EXPLORE].value),
)


def _within(moment: str) -> Q:
    return Q(**{f"{moment}__isnull": True}) | Q(**{f"{moment}__gte": F("started_at"), f"{moment}__lte": F("ended_at")})


class Visit(models.Model):
    """What one visitor did at a stretch on one business day: events less than 30 minutes apart, of shoppers who agreed.

    `customer` is who was named in it; where nobody was, the one customer the visitor is known as.
    """

    day = models.DateField(_("business day"))
    visitor = models.BigIntegerField(_("visitor"))
    # Held to no customer by the database, as in the events: what they name is stored as it was said.
    customer = models.ForeignKey(
        Customer,
        models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("customer"),
    )
    is_named = models.BooleanField(_("customer named"), help_text=_("A customer was named during the visit."))
    source = models.ForeignKey(EventSource, models.PROTECT, related_name="+", db_index=False, verbose_name=_("event source"))
    started_at = models.DateTimeField(_("started at"))
    ended_at = models.DateTimeField(_("ended at"))
    events = models.PositiveIntegerField(_("events"))
    pages = models.PositiveIntegerField(_("pages"))
    products = models.PositiveIntegerField(_("products viewed"))
    out_of_stock = models.PositiveIntegerField(_("of these out of stock"))
    searches = models.PositiveIntegerField(_("searches"))
    added = models.PositiveBigIntegerField(_("units put in the cart"))
    active_seconds = models.DecimalField(_("active seconds"), max_digits=14, decimal_places=3)
    landing = models.CharField(_("landing page"), max_length=500, blank=True)
    referrer = models.CharField(_("referrer"), max_length=255, blank=True)
    utm_source = models.CharField("utm_source", max_length=100, blank=True)
    utm_medium = models.CharField("utm_medium", max_length=100, blank=True)
    utm_campaign = models.CharField("utm_campaign", max_length=100, blank=True)
    click_id = models.CharField(_("kind of click id"), max_length=11, blank=True)
    viewed_at = models.DateTimeField(pgettext_lazy("visit", "first product viewed at"), null=True, blank=True)
    compared_at = models.DateTimeField(pgettext_lazy("visit", "compared from"), null=True, blank=True)
    decided_at = models.DateTimeField(pgettext_lazy("visit", "about to buy from"), null=True, blank=True)
    checkout_at = models.DateTimeField(pgettext_lazy("visit", "checkout at"), null=True, blank=True)
    ordered_at = models.DateTimeField(pgettext_lazy("visit", "ordered at"), null=True, blank=True)
    orders = ArrayField(models.CharField(max_length=64), verbose_name=_("order numbers told"), default=list, blank=True)
    dry_searches = models.PositiveIntegerField(_("searches without a result"), default=0, db_default=0)
    is_bounce = models.BooleanField(_("one page and nothing else"), default=False, db_default=False)
    categories = ArrayField(
        models.BigIntegerField(), verbose_name=_("categories viewed"), default=list, db_default=Value([]), blank=True
    )
    step = models.GeneratedField(
        expression=_STEP,
        output_field=models.PositiveSmallIntegerField(
            _("furthest step"), choices=[(one.value, title) for one, title in STEPS.items()]
        ),
        db_persist=True,
    )
    reason = models.GeneratedField(
        expression=_REASON,
        output_field=models.CharField(
            _("reason"), max_length=12, choices=[(one.value, title) for one, title in REASONS.items()]
        ),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        constraints = [
            models.UniqueConstraint(fields=["visitor", "started_at"], name="visit_once"),
            models.CheckConstraint(condition=Q(ended_at__gte=F("started_at")), name="visit_ends_after_it_starts"),
            *(models.CheckConstraint(condition=_within(one), name=f"visit_{one}_within") for one in MOMENTS),
            # Starting a checkout is one way of being about to buy. No other two moments follow from each other: a visit
            # may read reviews before it sees a product, and order what lay in the cart.
            models.CheckConstraint(
                condition=Q(checkout_at__isnull=True) | Q(decided_at__isnull=False, decided_at__lte=F("checkout_at")),
                name="visit_checkout_after_deciding",
            ),
            models.CheckConstraint(
                condition=Q(viewed_at__isnull=True, products=0) | Q(viewed_at__isnull=False, products__gt=0),
                name="visit_viewed_where_products",
            ),
            models.CheckConstraint(
                condition=Q(ordered_at__isnull=True, orders=[]) | Q(ordered_at__isnull=False) & ~Q(orders=[]),
                name="visit_ordered_where_orders",
            ),
            models.CheckConstraint(
                condition=Q(
                    events__gt=0,
                    pages__lte=F("events"),
                    products__lte=F("events"),
                    searches__lte=F("events"),
                    out_of_stock__lte=F("products"),
                ),
                name="visit_counts_make_sense",
            ),
            models.CheckConstraint(condition=Q(dry_searches__lte=F("searches")), name="visit_dry_searches_are_searches"),
        ]
        indexes = [
            models.Index(fields=["day"], name="visit_by_day"),
            models.Index(fields=["day"], condition=Q(ordered_at__isnull=False), name="visit_that_ordered"),
            models.Index(fields=["-started_at", "-id"], name="visit_by_time"),
            models.Index(
                fields=["customer", "-started_at", "-visitor"],
                condition=Q(customer__isnull=False),
                name="visit_by_customer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} {self.visitor}"


class VisitDay(DayState):
    """Of the visits of one business day, the open day too.

    `catalog` tells apart by which assignment of SKUs to products and categories they were made. A day that `is_forgotten`
    lies too far back to tell whose its visits were.
    """

    source_rows = models.PositiveIntegerField(_("source rows"), null=True, blank=True)
    seconds = models.FloatField(_("seconds"), null=True, blank=True)
    catalog = models.BigIntegerField(_("mark of the catalog"), null=True, blank=True)
    is_forgotten = models.BooleanField(_("tells no customers"), default=False, db_default=False)
    # As `marks` was when its events last forgot whose they are; with more marks there may be events that have not.
    forgotten_marks = models.PositiveIntegerField(_("marks when its events were forgotten"), null=True, blank=True)

    class Meta:
        verbose_name = _("state of a day's visits")
        verbose_name_plural = _("state of the visits")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["DIRTY", "CLEAN"]), name="visit_day_state_known"),
            models.CheckConstraint(
                condition=~Q(state="CLEAN") | Q(rebuilt_at__isnull=False), name="visit_day_clean_once_rebuilt"
            ),
        ]
        indexes = [models.Index(fields=["day"], condition=Q(state="DIRTY"), name="visit_day_dirty")]
