"""What is watched and what was found: rules over figures, incidents with their story, and notices on their way to people."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from analytics.anomalies.tuning import FEWEST_STEPS, MOST_STEPS
from analytics.models.webhooks import Webhook
from config.kernel.roles import Role


class Severity(models.TextChoices):
    CRITICAL = "CRITICAL", pgettext_lazy("severity", "critical")  # the shop loses money now; told in quiet hours too
    WARNING = "WARNING", pgettext_lazy("severity", "warning")  # somebody should look today
    INFO = "INFO", pgettext_lazy("severity", "for information")  # worth knowing


class AlertRule(models.Model):
    """One figure, of everything or of a part, and when it is worth an alarm. Rules of the house watch the shop's own works."""

    class Window(models.TextChoices):
        HOUR = "HOUR", pgettext_lazy("watched", "the last full hour")  # against the same hour of the weeks before
        DAY = "DAY", pgettext_lazy("watched", "the last closed day")  # against the same weekday of the weeks before
        NOW = "NOW", pgettext_lazy("watched", "now")  # of rules of the house, which look at the shop as it stands

    class Kind(models.TextChoices):
        THRESHOLD = "THRESHOLD", _("a fixed number")  # beyond it
        RELATIVE = "RELATIVE", _("percent from usual")  # further from the median of comparable times
        ANOMALY = "ANOMALY", _("more than chance")  # further than chance explains, in robust standard deviations

    class Direction(models.TextChoices):
        UP = "UP", pgettext_lazy("alert", "too much")
        DOWN = "DOWN", pgettext_lazy("alert", "too little")
        BOTH = "BOTH", pgettext_lazy("alert", "either")

    # Which watch of the house it is; empty for rules that staff write.
    watch = models.CharField(max_length=40, blank=True, editable=False)
    name = models.CharField(_("name"), max_length=100)
    metric = models.CharField(_("figure"), max_length=60, blank=True)
    cut = models.CharField(_("of a part"), max_length=20, blank=True)
    part = models.CharField(_("which part"), max_length=60, blank=True)
    window = models.CharField(pgettext_lazy("alert", "watched"), max_length=4, choices=Window.choices, default=Window.DAY)
    kind = models.CharField(pgettext_lazy("alert", "compared with"), max_length=9, choices=Kind.choices, default=Kind.ANOMALY)
    direction = models.CharField(_("direction"), max_length=4, choices=Direction.choices, default=Direction.BOTH)
    limit = models.DecimalField(
        _("limit"), max_digits=18, decimal_places=4, default=4,
        help_text=_("The number itself, percents, or how many standard deviations: 4 is rare, 3 comes now and then."),
    )  # fmt: skip
    minimum = models.DecimalField(
        _("minimum volume"), max_digits=18, decimal_places=4, default=0, validators=[MinValueValidator(0)],
        help_text=_("Below so many orders, visits or units nothing is told: small numbers jump by chance."),
    )  # fmt: skip
    shifts = models.BooleanField(
        _("also a lasting shift"), default=False,
        help_text=_("Tells of a level that has moved though no single day stands out."),
    )  # fmt: skip
    severity = models.CharField(_("severity"), max_length=8, choices=Severity.choices, default=Severity.WARNING)
    every = models.PositiveSmallIntegerField(
        _("check every (minutes)"), default=15, validators=[MinValueValidator(5), MaxValueValidator(1440)]
    )
    owner = models.CharField(_("responsible role"), max_length=20, choices=Role.choices, default=Role.OWNER)
    recipients = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("also told"),
        help_text=_("Beside everybody of the responsible role who has an e-mail address."),
    )  # fmt: skip
    webhooks = models.ManyToManyField(
        Webhook, blank=True, related_name="rules", verbose_name=_("webhooks"),
        help_text=_("Told at once when an incident opens, is escalated and ends; quiet hours do not hold them back."),
    )  # fmt: skip
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(
        _("quiet until"), null=True, blank=True, help_text=_("Mails wait until then, except those of critical incidents.")
    )
    cool_down = models.PositiveSmallIntegerField(
        _("cool-down (minutes)"), default=60, help_text=_("After an incident is resolved, no new one is opened for so long.")
    )
    escalate_after = models.PositiveSmallIntegerField(
        _("escalate after (minutes)"), null=True, blank=True,
        help_text=_("If nobody has acknowledged it by then, the owners are told. Empty: never."),
    )  # fmt: skip
    is_active = models.BooleanField(pgettext_lazy("alert rule", "active"), default=True)
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True, blank=True, editable=False)
    steps = models.SmallIntegerField(_("tuned by"), default=0, editable=False)
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False)

    class Meta:
        verbose_name = _("alert rule")
        verbose_name_plural = _("alert rules")
        constraints = [
            models.UniqueConstraint(fields=["watch"], condition=~Q(watch=""), name="alert_rule_once_per_watch"),
            models.CheckConstraint(condition=Q(window__in=["HOUR", "DAY", "NOW"]), name="alert_rule_window_known"),
            models.CheckConstraint(condition=Q(kind__in=["THRESHOLD", "RELATIVE", "ANOMALY"]), name="alert_rule_kind_known"),
            models.CheckConstraint(condition=Q(direction__in=["UP", "DOWN", "BOTH"]), name="alert_rule_direction_known"),
            models.CheckConstraint(condition=Q(severity__in=["CRITICAL", "WARNING", "INFO"]), name="alert_rule_severity_known"),
            models.CheckConstraint(condition=~Q(kind="THRESHOLD", direction="BOTH"), name="alert_rule_threshold_has_a_side"),
            models.CheckConstraint(condition=Q(kind="THRESHOLD") | Q(limit__gt=0), name="alert_rule_limit_positive"),
            models.CheckConstraint(
                condition=Q(steps__gte=FEWEST_STEPS, steps__lte=MOST_STEPS), name="alert_rule_steps_bounded"
            ),
            models.CheckConstraint(condition=Q(watch="") ^ Q(metric=""), name="alert_rule_watches_one_thing"),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="alert_rule_quiet_hours_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Incident(models.Model):
    """One thing that went wrong, from the first alarm until it is over. A rule has one open incident at most."""

    class State(models.TextChoices):
        OPEN = "OPEN", pgettext_lazy("incident", "open")  # nobody has it yet
        ACKNOWLEDGED = "ACKNOWLEDGED", pgettext_lazy("incident", "acknowledged")  # somebody is on it
        RESOLVED = "RESOLVED", pgettext_lazy("incident", "resolved")  # over

    class Answer(models.TextChoices):
        NONE = "", pgettext_lazy("answer", "none")
        NO_ISSUE = "NO_ISSUE", _("not an issue")  # the rule was too eager: its limit is raised
        GOOD_CATCH = "GOOD_CATCH", _("good catch")  # the rule was right: its limit is lowered

    rule = models.ForeignKey(AlertRule, models.PROTECT, related_name="incidents", db_index=False, verbose_name=_("alert rule"))
    severity = models.CharField(_("severity"), max_length=8, choices=Severity.choices)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.OPEN)
    is_over = models.GeneratedField(
        expression=models.ExpressionWrapper(Q(state="RESOLVED"), output_field=models.BooleanField()),
        output_field=models.BooleanField(_("over")),
        db_persist=True,
    )
    opened_at = models.DateTimeField(_("opened at"))
    seen_at = models.DateTimeField(_("last seen"))
    value = models.DecimalField(_("value"), max_digits=20, decimal_places=4, null=True)
    peak = models.DecimalField(_("worst value"), max_digits=20, decimal_places=4, null=True)
    excess = models.FloatField(_("times the limit"), default=0)
    # How often in a row it has been normal since it was last seen.
    calm = models.PositiveSmallIntegerField(default=0, editable=False)
    evidence = models.JSONField(_("evidence"), default=dict, encoder=DjangoJSONEncoder)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("assigned to")
    )
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    escalated_at = models.DateTimeField(_("escalated at"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    answer = models.CharField(_("answer"), max_length=10, choices=Answer.choices, blank=True, default=Answer.NONE)

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        constraints = [
            models.UniqueConstraint(fields=["rule"], condition=~Q(state="RESOLVED"), name="incident_one_open_per_rule"),
            models.CheckConstraint(condition=Q(state__in=["OPEN", "ACKNOWLEDGED", "RESOLVED"]), name="incident_state_known"),
            models.CheckConstraint(condition=Q(answer__in=["", "NO_ISSUE", "GOOD_CATCH"]), name="incident_answer_known"),
            models.CheckConstraint(
                condition=Q(state="RESOLVED", resolved_at__isnull=False) | (~Q(state="RESOLVED") & Q(resolved_at__isnull=True)),
                name="incident_resolved_has_moment",
            ),
            models.CheckConstraint(condition=Q(seen_at__gte=models.F("opened_at")), name="incident_seen_after_opened"),
        ]
        indexes = [
            models.Index(fields=["is_over", "-opened_at", "-id"], name="incident_worklist"),
            models.Index(fields=["rule", "-opened_at"], name="incident_by_rule"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class IncidentEntry(models.Model):
    """One line of an incident's story."""

    append_only = True

    class Kind(models.TextChoices):
        OPENED = "OPENED", pgettext_lazy("story", "opened")  # the rule found it
        WORSENED = "WORSENED", pgettext_lazy("story", "got worse")  # further beyond the limit than ever before
        ACKNOWLEDGED = "ACKNOWLEDGED", pgettext_lazy("story", "acknowledged")  # somebody has taken it on
        ASSIGNED = "ASSIGNED", pgettext_lazy("story", "assigned")  # to whom
        COMMENTED = "COMMENTED", pgettext_lazy("story", "comment")  # what somebody wrote
        SNOOZED = "SNOOZED", pgettext_lazy("story", "snoozed")  # the rule keeps quiet until then
        ESCALATED = "ESCALATED", pgettext_lazy("story", "escalated")  # nobody acknowledged it in time
        ANSWERED = "ANSWERED", pgettext_lazy("story", "answered")  # whether it was worth the alarm
        RESOLVED = "RESOLVED", pgettext_lazy("story", "resolved")  # by somebody
        BACK_TO_NORMAL = "BACK_TO_NORMAL", pgettext_lazy("story", "back to normal")  # by itself

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="entries", db_index=False, verbose_name=_("incident"))
    kind = models.CharField(_("kind"), max_length=14, choices=Kind.choices)
    text = models.CharField(_("text"), max_length=1000, blank=True)
    details = models.JSONField(_("details"), default=dict, encoder=DjangoJSONEncoder)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("entry of an incident")
        verbose_name_plural = _("entries of incidents")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        *("OPENED", "WORSENED", "ACKNOWLEDGED", "ASSIGNED", "COMMENTED"),
                        *("SNOOZED", "ESCALATED", "ANSWERED", "RESOLVED", "BACK_TO_NORMAL"),
                    ]
                ),
                name="incident_entry_kind_known",
            )
        ]
        indexes = [models.Index(fields=["incident", "id"], name="incident_entry_story")]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.kind}"


