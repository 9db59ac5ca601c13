"""Named groups of customers. Campaigns owns what a segment is; who is in it is said from above, or by staff."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.customer import Customer


class Segment(models.Model):
    code = models.SlugField(_("code"), max_length=40, unique=True, help_text=_("Short name for the API and for files."))
    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(_("description"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class SegmentMembership(models.Model):
    segment = models.ForeignKey(Segment, models.PROTECT, related_name="memberships", verbose_name=_("segment"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="memberships", verbose_name=_("customer"))
    joined_at = models.DateTimeField(_("joined at"))

    class Meta:
        verbose_name = _("segment member")
        verbose_name_plural = _("segment members")
        constraints = [models.UniqueConstraint(fields=["customer", "segment"], name="segment_membership_once")]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.segment_id}"
