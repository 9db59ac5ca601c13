"""Who was erased, by whom and why."""

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
