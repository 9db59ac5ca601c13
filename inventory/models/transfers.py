"""Goods between two warehouses: the lanes they may take, transfer orders with what is in transit, and what should be moved."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.kernel.fields import MoneyAmountField
from inventory.models.catalog import Variant
from inventory.models.stock import Warehouse


class Lane(models.Model):
    """The way from one warehouse to another: how long goods take on it, what that costs, and what may go."""

    from_warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="lanes_out", verbose_name=_("from warehouse"), db_index=False
    )
    to_warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="lanes_in", verbose_name=_("to warehouse"))
    is_active = models.BooleanField(_("in use"), default=True, help_text=_("Off: nothing is proposed on it."))
    days = models.PositiveSmallIntegerField(
        _("days on the way"), default=1, help_text=_("From leaving one shelf to lying on the other.")
    )
    cost_per_unit = MoneyAmountField(_("cost for a unit"), default=0, help_text=_("Packing, handling and freight of one unit."))
    cost_per_shipment = MoneyAmountField(
        _("cost for a shipment"), default=0, help_text=_("What each drive costs, however little is on it.")
    )
    lot = models.PositiveIntegerField(
        _("lot"), default=1, validators=[MinValueValidator(1)], help_text=_("Units of a SKU are moved in multiples of this.")
    )
    most_units = models.PositiveIntegerField(
        _("units at most"), null=True, blank=True, validators=[MinValueValidator(1)],
        help_text=_("What fits into one shipment. Empty: no limit."),
    )  # fmt: skip
    cover_days = models.PositiveSmallIntegerField(
        _("days the sender keeps"), default=14,
        help_text=_("Expected demand of so many days stays in the warehouse that gives."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("lane")
        verbose_name_plural = _("lanes")
        constraints = [
            models.UniqueConstraint(fields=["from_warehouse", "to_warehouse"], name="lane_once"),
            models.CheckConstraint(
                condition=~Q(from_warehouse=F("to_warehouse")),
                name="lane_between_two",
                violation_error_message=_("Choose two different warehouses."),
            ),
            models.CheckConstraint(
                condition=Q(cost_per_unit__gte=0, cost_per_shipment__gte=0, lot__gt=0)
                & (Q(most_units__isnull=True) | Q(most_units__gt=0)),
                name="lane_makes_sense",
                violation_error_message=_("Costs are zero or more, the lot and the units at most are at least 1."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_warehouse_id} -> {self.to_warehouse_id}"


class TransferOrder(models.Model):
    """Goods that go from one warehouse to another. What has left and not arrived is in transit: this order owns it."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", pgettext_lazy("transfer", "draft")  # written down; nothing has left
        SHIPPED = "SHIPPED", pgettext_lazy("transfer", "shipped")  # the goods have left, none has arrived
        PARTLY_RECEIVED = "PARTLY_RECEIVED", pgettext_lazy("transfer", "partly received")  # the rest is still on its way
        RECEIVED = "RECEIVED", pgettext_lazy("transfer", "received")  # all that left has arrived
        CLOSED = "CLOSED", pgettext_lazy("transfer", "closed")  # settled; what did not arrive was written off
        CANCELED = "CANCELED", pgettext_lazy("transfer", "canceled")  # given up before anything left

    number = models.CharField(_("number"), max_length=20, unique=True)
    from_warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="transfers_out", verbose_name=_("from warehouse")
    )
    to_warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="transfers_in", verbose_name=_("to warehouse"))
    state = models.CharField(_("state"), max_length=15, choices=State.choices, default=State.DRAFT)
    is_proposed = models.BooleanField(_("proposed"), default=False, help_text=_("Made from proposals of the balancing."))
    reason = models.CharField(
        pgettext_lazy("why", "reason"), max_length=200, help_text=_("Why the goods are moved. It stands in the stock ledger.")
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("drafted by")
    )
    drafted_at = models.DateTimeField(_("drafted at"))
    shipped_at = models.DateTimeField(_("shipped at"), null=True, blank=True)
    expected_on = models.DateField(_("expected on"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("transfer order")
        verbose_name_plural = _("transfer orders")
        permissions = [("move_goods", _("Can ship and receive transfers"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["DRAFT", "SHIPPED", "PARTLY_RECEIVED", "RECEIVED", "CLOSED", "CANCELED"]),
                name="transfer_order_state_known",
            ),
            models.CheckConstraint(condition=~Q(from_warehouse=F("to_warehouse")), name="transfer_order_between_two"),
            models.CheckConstraint(condition=~Q(reason=""), name="transfer_order_says_why"),
        ]
        indexes = [
            models.Index(fields=["-drafted_at", "-id"], name="transfer_order_by_time"),
            models.Index(fields=["state", "-drafted_at", "-id"], name="transfer_order_by_state"),
        ]

    def __str__(self) -> str:
        return self.number


class TransferLine(models.Model):
    """Units of one SKU: planned, then shipped; of these received, and lost where they never arrived."""

    transfer = models.ForeignKey(TransferOrder, models.CASCADE, related_name="lines", verbose_name=_("transfer order"))
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="transfer_lines", verbose_name=_("SKU"))
    quantity = models.PositiveIntegerField(_("quantity"))
    shipped = models.PositiveIntegerField(_("shipped"), default=0)
    received = models.PositiveIntegerField(_("received"), default=0)
    lost = models.PositiveIntegerField(_("lost"), default=0)
    unit_cost = MoneyAmountField(_("unit cost"), default=0)

    class Meta:
        verbose_name = _("transfer line")
        verbose_name_plural = _("transfer lines")
        constraints = [
            models.UniqueConstraint(fields=["transfer", "variant"], name="transfer_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, unit_cost__gte=0, shipped__lte=F("quantity")), name="transfer_line_makes_sense"
            ),
            models.CheckConstraint(condition=Q(shipped__gte=F("received") + F("lost")), name="transfer_line_arrives_what_left"),
        ]
        indexes = [
            models.Index(
                fields=["variant"], condition=Q(shipped__gt=F("received") + F("lost")), name="transfer_line_in_transit"
            )
        ]

    def __str__(self) -> str:
        return f"{self.variant_id} x {self.quantity}"

    @property
    def in_transit(self) -> int:
        return self.shipped - self.received - self.lost


class TransferReceipt(models.Model):
    """One arrival. A transfer may arrive in several, each with a number of its own in the ledger."""

    append_only = True

    number = models.CharField(_("number"), max_length=20, unique=True)
    transfer = models.ForeignKey(TransferOrder, models.PROTECT, related_name="receipts", verbose_name=_("transfer order"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        verbose_name = _("arrival of a transfer")
        verbose_name_plural = _("arrivals of transfers")

    def __str__(self) -> str:
        return self.number


class TransferReceiptLine(models.Model):
    append_only = True

    receipt = models.ForeignKey(
        TransferReceipt, models.PROTECT, related_name="lines", verbose_name=_("arrival of a transfer"), db_index=False
    )
    line = models.ForeignKey(TransferLine, models.PROTECT, related_name="receipt_lines", verbose_name=_("transfer line"))
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("arrived SKU")
        verbose_name_plural = _("arrived SKUs")
        constraints = [
            models.UniqueConstraint(fields=["receipt", "line"], name="transfer_receipt_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="transfer_receipt_line_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.quantity}"


class TransferEvent(models.Model):
    """Who did what with a transfer order, when and why."""

    append_only = True

    class Kind(models.TextChoices):
        DRAFTED = "DRAFTED", pgettext_lazy("transfer", "drafted")  # written down
        CHANGED = "CHANGED", pgettext_lazy("transfer", "changed")  # other SKUs or quantities
        SHIPPED = "SHIPPED", pgettext_lazy("transfer", "goods shipped")  # they left the shelf
        RECEIVED = "RECEIVED", pgettext_lazy("transfer", "goods received")  # all or some of them lie on the other shelf
        CLOSED = "CLOSED", pgettext_lazy("transfer", "closed")  # what did not arrive was written off
        CANCELED = "CANCELED", pgettext_lazy("transfer", "canceled")  # given up before anything left

    transfer = models.ForeignKey(
        TransferOrder, models.PROTECT, related_name="timeline", verbose_name=_("transfer order"), db_index=False
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    reason = models.CharField(pgettext_lazy("why", "reason"), max_length=200, blank=True)
    details = models.JSONField(_("details"), default=dict)
    occurred_at = models.DateTimeField(_("occurred at"))

    class Meta:
        verbose_name = _("transfer event")
        verbose_name_plural = _("transfer events")
        indexes = [models.Index(fields=["transfer", "id"], name="transfer_event_order")]

    def __str__(self) -> str:
        return self.kind


class TransferProposal(models.Model):
    """Units of one SKU that would be worth more in another warehouse, and why, as it was that night.

    Staff may set another quantity: later nights keep it.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", pgettext_lazy("transfer proposal", "open")  # waits for somebody to decide
        ORDERED = "ORDERED", pgettext_lazy("transfer proposal", "ordered")  # became a transfer order
        DISMISSED = "DISMISSED", pgettext_lazy("transfer proposal", "dismissed")  # staff said no, with a reason
        SUPERSEDED = "SUPERSEDED", pgettext_lazy("transfer proposal", "superseded")  # a later night saw another need, or none

    variant = models.ForeignKey(Variant, models.PROTECT, related_name="transfer_proposals", verbose_name=_("SKU"))
    lane = models.ForeignKey(Lane, models.PROTECT, related_name="proposals", verbose_name=_("lane"))
    transfer = models.ForeignKey(
        TransferOrder, models.SET_NULL, null=True, blank=True, related_name="proposals", verbose_name=_("transfer order")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    quantity = models.PositiveIntegerField(_("quantity"))
    override = models.PositiveIntegerField(
        _("quantity set by staff"), null=True, blank=True, help_text=_("Moved instead of the computed quantity.")
    )
    override_reason = models.CharField(_("reason for the other quantity"), max_length=200, blank=True)
    override_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("set by")
    )
    gain = MoneyAmountField(_("gain"), help_text=_("Margin that would else be lost, less what the move costs."))
    explanation = models.JSONField(_("explanation"), default=dict, encoder=DjangoJSONEncoder)
    as_of = models.DateTimeField(_("as of"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    reason = models.CharField(pgettext_lazy("why", "reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("transfer proposal")
        verbose_name_plural = _("transfer proposals")
        constraints = [
            models.UniqueConstraint(fields=["variant", "lane"], condition=Q(state="OPEN"), name="transfer_proposal_one_open"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & (Q(override__isnull=True) | Q(override__gt=0)), name="transfer_proposal_positive"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["OPEN", "ORDERED", "DISMISSED", "SUPERSEDED"]), name="transfer_proposal_state_known"
            ),
        ]
        indexes = [
            models.Index(fields=["-as_of", "-id"], name="transfer_proposal_by_time"),
            models.Index(fields=["state", "-as_of", "-id"], name="transfer_proposal_by_state"),
            models.Index(fields=["decided_at"], condition=Q(state="DISMISSED"), name="transfer_proposal_dismissed"),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id}@{self.lane_id}: {self.units}"

    @property
    def units(self) -> int:
        """What would be moved: staff's quantity where they set one."""
        return self.quantity if self.override is None else self.override
