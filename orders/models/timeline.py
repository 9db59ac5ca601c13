"""What happened to an order: who, what, when, why. Appended in the operation that did it, never changed."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order


class OrderEvent(models.Model):
    append_only = True

    class Kind(models.TextChoices):
        PLACED = "PLACED", _("placed")
        PAID = "PAID", _("paid")
        PAID_LATE = "PAID_LATE", _("paid too late")  # money came for an order that is over: a refund is due
        PICKED = "PICKED", _("picked")
        SHIPPED = "SHIPPED", _("shipped")  # one parcel left
        CANCELED = "CANCELED", _("canceled")
        EXPIRED = "EXPIRED", _("expired")
        RETURN_ACCEPTED = "RETURN_ACCEPTED", _("return accepted")  # the customer may send goods back
        RETURNED = "RETURNED", _("returned")  # the goods arrived
        RETURN_REFUSED = "RETURN_REFUSED", _("return refused")
        REFUNDED = "REFUNDED", _("refunded")
        SHORT = "SHORT", _("short")  # stock held for it was lost
        RESTOCKED = "RESTOCKED", _("stock found")  # the missing units are held again
        MISSING_CANCELED = "MISSING_CANCELED", _("missing units canceled")  # they will not come; the rest goes
        UNMATCHED = "UNMATCHED", _("payment does not fit")  # money came that the order does not owe: somebody must look
        SETTLED = "SETTLED", _("unmatched payment settled")  # it was paid back or explained
        NOTED = "NOTED", _("noted")

    order = models.ForeignKey(Order, models.CASCADE, db_index=False, related_name="timeline", verbose_name=_("order"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    details = models.JSONField(_("details"), default=dict, encoder=DjangoJSONEncoder)
    occurred_at = models.DateTimeField(_("occurred at"))

    class Meta:
        verbose_name = _("order event")
        verbose_name_plural = _("order events")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=[
                        *("PLACED", "PAID", "PAID_LATE", "PICKED", "SHIPPED", "CANCELED", "EXPIRED"),
                        *("RETURN_ACCEPTED", "RETURNED", "RETURN_REFUSED", "REFUNDED"),
                        *("SHORT", "RESTOCKED", "MISSING_CANCELED", "UNMATCHED", "SETTLED", "NOTED"),
                    ]
                ),
                name="order_event_kind_known",
            )
        ]
        indexes = [
            models.Index(fields=["order", "id"], name="order_event_by_order"),
            models.Index(fields=["-occurred_at", "-id"], name="order_event_by_time"),
        ]

    def __str__(self) -> str:
        return self.kind
