"""Where other systems of the shop are told of incidents."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Webhook(models.Model):
    """An address that incidents are posted to, signed with a secret that only it and the shop know."""

    class Pause(models.TextChoices):
        FAILURES = "FAILURES", pgettext_lazy("webhook", "failed again and again")  # by the shop
        STAFF = "STAFF", pgettext_lazy("webhook", "paused by staff")

    name = models.CharField(_("name"), max_length=100, unique=True)
    url = models.CharField(
        _("address"), max_length=500,
        help_text=_("Begins with https:// and lies on the internet. Addresses inside the shop's network are refused."),
    )  # fmt: skip
    # Needed in clear to sign with; shown once.
    secret = models.CharField(max_length=64, editable=False)
    # In how many rounds in a row it did not take what was sent, and when it is tried again because of that.
    next_at = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveSmallIntegerField(_("failures in a row"), default=0, editable=False)
    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True, editable=False)
    paused_because = models.CharField(
        pgettext_lazy("webhook", "paused because"), max_length=8, choices=Pause.choices, blank=True, editable=False
    )
    taken_at = models.DateTimeField(pgettext_lazy("webhook", "last taken at"), null=True, blank=True, editable=False)
    tried_at = models.DateTimeField(pgettext_lazy("webhook", "last tried at"), null=True, blank=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=40, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = [
            models.CheckConstraint(condition=Q(paused_because__in=["", "FAILURES", "STAFF"]), name="webhook_pause_known"),
            models.CheckConstraint(
                condition=Q(paused_at__isnull=True, paused_because="") | (Q(paused_at__isnull=False) & ~Q(paused_because="")),
                name="webhook_pause_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name
