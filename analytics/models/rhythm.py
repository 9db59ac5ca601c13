"""The rhythm of customers, and the hours of the week that decide. Derived, except for what staff say and the history of types.

The rules stand in analytics/rhythm/; what they mean for staff in docs/algorithms/rhythm.md.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.models import Customer


class BuyerType(models.TextChoices):
    IMMEDIATE = "IMMEDIATE", _("immediate")  # sees it and buys it
    DELIBERATE = "DELIBERATE", _("deliberate")  # comes back, compares and reads before buying
    REPEATING = "REPEATING", _("repeating")  # buys by the calendar
    UNKNOWN = "UNKNOWN", _("not enough known")  # an answer, too


_TYPES = [one.value for one in BuyerType]
_TOLD_TYPES = [one for one in _TYPES if one != BuyerType.UNKNOWN]


class RhythmRun(models.Model):
    """One reading of customers, as of the end of a business day, with what they all were compared with.

    `left_out` are days whose data could not be trusted. A run without an end did not come to one: what it left is read by
    the next, which looks back to the last that ended.
    """

    as_of = models.DateField(_("as of"))
    began_at = models.DateTimeField(_("began at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    customers = models.PositiveIntegerField(_("customers read"), default=0)
    usual_hours = ArrayField(models.FloatField(), verbose_name=_("usual hours"), size=24)
    usual_weekdays = ArrayField(models.FloatField(), verbose_name=_("usual weekdays"), size=7)
    price_thirds = ArrayField(models.FloatField(), verbose_name=_("thirds of the prices"), default=list, blank=True)
    left_out = ArrayField(models.DateField(), verbose_name=_("days left out"), default=list, blank=True)

    class Meta:
        verbose_name = _("reading of customers")
        verbose_name_plural = _("readings of customers")

    def __str__(self) -> str:
        return str(self.as_of)


class CustomerRhythm(models.Model):
    """When one customer buys, what kind of buyer they are, and whether their interest declines, as of the run that read them.

    `found_type` is what the rules say of that day alone; `settled_type` does not flip with each purchase; what staff said
    (`said_type`) goes before both and is no derived figure.
    """

    customer = models.OneToOneField(
        Customer, models.CASCADE, primary_key=True, related_name="+", verbose_name=_("customer")
    )  # fmt: skip
    run = models.ForeignKey(RhythmRun, models.PROTECT, related_name="+", db_index=False, verbose_name=_("reading of customers"))
    read_on = models.DateField(_("as of"))
    review_on = models.DateField(_("to be read again on"), null=True, blank=True)

    orders = models.PositiveIntegerField(_("orders"))
    visits = models.PositiveIntegerField(_("visits"))
    last_bought_on = models.DateField(_("last bought on"), null=True, blank=True)
    cycle_days = models.FloatField(_("buys every (days)"), null=True, blank=True)
    cycle_confidence = models.FloatField(_("how sure the cycle is"), null=True, blank=True)
    expected_on = models.DateField(_("next purchase expected on"), null=True, blank=True)
    due_from = models.DateField(_("due from"), null=True, blank=True)
    due_until = models.DateField(_("due until"), null=True, blank=True)
    is_due = models.BooleanField(_("due to buy again"), default=False)
    hour = models.PositiveSmallIntegerField(_("preferred hour"))
    weekday = models.PositiveSmallIntegerField(_("preferred weekday"))
    is_own_slot = models.BooleanField(_("the customer's own"), help_text=_("Else the shop's usual hour and weekday."))
    decline_score = models.FloatField(_("decline of interest"), null=True, blank=True)
    declines = models.BooleanField(_("interest declines"))

    found_type = models.CharField(_("found today"), max_length=10, choices=BuyerType.choices)
    found_confidence = models.FloatField(_("how sure the type is"))
    settled_type = models.CharField(_("by the rules"), max_length=10, choices=BuyerType.choices)
    settled_since = models.DateField(_("by the rules since"), null=True, blank=True)
    candidate_type = models.CharField(_("may become"), max_length=10, choices=BuyerType.choices, blank=True)
    candidate_since = models.DateField(_("may become since"), null=True, blank=True)
    why = models.JSONField(_("why"))

    said_type = models.CharField(_("said by staff"), max_length=10, choices=BuyerType.choices, null=True, blank=True)  # noqa: DJ001  nothing said is no type
    said_reason = models.CharField(_("reason of staff"), max_length=200, blank=True)
    said_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("staff member")
    )
    said_at = models.DateTimeField(_("said at"), null=True, blank=True)
    buyer_type = models.GeneratedField(
        expression=Coalesce(F("said_type"), F("settled_type")),
        output_field=models.CharField(_("buyer type"), max_length=10, choices=BuyerType.choices),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("rhythm of a customer")
        verbose_name_plural = _("customer rhythm")
        constraints = [
            models.CheckConstraint(
                condition=Q(found_type__in=_TYPES, settled_type__in=_TYPES)
                & (Q(said_type=None) | Q(said_type__in=_TOLD_TYPES)),
                name="customer_rhythm_types_known",
            ),
            models.CheckConstraint(condition=Q(hour__lte=23, weekday__lte=6), name="customer_rhythm_slot_of_a_week"),
            models.CheckConstraint(
                condition=Q(said_type=None, said_reason="") | Q(said_type__isnull=False) & ~Q(said_reason=""),
                name="customer_rhythm_said_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(expected_on=None, due_from=None, due_until=None, cycle_days=None, cycle_confidence=None)
                | Q(
                    expected_on__isnull=False,
                    due_from__lte=F("expected_on"),
                    due_until__gte=F("expected_on"),
                    cycle_days__gt=0,
                    cycle_confidence__isnull=False,
                ),
                name="customer_rhythm_due_around_expected",
            ),
        ]
        indexes = [
            # Who has only looked so far stands behind all who have bought.
            models.Index(F("last_bought_on").desc(nulls_last=True), F("customer").desc(), name="customer_rhythm_latest"),
            models.Index(
                F("buyer_type").asc(),
                F("last_bought_on").desc(nulls_last=True),
                F("customer").desc(),
                name="customer_rhythm_by_type",
            ),
            models.Index(fields=["-decline_score", "-customer"], condition=Q(declines=True), name="customer_rhythm_declining"),
            models.Index(fields=["expected_on", "customer"], condition=Q(is_due=True), name="customer_rhythm_due"),
            models.Index(
                fields=["due_from"], condition=Q(due_from__isnull=False, is_due=False), name="customer_rhythm_will_be_due"
            ),
            models.Index(fields=["review_on"], condition=Q(review_on__isnull=False), name="customer_rhythm_review"),
        ]

    def __str__(self) -> str:
        return str(self.customer_id)


class BuyerTypeChange(models.Model):
    """A customer became another type of buyer: by the rules, with the numbers that decided, or because staff said so."""

    append_only = True

    class Cause(models.TextChoices):
        RULES = "RULES", pgettext_lazy("cause", "by the rules")  # the nightly reading
        SAID = "SAID", pgettext_lazy("cause", "said by staff")  # with a reason
        TAKEN_BACK = "TAKEN_BACK", pgettext_lazy("cause", "taken back by staff")  # the rules hold again

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", db_index=False, verbose_name=_("customer"))
    former = models.CharField(_("before"), max_length=10, choices=BuyerType.choices)
    buyer_type = models.CharField(_("buyer type"), max_length=10, choices=BuyerType.choices)
    cause = models.CharField(pgettext_lazy("buyer type", "cause"), max_length=10, choices=Cause.choices)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    why = models.JSONField(_("why"), default=dict, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("change of a buyer type")
        verbose_name_plural = _("changes of buyer types")
        indexes = [models.Index(fields=["customer", "-id"], name="buyer_type_change_story")]
        constraints = [
            models.CheckConstraint(
                condition=Q(former__in=_TYPES, buyer_type__in=_TYPES, cause__in=["RULES", "SAID", "TAKEN_BACK"]),
                name="buyer_type_change_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.former} > {self.buyer_type}"


class BuyerTypeCount(models.Model):
    """How many customers were of one type at the end of one business day, and how many of them were due or declined."""

    day = models.DateField(_("business day"))
    buyer_type = models.CharField(_("buyer type"), max_length=10, choices=BuyerType.choices)
    customers = models.PositiveIntegerField(_("customers"))
    due = models.PositiveIntegerField(_("due to buy again"))
    declining = models.PositiveIntegerField(_("interest declines"))

    class Meta:
        verbose_name = _("customers of a buyer type")
        verbose_name_plural = _("customers by buyer type")
        constraints = [models.UniqueConstraint(fields=["day", "buyer_type"], name="buyer_type_count_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.buyer_type}"


class Playbook(models.Model):
    """What to do about one type of buyer, in the shop's own words."""

    buyer_type = models.CharField(_("buyer type"), max_length=10, choices=BuyerType.choices, primary_key=True)
    text = models.TextField(
        _("what to do"), max_length=4_000, help_text=_("Offers and their timing, reviews, reminders: one line for each.")
    )

    class Meta:
        verbose_name = _("playbook of a buyer type")
        verbose_name_plural = _("playbooks")
        constraints = [models.CheckConstraint(condition=Q(buyer_type__in=_TOLD_TYPES), name="playbook_of_a_type")]

    def __str__(self) -> str:
        return str(BuyerType(self.buyer_type).label)


