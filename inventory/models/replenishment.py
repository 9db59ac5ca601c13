"""How much of what shall lie where, and what the nightly replenishment therefore proposes to buy."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inventory.models.catalog import Variant
from inventory.models.purchasing import PurchaseOrderLine, SupplierOffer
from inventory.models.stock import Warehouse


class Mode(models.TextChoices):
    """How far the replenishment goes by itself."""

    SUGGEST = "SUGGEST", pgettext_lazy("replenishment", "suggest")  # staff take it into a purchase order, or leave it
    APPROVE = "APPROVE", pgettext_lazy("replenishment", "draft")  # it stands in a draft that waits for approval
    AUTOMATIC = "AUTOMATIC", pgettext_lazy("replenishment", "order by itself")  # approved by itself within the limits


class ReorderPolicy(models.Model):
    """What staff decided for one SKU in one warehouse. Without a policy nothing is bought there."""

    variant = models.ForeignKey(Variant, models.PROTECT, related_name="policies", verbose_name=_("SKU"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="policies", verbose_name=_("warehouse"))

    class Form(models.TextChoices):
        UP_TO = "UP_TO", pgettext_lazy("replenishment", "fill up to the target")  # (s, S): as much as is missing up to S
        LOTS = "LOTS", pgettext_lazy("replenishment", "equal lots")  # (R, Q): always the same quantity Q, or several of it

    class Sizing(models.TextChoices):
        COSTS = "COSTS", pgettext_lazy("replenishment", "what costs least")  # holding against ordering, by the cost figures
        COVER = "COVER", pgettext_lazy("replenishment", "days to cover")  # the days that staff say

    is_enabled = models.BooleanField(_("enabled"), default=True)
    service_level = models.DecimalField(
        _("service level"), max_digits=5, decimal_places=4, null=True, blank=True,
        help_text=_("Chance that stock lasts until the goods come: 0.95 is nineteen times of twenty. Empty: as its class."),
    )  # fmt: skip
    mode = models.CharField(
        pgettext_lazy("replenishment", "mode"), max_length=10, choices=Mode.choices, blank=True, default="",
        help_text=_("How far the replenishment goes by itself. Empty: as its class."),
    )  # fmt: skip
    form = models.CharField(
        pgettext_lazy("replenishment", "quantity"), max_length=5, choices=Form.choices, default=Form.UP_TO,
        help_text=_("Equal lots suit goods that come by the pallet."),
    )  # fmt: skip
    sizing = models.CharField(
        pgettext_lazy("replenishment", "size of a purchase"), max_length=5, choices=Sizing.choices, default=Sizing.COSTS,
        help_text=_("What costs least needs a forecast; without one the days to cover count."),
    )  # fmt: skip
    review_days = models.PositiveSmallIntegerField(
        _("days to cover"), default=7, help_text=_("Days that one purchase shall last beyond its lead time.")
    )
    minimum_stock = models.PositiveIntegerField(
        _("minimum stock"), default=0, help_text=_("The reorder point never falls below it.")
    )
    maximum_stock = models.PositiveIntegerField(
        _("maximum stock"), null=True, blank=True, help_text=_("No purchase lifts the stock above it.")
    )

    class Meta:
        verbose_name = _("reorder policy")
        verbose_name_plural = _("reorder policies")
        constraints = [
            models.UniqueConstraint(fields=["variant", "warehouse"], name="reorder_policy_once"),
            models.CheckConstraint(
                condition=Q(service_level__gte="0.5", service_level__lt=1), name="reorder_policy_service_level"
            ),
            models.CheckConstraint(
                condition=Q(maximum_stock__isnull=True) | Q(maximum_stock__gte=F("minimum_stock")),
                name="reorder_policy_maximum_above_minimum",
            ),
            models.CheckConstraint(
                condition=Q(mode__in=["", "SUGGEST", "APPROVE", "AUTOMATIC"], form__in=["UP_TO", "LOTS"])
                & Q(sizing__in=["COSTS", "COVER"]),
                name="reorder_policy_ways_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id}@{self.warehouse_id}"


class ReplenishmentProposal(models.Model):
    """One need to buy, and why: `explanation` holds every term of the formula as it was that night.

    Staff may set another quantity, the override: it is bought instead, and later nights keep it.
    """

    class State(models.TextChoices):
        # stands in a draft purchase order and waits for approval, or waits to be taken into one
        OPEN = "OPEN", pgettext_lazy("proposal", "open")
        ORDERED = "ORDERED", pgettext_lazy("proposal", "ordered")  # its purchase order was approved
        DISMISSED = "DISMISSED", pgettext_lazy("proposal", "dismissed")  # staff said no, with a reason
        SUPERSEDED = "SUPERSEDED", pgettext_lazy("proposal", "superseded")  # a later night saw no need, or another quantity

    variant = models.ForeignKey(Variant, models.PROTECT, related_name="proposals", verbose_name=_("SKU"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="proposals", verbose_name=_("warehouse"))
    offer = models.ForeignKey(SupplierOffer, models.PROTECT, related_name="+", verbose_name=_("supplier offer"))
    line = models.ForeignKey(
        PurchaseOrderLine, models.SET_NULL, null=True, blank=True, related_name="proposals",
        verbose_name=_("purchase order line"),
    )  # fmt: skip
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    is_suggestion = models.BooleanField(
        _("only suggested"), default=False, help_text=_("It stands in no purchase order until somebody takes it into one.")
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    override = models.PositiveIntegerField(
        _("quantity set by staff"), null=True, blank=True, help_text=_("Bought instead of the computed quantity.")
    )
    override_reason = models.CharField(_("reason for the other quantity"), max_length=300, blank=True)
    override_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("set by")
    )
    explanation = models.JSONField(_("explanation"), default=dict, encoder=DjangoJSONEncoder)
    as_of = models.DateTimeField(_("as of"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("replenishment proposal")
        verbose_name_plural = _("replenishment proposals")
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "warehouse"], condition=Q(state="OPEN"), name="replenishment_proposal_one_open"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="replenishment_proposal_positive"),
            models.CheckConstraint(
                condition=Q(override__isnull=True) | Q(override__gt=0), name="replenishment_proposal_override_positive"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["OPEN", "ORDERED", "DISMISSED", "SUPERSEDED"]), name="replenishment_proposal_state_known"
            ),
        ]
        indexes = [
            models.Index(fields=["-as_of", "-id"], name="proposal_by_time"),
            models.Index(fields=["state", "-as_of", "-id"], name="proposal_by_state"),
            models.Index(fields=["decided_at"], condition=Q(state="DISMISSED"), name="proposal_dismissed"),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id}@{self.warehouse_id}: {self.units}"

    @property
    def units(self) -> int:
        """What is bought: staff's quantity where they set one."""
        return self.quantity if self.override is None else self.override