class ReportPack(models.Model):
    """Figures that are put together regularly and sent to people."""

    class Period(models.TextChoices):
        DAY = "DAY", pgettext_lazy("report", "the day before")
        WEEK = "WEEK", pgettext_lazy("report", "the week before")  # Monday to Sunday
        MONTH = "MONTH", pgettext_lazy("report", "the month before")

    class Rhythm(models.TextChoices):
        DAILY = "DAILY", pgettext_lazy("report", "every day")
        WEEKLY = "WEEKLY", pgettext_lazy("report", "once a week")
        MONTHLY = "MONTHLY", pgettext_lazy("report", "on the first of the month")

    class Language(models.TextChoices):
        KO = "ko", "한국어"
        EN = "en", "English"

    class Files(models.TextChoices):
        BOTH = "BOTH", pgettext_lazy("report", "PDF and Excel workbook")
        PDF = "PDF", pgettext_lazy("report", "PDF")  # to read and to print
        XLSX = "XLSX", pgettext_lazy("report", "Excel workbook")  # to count on with

    name = models.CharField(_("name"), max_length=100)
    metrics = ArrayField(models.CharField(max_length=60), verbose_name=_("figures"))
    period = models.CharField(_("period"), max_length=5, choices=Period.choices, default=Period.WEEK)
    rhythm = models.CharField(pgettext_lazy("report", "sent"), max_length=7, choices=Rhythm.choices, default=Rhythm.WEEKLY)
    weekday = models.PositiveSmallIntegerField(_("weekday"), default=0, validators=[MaxValueValidator(6)])
    hour = models.PositiveSmallIntegerField(
        _("hour"), default=8, validators=[MaxValueValidator(23)], help_text=_("From this hour of the shop's time on.")
    )
    language = models.CharField(_("language"), max_length=2, choices=Language.choices, default=Language.KO)
    files = models.CharField(_("attached files"), max_length=4, choices=Files.choices, default=Files.BOTH)
    recipients = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("recipients"),
        help_text=_("Staff with an e-mail address. Everybody with the right to see reports finds them here as well."),
    )  # fmt: skip
    is_active = models.BooleanField(pgettext_lazy("report pack", "active"), default=True)
    created_at = models.DateTimeField(_("created at"), editable=False)

    class Meta:
        verbose_name = _("report pack")
        verbose_name_plural = _("report packs")
        constraints = [
            models.CheckConstraint(condition=Q(period__in=["DAY", "WEEK", "MONTH"]), name="report_pack_period_known"),
            models.CheckConstraint(condition=Q(rhythm__in=["DAILY", "WEEKLY", "MONTHLY"]), name="report_pack_rhythm_known"),
            models.CheckConstraint(condition=Q(weekday__lte=6, hour__lte=23), name="report_pack_time_known"),
            models.CheckConstraint(condition=Q(language__in=["ko", "en"]), name="report_pack_language_known"),
            models.CheckConstraint(condition=Q(metrics__len__gte=1), name="report_pack_has_figures"),
            models.CheckConstraint(condition=Q(files__in=["BOTH", "PDF", "XLSX"]), name="report_pack_files_known"),
        ]

    def __str__(self) -> str:
        return self.name


