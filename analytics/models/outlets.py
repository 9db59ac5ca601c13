"""Who was erased, by whom and why; and what leaves the shop as files, day by day."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.models import Customer


class Erasure(models.Model):
    """One person was made unknown. While `swept_at` is empty, events outside of visits may still carry the customer's number,
    which by then leads to nobody.
    """

    customer = models.OneToOneField(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    reason = models.CharField(_("reason"), max_length=200, help_text=_("Without anything that tells who it was."))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("actor"),
    )  # fmt: skip
    orders = models.PositiveIntegerField(_("orders"))
    visits = models.PositiveIntegerField(_("visits"))
    events = models.PositiveBigIntegerField(_("events"))
    erased_at = models.DateTimeField(pgettext_lazy("customer", "erased at"))
    swept_at = models.DateTimeField(_("all events reached at"), null=True, blank=True)

    class Meta:
        verbose_name = _("erasure of a person")
        verbose_name_plural = _("erasures of persons")
        permissions = [
            ("export_person", _("Can take out all that is known of a person")),
            ("erase_person", _("Can erase a person for good")),
        ]
        indexes = [
            models.Index(fields=["-erased_at", "-id"], name="erasure_by_time"),
            models.Index(fields=["id"], condition=models.Q(swept_at__isnull=True), name="erasure_to_sweep"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}"


class Outlet(models.Model):
    """A view that is written into files: one for each closed business day, or one in all where it has no days."""

    class Format(models.TextChoices):
        CSV = "csv.gz", _("CSV, packed")  # text, as every program reads it
        PARQUET = "parquet", "Parquet"  # columns with their types, for analysis

    code = models.SlugField(_("code"), max_length=40, unique=True, help_text=_("Name of its folder."))
    view = models.CharField(pgettext_lazy("outlet", "view"), max_length=60)
    file_format = models.CharField(_("format"), max_length=7, choices=Format.choices, default=Format.CSV, db_default=Format.CSV)
    target = models.CharField(
        pgettext_lazy("outlet", "where to"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text=_("s3://bucket/folder for storage that speaks S3; empty: the shop's own folder."),
    )
    first_day = models.DateField(_("first day"), help_text=_("Earlier days are not written."))
    trailing_days = models.PositiveSmallIntegerField(
        _("days looked at again"),
        default=35,
        help_text=_("So many of the latest days are read again in each run; a file is written anew where something changed."),
    )
    is_active = models.BooleanField(pgettext_lazy("outlet", "active"), default=True)
    last_day = models.DateField(_("written up to"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = pgettext_lazy("files", "export")
        verbose_name_plural = pgettext_lazy("files", "exports")
        constraints = [
            models.CheckConstraint(condition=models.Q(trailing_days__lte=400), name="outlet_trailing_bounded"),
            models.CheckConstraint(condition=models.Q(file_format__in=["csv.gz", "parquet"]), name="outlet_format_known"),
        ]

    def __str__(self) -> str:
        return self.code


class OutletFile(models.Model):
    """What a file holds, as its manifest says. `day` is empty for a view without days."""

    outlet = models.ForeignKey(
        Outlet, models.CASCADE, db_index=False, related_name="files", verbose_name=pgettext_lazy("files", "export")
    )
    day = models.DateField(_("business day"), null=True, blank=True)
    rows = models.PositiveIntegerField(_("rows"))
    size = models.PositiveBigIntegerField(_("bytes"))
    sha256 = models.CharField("SHA-256", max_length=64)
    manifest_sha256 = models.CharField(_("SHA-256 of the manifest"), max_length=64, blank=True, default="", db_default="")
    written_at = models.DateTimeField(_("written at"))

    class Meta:
        verbose_name = _("exported file")
        verbose_name_plural = _("exported files")
        constraints = [models.UniqueConstraint(fields=["outlet", "day"], nulls_distinct=False, name="outlet_file_once")]

    def __str__(self) -> str:
        return f"{self.outlet_id} {self.day}"


class OutletRun(models.Model):
    """One run of one outlet, for the record."""

    outlet = models.ForeignKey(
        Outlet, models.CASCADE, db_index=False, related_name="runs", verbose_name=pgettext_lazy("files", "export")
    )
    began_at = models.DateTimeField(_("began at"))
    seconds = models.FloatField(_("seconds"))
    looked_at = models.PositiveIntegerField(_("days looked at"))
    written = models.PositiveIntegerField(_("files written"))
    rows = models.PositiveBigIntegerField(_("rows"))
    error = models.CharField(_("error"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("run of an export")
        verbose_name_plural = _("runs of exports")
        indexes = [models.Index(fields=["outlet", "-id"], name="outlet_run_latest")]

    def __str__(self) -> str:
        return f"{self.outlet_id} {self.began_at:%Y-%m-%d %H:%M}"
