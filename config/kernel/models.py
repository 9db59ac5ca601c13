"""The state that every app stands on: staff, events on their way, answers already given, background runs, token scopes."""

from django.contrib.auth.models import AbstractUser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class User(AbstractUser):
    """A member of staff, or a service that speaks through the API. Customers are not users."""

    is_service = models.BooleanField(
        _("service account"),
        default=False,
        help_text=_("Speaks through the API by token and can never log in here."),
    )

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(is_service=False) | Q(is_staff=False, is_superuser=False),
                name="user_service_is_not_staff",
            )
        ]

    def __str__(self) -> str:
        """As everybody's work is signed on every page: the name, where one was entered, with the login."""
        name = self.get_full_name()
        return f"{name} ({self.username})" if name else self.username

    def get_full_name(self) -> str:
        """The family's name first, as Koreans write it; names in Latin letters stand the other way round."""
        if self.last_name.isascii() and self.first_name.isascii():
            return f"{self.first_name} {self.last_name}".strip()
        return f"{self.last_name}{self.first_name}"


class OutboxEvent(models.Model):
    """One fact, written in the transaction that made it true. Its payload holds ids and figures, never personal data."""

    topic = models.CharField(_("topic"), max_length=100)
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    payload = models.JSONField(_("payload"), encoder=DjangoJSONEncoder)
    recorded_at = models.DateTimeField(_("recorded at"), db_index=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")

    def __str__(self) -> str:
        return f"{self.topic} #{self.pk}"


class OutboxDelivery(models.Model):
    """One event on its way to one subscriber. A failing delivery delays nobody but itself."""

    class State(models.TextChoices):
        PENDING = "PENDING", _("pending")  # due at `next_attempt_at`
        HANDLED = "HANDLED", _("handled")  # its effect is committed
        PARKED = "PARKED", _("parked")  # failed too often; waits for a person

    event = models.ForeignKey(OutboxEvent, models.CASCADE, db_index=False, related_name="deliveries", verbose_name=_("event"))
    subscriber = models.CharField(_("subscriber"), max_length=100)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt at"))
    handled_at = models.DateTimeField(_("handled at"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)

    class Meta:
        verbose_name = _("event delivery")
        verbose_name_plural = _("event deliveries")
        constraints = [
            models.UniqueConstraint(fields=["event", "subscriber"], name="outbox_delivery_once_per_subscriber"),
            models.CheckConstraint(condition=Q(state__in=["PENDING", "HANDLED", "PARKED"]), name="outbox_delivery_state_known"),
            models.CheckConstraint(
                condition=Q(state="HANDLED", handled_at__isnull=False) | (~Q(state="HANDLED") & Q(handled_at__isnull=True)),
                name="outbox_delivery_handled_has_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at", "id"], condition=Q(state="PENDING"), name="outbox_delivery_due"),
            models.Index(fields=["id"], condition=Q(state="PARKED"), name="outbox_delivery_parked"),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber} <- #{self.event_id}"


class IdempotencyKey(models.Model):
    """An answer already given to (actor, route, key), kept so that a repeated request gets the same bytes."""

    # The database need not see that the account exists, for the token of this very request has: the key of an account deleted
    # at the same moment is nobody's, and goes with the others after a week.
    actor = models.ForeignKey(User, models.CASCADE, db_index=False, db_constraint=False, related_name="+")
    route = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField(null=True)
    answer = models.BinaryField(default=b"")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(fields=["actor", "route", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"


class JobRun(models.Model):
    """One run of a background job: what, when, who asked, how many rows, how long, and what went wrong."""

    class State(models.TextChoices):
        REQUESTED = "REQUESTED", _("requested")  # waits for a worker
        RUNNING = "RUNNING", _("running")  # a worker has it
        SUCCEEDED = "SUCCEEDED", _("succeeded")  # finished; its effects are committed
        FAILED = "FAILED", _("failed")  # ended with an error
        LOST = "LOST", _("lost")  # its worker died or outran the time limit

    task_id = models.CharField(max_length=40, unique=True, editable=False)
    name = models.CharField(_("job"), max_length=100)
    arguments = models.JSONField(_("arguments"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.REQUESTED)
    asked_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("asked by"),
        help_text=_("Empty: the schedule asked."),
    )  # fmt: skip
    asked_at = models.DateTimeField(_("asked at"))
    rung_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    rows = models.BigIntegerField(_("rows"), null=True, blank=True)
    seconds = models.FloatField(_("seconds"), null=True, blank=True)
    summary = models.JSONField(_("summary"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("job run")
        verbose_name_plural = _("job runs")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["REQUESTED", "RUNNING", "SUCCEEDED", "FAILED", "LOST"]), name="job_run_state_known"
            )
        ]
        indexes = [
            models.Index(fields=["name", "-id"], name="job_run_by_name"),
            models.Index(fields=["id"], condition=Q(state__in=["REQUESTED", "RUNNING"]), name="job_run_open"),
            models.Index(fields=["-id"], condition=Q(state__in=["FAILED", "LOST"]), name="job_run_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"


class TokenScope(models.Model):
    """What one API token may do. A token without a row here may do nothing."""

    class Scope(models.TextChoices):
        STOREFRONT = "STOREFRONT", _("storefront")  # the shop's own server: quotes, places and reads orders for its customers
        INTEGRATION = "INTEGRATION", _("integration")  # a partner system: reads and writes every resource
        READ_ONLY = "READ_ONLY", _("read-only")  # reads every resource, writes none
        FEED = "FEED", _("feeds")  # reads figures for spreadsheets and reports, and nothing else

    token = models.ForeignKey("knox.AuthToken", models.CASCADE, related_name="scopes", verbose_name=_("token"))
    scope = models.CharField(_("scope"), max_length=12, choices=Scope.choices)

    class Meta:
        verbose_name = _("token scope")
        verbose_name_plural = _("token scopes")
        constraints = [
            models.UniqueConstraint(fields=["token", "scope"], name="token_scope_once"),
            models.CheckConstraint(
                condition=Q(scope__in=["STOREFRONT", "INTEGRATION", "READ_ONLY", "FEED"]), name="token_scope_known"
            ),
        ]

    def __str__(self) -> str:
        return self.scope


class PersonalAccess(models.Model):
    """Somebody of the staff saw, took out or erased what is known of people. Names the row by its key alone.

    Kept for two years and dropped by the database itself, see config/kernel/accesses.py.
    """

    append_only = True

    class Deed(models.TextChoices):
        LISTED = "LISTED", pgettext_lazy("personal data", "listed")  # one page of a list that shows names
        OPENED = "OPENED", pgettext_lazy("personal data", "opened")  # the page of one person or order
        DOWNLOADED = "DOWNLOADED", pgettext_lazy("personal data", "downloaded")  # a table with names in it
        EXPORTED = "EXPORTED", pgettext_lazy("personal data", "exported")  # all that is known of one person
        ERASED = "ERASED", pgettext_lazy("personal data", "erased")  # a person was made unknown

    actor = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("staff member"),
        help_text=_("Empty: by a command on the server."),
    )  # fmt: skip
    deed = models.CharField(pgettext_lazy("personal data", "what was done"), max_length=10, choices=Deed.choices)
    subject = models.CharField(_("kind"), max_length=60)
    row_key = models.CharField(_("row"), max_length=40, blank=True)
    people = models.PositiveIntegerField(_("rows"), default=1)
    details = models.CharField(_("details"), max_length=200, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    accessed_at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("access to personal data")
        verbose_name_plural = _("accesses to personal data")
        constraints = [
            models.CheckConstraint(
                condition=Q(deed__in=["LISTED", "OPENED", "DOWNLOADED", "EXPORTED", "ERASED"]),
                name="personal_access_deed_known",
            )
        ]
        indexes = [
            models.Index(fields=["-accessed_at", "-id"], name="personal_access_by_time"),
            models.Index(fields=["subject", "row_key", "-id"], name="personal_access_by_row"),
            models.Index(fields=["actor", "-id"], name="personal_access_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.deed} {self.subject} {self.row_key}".strip()
