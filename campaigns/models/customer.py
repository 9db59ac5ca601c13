"""Whom the shop addresses. Consent is a history, never a switch: who agreed to what, when, in which words."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# Lets "begins with" use the index, whatever the database's collation.
BY_PREFIX = ["varchar_pattern_ops"]
# Without it names, phone numbers and addresses are masked, wherever they stand.
SEES_PERSONAL = "campaigns.view_personal"


class Customer(models.Model):
    """`external_id` is the storefront's own key for this person; nothing else here needs to be unique."""

    external_id = models.CharField(_("customer id"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=100, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    email = models.EmailField(_("email"), blank=True)
    created_at = models.DateTimeField(pgettext_lazy("customer", "known since"))
    erased_at = models.DateTimeField(
        pgettext_lazy("customer", "erased at"), null=True, blank=True, help_text=_("From then on nobody knows who this was.")
    )

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        permissions = [("view_personal", _("Can see names, phone numbers and addresses in full"))]
        constraints = [
            models.CheckConstraint(condition=~Q(external_id=""), name="customer_external_id_not_empty"),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | Q(name="", phone="", email=""), name="customer_erased_is_nobody"
            ),
        ]
        indexes = [
            models.Index(fields=["name"], opclasses=BY_PREFIX, name="customer_by_name"),
            models.Index(fields=["phone"], opclasses=BY_PREFIX, name="customer_by_phone"),
            models.Index(fields=["email"], opclasses=BY_PREFIX, name="customer_by_email"),
            models.Index(fields=["-created_at", "-id"], name="customer_by_time"),
        ]

    def __str__(self) -> str:
        return self.external_id


class Consent(models.Model):
    """One statement of a customer about one channel: given or withdrawn, by day or also by night."""

    append_only = True

    class Channel(models.TextChoices):
        EMAIL = "EMAIL", _("email")  # letters by mail
        SMS = "SMS", _("text message")  # to the phone's number
        PUSH = "PUSH", _("push")  # by the shop's own app

    class Purpose(models.TextChoices):
        ADVERTISING = "ADVERTISING", _("advertising")  # between 08:00 and 21:00
        NIGHT_ADVERTISING = "NIGHT_ADVERTISING", _("advertising at night")  # asked for separately

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="consents", verbose_name=_("customer"))
    channel = models.CharField(pgettext_lazy("consent", "channel"), max_length=10, choices=Channel.choices)
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose.choices)
    is_given = models.BooleanField(pgettext_lazy("consent", "given"))
    text_version = models.CharField(_("version of the text"), max_length=40)
    source = models.CharField(_("source"), max_length=40, help_text=_("Where it was said: sign-up, checkout, phone."))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    stated_at = models.DateTimeField(_("stated at"))

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.CheckConstraint(condition=Q(channel__in=["EMAIL", "SMS", "PUSH"]), name="consent_channel_known"),
            models.CheckConstraint(condition=Q(purpose__in=["ADVERTISING", "NIGHT_ADVERTISING"]), name="consent_purpose_known"),
        ]
        indexes = [models.Index(fields=["customer", "channel", "purpose", "-stated_at"], name="consent_latest")]

    def __str__(self) -> str:
        return f"{self.channel} {self.purpose}"
