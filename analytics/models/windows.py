"""Rules over what shoppers do within a while, and what they found."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.models import Customer
from inventory.models import Variant

A_WEEK = 7 * 24 * 60


class EventRule(models.Model):
    """So many acts within so long by one subject, unless something made up for them."""

    class Subject(models.TextChoices):
        CUSTOMER = "CUSTOMER", pgettext_lazy("subject", "customer")  # who was named in the events
        VISITOR = "VISITOR", pgettext_lazy("subject", "visitor")  # a browser that agreed
        SKU = "SKU", "SKU"  # whoever did it
        METHOD = "METHOD", pgettext_lazy("subject", "way to pay")  # as failed payments name it

    name = models.CharField(_("name"), max_length=100)
    act = models.CharField(_("act"), max_length=60)
    at_least = models.PositiveSmallIntegerField(
        _("at least so often"), default=3, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    within = models.PositiveSmallIntegerField(
        _("within (minutes)"), default=1440, validators=[MinValueValidator(1), MaxValueValidator(A_WEEK)],
        help_text=_("At most a week: 10080 minutes."),
    )  # fmt: skip
    subject = models.CharField(_("counted for each"), max_length=8, choices=Subject.choices, default=Subject.VISITOR)
    same_sku = models.BooleanField(
        _("of the same SKU"),
        default=False,
        help_text=_("Acts on different SKUs are counted apart. For customers and visitors."),
    )
    unless = models.CharField(
        _("unless"), max_length=60, blank=True,
        help_text=_("What the same person must not have done in that time. A completed order is also one that the shop has."),
    )  # fmt: skip
    cooldown = models.PositiveSmallIntegerField(
        _("then quiet for (minutes)"), default=1440, validators=[MinValueValidator(1), MaxValueValidator(30_000)],
        help_text=_("The same subject is not matched again before. At least a tenth of the minutes above."),
    )  # fmt: skip
    alarms = models.BooleanField(
        _("opens an incident"), default=False,
        help_text=_("What it finds within an hour is told like other alarms, by the rule of the house for matches."),
    )  # fmt: skip
    starts_at = models.DateTimeField(pgettext_lazy("event rule", "from"), null=True, blank=True)
    ends_at = models.DateTimeField(pgettext_lazy("event rule", "until"), null=True, blank=True)
    is_active = models.BooleanField(pgettext_lazy("alert rule", "active"), default=True)
    # Counts up whenever what is looked for changes; nothing before `counts_from` is matched by it.
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    counts_from = models.DateTimeField(editable=False)
    evaluated_at = models.DateTimeField(_("checked at"), null=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False)

    class Meta:
        verbose_name = _("behavior rule")
        verbose_name_plural = _("behavior rules")
        constraints = [
            models.CheckConstraint(
                condition=Q(subject__in=["CUSTOMER", "VISITOR", "SKU", "METHOD"]), name="event_rule_subject_known"
            ),
            models.CheckConstraint(
                condition=Q(at_least__gte=1, within__gte=1, within__lte=A_WEEK), name="event_rule_window_bounded"
            ),
            models.CheckConstraint(condition=Q(cooldown__gte=1, within__lte=F("cooldown") * 10), name="event_rule_cools_down"),
            models.CheckConstraint(
                condition=Q(subject__in=["CUSTOMER", "VISITOR"]) | Q(same_sku=False, unless=""), name="event_rule_persons_only"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class EventMatch(models.Model):
    """What a rule found about one subject, with the acts it rests on and the rule as it then was."""

    rule = models.ForeignKey(EventRule, models.PROTECT, related_name="matches", db_index=False, verbose_name=_("behavior rule"))
    version = models.PositiveIntegerField(_("version"))
    # Which subject it is, as one word: of customer 12 and SKU 5 "c12/s5".
    subject = models.CharField(_("subject"), max_length=100)
    # The moment counted in cooldowns since 1970.
    slot = models.BigIntegerField(editable=False)
    customer = models.ForeignKey(
        Customer,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("customer"),
    )
    visitor = models.BigIntegerField(_("visitor"), null=True)
    variant = models.ForeignKey(
        Variant, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False, verbose_name="SKU"
    )
    count = models.PositiveIntegerField(_("acts"))
    inputs = models.JSONField(_("inputs"), encoder=DjangoJSONEncoder)
    matched_at = models.DateTimeField(_("matched at"))
    found_at = models.DateTimeField(_("found at"))
    dismissed_at = models.DateTimeField(_("dismissed at"), null=True, blank=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("dismissed by")
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("match")
        verbose_name_plural = _("matches")
        constraints = [
            models.UniqueConstraint(fields=["rule", "version", "subject", "slot"], name="event_match_once_per_cooldown"),
            models.CheckConstraint(
                condition=Q(dismissed_at__isnull=True, reason="") | (Q(dismissed_at__isnull=False) & ~Q(reason="")),
                name="event_match_dismissed_with_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["-matched_at", "-id"], name="event_match_by_time"),
            models.Index(fields=["rule", "-matched_at", "-id"], name="event_match_by_rule"),
            models.Index(fields=["found_at"], name="event_match_by_finding"),
            models.Index(fields=["customer"], condition=Q(customer__isnull=False), name="event_match_by_customer"),
            models.Index(fields=["visitor"], condition=Q(visitor__isnull=False), name="event_match_by_visitor"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.subject}"


class UnmatchedVisitor(models.Model):
    """A number that events of an erased person got: no rule makes a match of them. Gone when no rule reads that far back."""

    visitor = models.BigIntegerField(primary_key=True)
    # A day, so that the number leads to no single erasure.
    noted_on = models.DateField()

    class Meta:
        verbose_name = _("visitor who is not matched")
        verbose_name_plural = _("visitors who are not matched")

    def __str__(self) -> str:
        return str(self.visitor)
