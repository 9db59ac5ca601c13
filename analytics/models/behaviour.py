"""What shoppers do: where it is told from, each event as it came, what could not be read, and each batch that was taken in.

Events and batches are a record: they are added, and dropped a month at a time when their time is over. See
docs/algorithms/events.md for what is promised.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from analytics.behaviour.kinds import FIRST_OWN
from inventory.models import Variant


class EventSource(models.Model):
    """A shop front, an app or a server that tells events. Its key says which source speaks; it opens nothing else."""

    class Nature(models.TextChoices):
        BROWSER = "BROWSER", _("browser or app")  # its key is public; whom it names must be proved
        SERVER = "SERVER", _("server")  # shows an API token; it is trusted to name customers

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    nature = models.CharField(pgettext_lazy("event source", "kind"), max_length=7, choices=Nature.choices)
    channel = models.CharField(_("channel"), max_length=20, help_text=_("As orders from here are labeled, such as web."))
    key = models.CharField(_("key"), max_length=64, unique=True, editable=False)
    origins = ArrayField(
        models.CharField(max_length=200),
        verbose_name=_("addresses of the shop front"),
        default=list,
        blank=True,
        help_text=_("Such as https://shop.example. Browsers may send from these pages only; empty: from any."),
    )
    internal_networks = ArrayField(
        models.CharField(max_length=43),
        verbose_name=_("networks of the shop's own people"),
        default=list,
        blank=True,
        help_text=_("Such as 203.0.113.0/24. What comes from there is kept, but counts in no figure."),
    )
    requests_a_minute = models.PositiveIntegerField(_("requests a minute"), default=6_000)
    is_active = models.BooleanField(pgettext_lazy("event source", "active"), default=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("event source")
        verbose_name_plural = _("event sources")
        constraints = [
            models.CheckConstraint(condition=Q(nature__in=["BROWSER", "SERVER"]), name="event_source_nature_known"),
            models.CheckConstraint(condition=Q(id__lte=32_767), name="event_source_fits_its_events"),
        ]

    def __str__(self) -> str:
        return self.name


class EventKind(models.Model):
    """One version of a kind of event that this shop has defined itself. What has been stored by it stays readable."""

    number = models.PositiveSmallIntegerField(_("number"), primary_key=True, editable=False)
    name = models.CharField(
        _("name"),
        max_length=60,
        validators=[RegexValidator(r"^[a-z][a-z0-9_]*\Z")],
        help_text=_("In the past tense, in small letters: gift_wrapped."),
    )
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    properties = models.JSONField(
        _("properties"), default=dict, blank=True, help_text=_('A JSON Schema for each: {"pages": {"type": "integer"}}.')
    )
    required = ArrayField(models.CharField(max_length=60), verbose_name=_("required properties"), default=list, blank=True)
    is_active = models.BooleanField(pgettext_lazy("kind of event", "taken in"), default=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("own kind of event")
        verbose_name_plural = _("own kinds of events")
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="event_kind_once"),
            models.CheckConstraint(condition=Q(number__gte=FIRST_OWN), name="event_kind_not_a_built_in_one"),
            models.CheckConstraint(condition=Q(version__gte=1), name="event_kind_version_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Event(models.Model):
    """Something a shopper did. Partitioned by month of the client's own time, which with the id makes it one.

    `visitor` is a number made of the name a browser keeps for itself, none where its owner did not agree. Numbers of sources,
    kinds and customers are no foreign keys: each would be looked up for each event, and none of their rows is ever deleted.
    """

    append_only = True

    class Traffic(models.IntegerChoices):
        SHOPPER = 0, _("shopper")  # counts
        BOT = 1, _("bot")  # says so itself, or was found out
        INTERNAL = 2, _("own people")  # from the shop's own network

    pk = models.CompositePrimaryKey("id", "client_at")
    id = models.UUIDField(_("id"))
    client_at = models.DateTimeField(_("time of the client"))
    occurred_at = models.DateTimeField(_("occurred at"))
    received_at = models.DateTimeField(pgettext_lazy("event", "received at"))
    visitor = models.BigIntegerField(_("visitor"), null=True, blank=True)
    customer_id = models.BigIntegerField(_("customer"), null=True, blank=True)
    variant = models.ForeignKey(
        Variant,
        models.DO_NOTHING,
        related_name="+",
        db_index=False,
        db_constraint=False,
        null=True,
        blank=True,
        verbose_name="SKU",
    )
    source_id = models.SmallIntegerField(_("event source"))
    kind = models.SmallIntegerField(_("kind of event"))
    traffic = models.SmallIntegerField(_("traffic"), choices=Traffic.choices)
    properties = models.JSONField(_("properties"), null=True, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["occurred_at"], name="event_by_time"),
            # Pages, products and dwelling are most of all events: reading them by time is as quick.
            models.Index(fields=["kind", "occurred_at"], condition=~Q(kind__in=[1, 2, 16]), name="event_by_rarer_kind"),
            BrinIndex(fields=["received_at"], name="event_by_receipt", pages_per_range=32),
        ]
        constraints = [models.CheckConstraint(condition=Q(traffic__in=[0, 1, 2]), name="event_traffic_known")]

    def __str__(self) -> str:
        return str(self.id)


class QuarantinedEvent(models.Model):
    """An event that could not be read, kept with the reason until its time is over or it is read again."""

    source = models.ForeignKey(EventSource, models.PROTECT, related_name="+", db_index=False, verbose_name=_("event source"))
    digest = models.BinaryField(max_length=16)
    received_at = models.DateTimeField(pgettext_lazy("event", "received at"))
    reason = models.CharField(_("reason"), max_length=20)
    told = models.CharField(_("details"), max_length=200, blank=True)
    raw = models.TextField(_("as it came"))
    # What its batch said of it, so that it can be read again as it would have been.
    traffic = models.SmallIntegerField(_("traffic"), choices=Event.Traffic.choices)
    clock_ahead = models.DurationField(_("clock ahead"))

    class Meta:
        verbose_name = _("quarantined event")
        verbose_name_plural = _("quarantine of events")
        constraints = [models.UniqueConstraint(fields=["source", "digest"], name="quarantined_event_once")]
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="quarantined_event_by_time"),
            models.Index(fields=["source", "-received_at", "-id"], name="quarantined_event_by_source"),
            models.Index(fields=["reason", "-received_at", "-id"], name="quarantined_event_by_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.told}".strip()


class EventBatch(models.Model):
    """One batch that was taken in, with what became of its events. Written with them in one statement.

    `hours` are those (of business time, as moments) in which its stored events occurred; while `is_pending` their figures
    do not count them yet.
    """

    source = models.ForeignKey(EventSource, models.PROTECT, related_name="+", db_index=False, verbose_name=_("event source"))
    received_at = models.DateTimeField(pgettext_lazy("event", "received at"))
    stored = models.PositiveSmallIntegerField(_("stored"))
    doubled = models.PositiveSmallIntegerField(_("came before"))
    quarantined = models.PositiveSmallIntegerField(_("quarantined"))
    bots = models.PositiveSmallIntegerField(_("not of shoppers"))
    late = models.PositiveSmallIntegerField(_("late"), help_text=_("Told more than an hour after they happened."))
    hours = ArrayField(models.DateTimeField(), verbose_name=_("hours"))
    # None: all of them, as long as the batch is pending.
    hours_left = ArrayField(models.DateTimeField(), verbose_name=_("hours not yet in the figures"), null=True, blank=True)
    is_pending = models.BooleanField(_("not yet in the figures"), default=True)

    class Meta:
        verbose_name = _("batch of events")
        verbose_name_plural = _("batches of events")
        indexes = [
            models.Index(fields=["id"], condition=Q(is_pending=True), name="event_batch_pending"),
            BrinIndex(fields=["received_at"], name="event_batch_by_time", pages_per_range=16),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class KnownVisitor(models.Model):
    """A browser that has shown itself as a customer's: several devices of one person, or one device of several people.

    While it `is_new`, no visit knows of it yet. `customer_id` is who that was to the shop when the visits were last told;
    none where the shop did not know the customer then.
    """

    visitor = models.BigIntegerField(_("visitor"))
    external_id = models.CharField(_("customer id"), max_length=64)
    first_at = models.DateTimeField(_("first seen as such"))
    customer_id = models.BigIntegerField(_("customer"), null=True, blank=True)
    is_new = models.BooleanField(_("not yet in the visits"), default=True, db_default=True)
    settled_at = models.DateTimeField(_("in the visits since"), null=True, blank=True)

    class Meta:
        verbose_name = _("known visitor")
        verbose_name_plural = _("known visitors")
        constraints = [models.UniqueConstraint(fields=["visitor", "external_id"], name="known_visitor_once")]
        indexes = [
            models.Index(fields=["external_id"], name="known_visitor_by_customer"),
            models.Index(fields=["id"], condition=Q(customer_id__isnull=True), name="known_visitor_unsettled"),
        ]

    def __str__(self) -> str:
        return f"{self.visitor} = {self.external_id}"


class HourlyEvents(models.Model):
    """How often something of one kind happened in one hour, told by one source, and by how many visitors."""

    hour = models.DateTimeField(_("hour"))
    source = models.ForeignKey(EventSource, models.PROTECT, related_name="+", db_index=False, verbose_name=_("event source"))
    kind = models.SmallIntegerField(_("kind of event"))
    traffic = models.SmallIntegerField(_("traffic"), choices=Event.Traffic.choices)
    events = models.PositiveIntegerField(_("events"))
    visitors = models.PositiveIntegerField(_("visitors"))

    class Meta:
        verbose_name = _("events of an hour")
        verbose_name_plural = _("events by hour")
        constraints = [models.UniqueConstraint(fields=["hour", "source", "kind", "traffic"], name="hourly_events_once")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}h {self.kind}"


class DailyBatches(models.Model):
    """What one source sent on one closed business day of receipt, from its batches, see operations/event_days.

    A day that has been summed up has a row for each source that was there; a day without any is read from its batches.
    """

    day = models.DateField(_("business day"))
    source = models.ForeignKey(EventSource, models.PROTECT, related_name="+", db_index=False, verbose_name=_("event source"))
    batches = models.PositiveIntegerField(_("batches"))
    stored = models.PositiveBigIntegerField(_("stored"))
    doubled = models.PositiveBigIntegerField(_("came before"))
    quarantined = models.PositiveBigIntegerField(_("quarantined"))
    not_shoppers = models.PositiveBigIntegerField(_("not of shoppers"))
    late = models.PositiveBigIntegerField(_("late"))
    silence = models.DurationField(_("silence"))
    last_at = models.DateTimeField(_("last batch"), null=True, blank=True)

    class Meta:
        verbose_name = _("a source's batches of a day")
        verbose_name_plural = _("batches by day")
        constraints = [models.UniqueConstraint(fields=["day", "source"], name="daily_batches_once")]

    def __str__(self) -> str:
        return f"{self.day}: {self.source_id}"