class Report(models.Model):
    """One edition of a pack, with its figures as they were told. `turn` is the day it was due; none where somebody asked."""

    append_only = True

    pack = models.ForeignKey(ReportPack, models.PROTECT, related_name="reports", db_index=False, verbose_name=_("report pack"))
    turn = models.DateField(_("due on"), null=True, blank=True)
    first = models.DateField(_("from"))
    last = models.DateField(_("to"))
    language = models.CharField(_("language"), max_length=2)
    content = models.JSONField(_("content"), encoder=DjangoJSONEncoder)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("asked by")
    )
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = [
            models.UniqueConstraint(fields=["pack", "turn"], name="report_once_per_turn"),
            models.CheckConstraint(condition=Q(last__gte=models.F("first")), name="report_ends_after_it_begins"),
        ]
        indexes = [models.Index(fields=["-made_at", "-id"], name="report_by_time")]

    def __str__(self) -> str:
        return f"#{self.pk}"


class Notice(models.Model):
    """One mail to one person, or one message to one webhook, written in the transaction of what it tells. A mail is sent once
    or not at all, never twice; a message until the webhook has taken it.
    """

    class Occasion(models.TextChoices):
        OPENED = "OPENED", pgettext_lazy("notice", "incident opened")
        ESCALATED = "ESCALATED", pgettext_lazy("notice", "incident escalated")
        ASSIGNED = "ASSIGNED", pgettext_lazy("notice", "incident assigned")
        RESOLVED = "RESOLVED", pgettext_lazy("notice", "incident over")
        REPORT = "REPORT", pgettext_lazy("notice", "report")

    class State(models.TextChoices):
        WAITING = "WAITING", pgettext_lazy("notice", "waiting")  # due at `due_at`
        SENDING = "SENDING", pgettext_lazy("notice", "being sent")  # a worker talks with the mail server
        SENT = "SENT", pgettext_lazy("notice", "sent")  # the mail server took it
        FAILED = "FAILED", pgettext_lazy("notice", "failed")  # the mail server refused it again and again
        UNSURE = "UNSURE", pgettext_lazy("notice", "unsure")  # the worker died while sending: not repeated
        UNSENT = "UNSENT", pgettext_lazy("notice", "not sent")  # no mail server is set up, or no address is known

    occasion = models.CharField(_("occasion"), max_length=9, choices=Occasion.choices)
    incident = models.ForeignKey(
        Incident, models.PROTECT, null=True, blank=True, related_name="notices", db_index=False, verbose_name=_("incident")
    )
    # The deed of the story that it tells of, where the same may be done again.
    entry = models.ForeignKey(IncidentEntry, models.PROTECT, null=True, editable=False, related_name="+", db_index=False)
    report = models.ForeignKey(
        Report, models.PROTECT, null=True, blank=True, related_name="notices", db_index=False, verbose_name=_("report")
    )
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False, verbose_name=_("recipient")
    )
    webhook = models.ForeignKey(
        Webhook, models.PROTECT, null=True, blank=True, related_name="notices", db_index=False, verbose_name=_("webhook")
    )
    # Of webhooks: the same however often it is sent, when it was written, and what was sent.
    delivery = models.UUIDField(null=True, editable=False)
    told_at = models.DateTimeField(null=True, editable=False)
    body = models.TextField(blank=True, editable=False)
    why = models.CharField(pgettext_lazy("notice", "why"), max_length=300)
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField(_("due at"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    begun_at = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "recipient", "occasion"], condition=Q(entry__isnull=True), name="notice_once_per_incident"
            ),
            models.UniqueConstraint(fields=["webhook", "incident", "occasion"], name="notice_once_per_webhook"),
            models.UniqueConstraint(fields=["entry", "recipient"], name="notice_once_per_entry"),
            models.UniqueConstraint(fields=["report", "recipient"], name="notice_once_per_report"),
            models.CheckConstraint(
                condition=Q(state__in=["WAITING", "SENDING", "SENT", "FAILED", "UNSURE", "UNSENT"]), name="notice_state_known"
            ),
            models.CheckConstraint(
                condition=Q(incident__isnull=False, report__isnull=True) | Q(incident__isnull=True, report__isnull=False),
                name="notice_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(webhook__isnull=True, delivery__isnull=True, told_at__isnull=True)
                | Q(
                    webhook__isnull=False,
                    delivery__isnull=False,
                    told_at__isnull=False,
                    recipient__isnull=True,
                    incident__isnull=False,
                ),
                name="notice_to_one_receiver",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state__in=["WAITING", "SENDING"]), name="notice_due"),
        ]

    def __str__(self) -> str:
        return f"{self.occasion} #{self.pk}"
