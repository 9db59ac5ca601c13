"""What was read from an old shop's files: each run with its report, and each document by its own number, so that none is read
twice.
"""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# Below MEDIA_ROOT, which no web server serves.
FOLDER = "imports"
# The warehouse that is made where none is named: it serves no new orders.
IMPORT_WAREHOUSE = "IMPORT"


class ImportRun(models.Model):
    """One import of some files together: all of it is written, or nothing."""

    class State(models.TextChoices):
        REQUESTED = "REQUESTED", pgettext_lazy("import", "waiting")  # the files are here; a worker will take them
        READING = "READING", pgettext_lazy("import", "reading")  # rows are read and checked; nothing is written yet
        WRITING = "WRITING", pgettext_lazy("import", "writing")  # everything was read; the history is written in one go
        IMPORTED = "IMPORTED", pgettext_lazy("import", "imported")  # written
        CHECKED = "CHECKED", pgettext_lazy("import", "checked")  # a trial: would be written like this
        REFUSED = "REFUSED", pgettext_lazy("import", "refused")  # something in the files cannot be; nothing was written
        FAILED = "FAILED", pgettext_lazy("import", "failed")  # the importer itself failed; nothing was written

    profile = models.CharField(_("shop"), max_length=40)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.REQUESTED)
    is_dry_run = models.BooleanField(
        _("only check"), default=False, help_text=_("Everything is read, matched and counted, and nothing is kept.")
    )
    shift_to_today = models.BooleanField(
        _("move to today"),
        default=False,
        help_text=_("Moves all dates by whole weeks, so that the last day falls on this week or the last one."),
    )
    shift_days = models.IntegerField(_("moved by days"), default=0)
    warehouse = models.SlugField(
        _("warehouse"), max_length=20, default=IMPORT_WAREHOUSE, help_text=_("Code of the warehouse the goods left from.")
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    requested_at = models.DateTimeField(_("asked at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    seconds = models.FloatField(_("seconds"), null=True, blank=True)
    rows_so_far = models.PositiveIntegerField(_("rows so far"), default=0)
    rows_read = models.PositiveIntegerField(_("rows read"), default=0)
    rows_imported = models.PositiveIntegerField(_("rows imported"), default=0)
    rows_skipped = models.PositiveIntegerField(_("rows left out"), default=0)
    report = models.JSONField(_("report"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    refusal = models.JSONField(_("refusal"), default=dict, blank=True)  # told by orders/importing/refusals.py
    error = models.TextField(_("error"), blank=True)
    rejects = models.FileField(_("rows left out, as a file"), upload_to=FOLDER, blank=True)

    class Meta:
        verbose_name = _("import of history")
        verbose_name_plural = _("imports of history")
        permissions = [("import_history", _("Can import an old shop's history"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["REQUESTED", "READING", "WRITING", "IMPORTED", "CHECKED", "REFUSED", "FAILED"]),
                name="import_run_state_known",
            ),
            models.CheckConstraint(
                condition=Q(rows_read=models.F("rows_imported") + models.F("rows_skipped")),
                name="import_run_every_row_accounted_for",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.profile} #{self.pk}"


class ImportFile(models.Model):
    """One of the files of a run. `content` is empty once the run is over, and where a command read the file in its place."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="files", verbose_name=_("import of history"))
    name = models.CharField(_("name"), max_length=200)
    content = models.FileField(_("content"), upload_to=FOLDER, blank=True)

    class Meta:
        verbose_name = _("file of an import")
        verbose_name_plural = _("files of imports")

    def __str__(self) -> str:
        return self.name


class ImportedDocument(models.Model):
    """One invoice, credit note or correction of an old shop that has been read, and which rows it was made of.

    `digests` is eight bytes for each row: a file that brings the same rows again brings nothing new.
    """

    append_only = True

    class Kind(models.TextChoices):
        SALE = "SALE", pgettext_lazy("import", "sale")  # became an order
        CREDIT = "CREDIT", pgettext_lazy("import", "credit note")  # became returns
        CORRECTION = "CORRECTION", pgettext_lazy("import", "stock correction")  # became entries of the stock ledger

    profile = models.CharField(_("shop"), max_length=40)
    number = models.CharField(_("number"), max_length=64)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    run = models.ForeignKey(ImportRun, models.PROTECT, related_name="documents", verbose_name=_("import of history"))
    digests = models.BinaryField(_("rows"))
    original_at = models.DateTimeField(_("originally at"), help_text=_("The moment in the file, before dates were moved."))

    class Meta:
        verbose_name = _("imported document")
        verbose_name_plural = _("imported documents")
        constraints = [
            models.UniqueConstraint(fields=["profile", "number"], name="imported_document_once"),
            models.CheckConstraint(condition=Q(kind__in=["SALE", "CREDIT", "CORRECTION"]), name="imported_document_kind_known"),
        ]

    def __str__(self) -> str:
        return self.number