class SlotRun(models.Model):
    """One search for decisive slots, over the visits of some closed days."""

    first_on = models.DateField(_("from"))
    last_on = models.DateField(_("until"))
    made_at = models.DateTimeField(_("made at"))
    visits = models.PositiveBigIntegerField(_("visits"))
    ordered = models.PositiveBigIntegerField(_("visits with an order"))
    left_out = ArrayField(models.DateField(), verbose_name=_("days left out"), default=list, blank=True)

    class Meta:
        verbose_name = _("search for decisive slots")
        verbose_name_plural = _("searches for decisive slots")
        constraints = [models.UniqueConstraint(fields=["last_on"], name="slot_run_once_a_day")]

    def __str__(self) -> str:
        return f"{self.first_on} - {self.last_on}"


class SlotConversion(models.Model):
    """One hour of the week in one search: how many visits began and how many ordered, with the evidence for the verdict.

    `channel` is empty for the whole shop. `chance` is Fisher's, `q` the share of wrong answers when all up to here are taken.
    """

    run = models.ForeignKey(SlotRun, models.CASCADE, related_name="slots", db_index=False, verbose_name=_("search"))
    channel = models.CharField(_("channel"), max_length=20, blank=True)
    weekday = models.PositiveSmallIntegerField(_("weekday"))
    hour = models.PositiveSmallIntegerField(_("hour"))
    visits = models.PositiveIntegerField(_("visits"))
    ordered = models.PositiveIntegerField(_("visits with an order"))
    weeks = models.PositiveSmallIntegerField(_("weeks with an order"))
    baseline = models.FloatField(_("conversion at other times"))
    lift = models.FloatField(_("times the other conversion"), null=True, blank=True)
    without_best_week = models.FloatField(_("without its best week"), null=True, blank=True)
    chance = models.FloatField(_("chance"))
    q = models.FloatField(_("share of wrong answers"))
    is_decisive = models.BooleanField(_("decisive"))

    class Meta:
        verbose_name = _("slot of the week")
        verbose_name_plural = _("slots of the week")
        constraints = [
            models.UniqueConstraint(fields=["run", "channel", "weekday", "hour"], name="slot_conversion_once"),
            models.CheckConstraint(
                condition=Q(ordered__lte=F("visits"), hour__lte=23, weekday__lte=6), name="slot_conversion_makes_sense"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.weekday} {self.hour}h"
