"""Named groups of customers. Campaigns owns what a segment is; who is in it is said from above, or by staff."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

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


class SegmentChange(models.Model):
    """Customers joined or left at one stroke. Who joined then has the same moment as the day of joining.

    It goes with its segment: what becomes of that stands in the audit.
    """

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="changes", verbose_name=_("segment"))
    joined = models.PositiveIntegerField(pgettext_lazy("members", "joined"))
    left = models.PositiveIntegerField(pgettext_lazy("members", "left"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("change of a segment")
        verbose_name_plural = _("changes of segments")
        constraints = [models.CheckConstraint(condition=Q(joined__gt=0) | Q(left__gt=0), name="segment_change_not_empty")]

    def __str__(self) -> str:
        return f"{self.segment_id} +{self.joined} -{self.left}"
