"""Which business days of shoppers' events lie in the second store, see docs/algorithms/event-store.md."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from analytics.models.rollups import DayState


class EventCopy(DayState):
    """One closed business day as it was copied: so many rows with such a checksum. DIRTY: its events have changed since.

    Once `left_at` is set, the database may hold no longer all of its events; what comes late is added to the copy.
    """

    source_rows = models.PositiveIntegerField(_("source rows"), null=True, blank=True)
    seconds = models.FloatField(_("seconds"), null=True, blank=True)
    checksum = models.BigIntegerField(_("checksum"), null=True, blank=True)
    # What is about to take its place: whoever is killed in between leaves the former day there or this one.
    coming_rows = models.PositiveIntegerField(_("rows on their way"), null=True, blank=True)
    coming_checksum = models.BigIntegerField(_("checksum on its way"), null=True, blank=True)
    compared_at = models.DateTimeField(_("compared at"), null=True, blank=True)
    is_equal = models.BooleanField(_("the same in both"), null=True, blank=True)
    left_at = models.DateTimeField(pgettext_lazy("events", "left the database at"), null=True, blank=True)

    class Meta:
        verbose_name = _("copied day of events")
        verbose_name_plural = _("copied days of events")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["DIRTY", "CLEAN"]), name="event_copy_state_known"),
            models.CheckConstraint(
                condition=~Q(state="CLEAN") | Q(rebuilt_at__isnull=False, source_rows__isnull=False, checksum__isnull=False),
                name="event_copy_clean_once_copied",
            ),
        ]
        indexes = [
            models.Index(fields=["day"], condition=Q(state="DIRTY"), name="event_copy_dirty"),
            models.Index(fields=["day"], condition=Q(left_at__isnull=False), name="event_copy_left"),
        ]
