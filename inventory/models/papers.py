"""What goes back and forth with a supplier about a purchase order, and what the goods cost once they are here."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.kernel.fields import MoneyAmountField
from inventory.models.catalog import Variant
from inventory.models.purchasing import GoodsReceipt, GoodsReceiptLine, PurchaseOrder, PurchaseOrderLine


class PurchaseMail(models.Model):
    """One mail to a supplier with a purchase order. It is sent once or not at all; what nobody knows is shown as such."""

    class State(models.TextChoices):
        WAITING = "WAITING", pgettext_lazy("mail", "waiting")  # a worker will send it within a minute
        SENDING = "SENDING", pgettext_lazy("mail", "sending")  # a worker speaks with the mail server
        SENT = "SENT", pgettext_lazy("mail", "sent")  # the mail server took it
        FAILED = "FAILED", pgettext_lazy("mail", "failed")  # the mail server said no, for the last time
        UNSURE = "UNSURE", pgettext_lazy("mail", "unsure")  # nobody knows whether it went out: ask the supplier

    purchase_order = models.ForeignKey(PurchaseOrder, models.PROTECT, related_name="mails", verbose_name=_("purchase order"))
    address = models.EmailField(_("email"))
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due at"))
    begun_at = models.DateTimeField(_("begun at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )

    class Meta:
        verbose_name = _("mail to a supplier")
        verbose_name_plural = _("mails to suppliers")
        constraints = [
            models.UniqueConstraint(
                fields=["purchase_order"], condition=Q(state__in=["WAITING", "SENDING"]), name="purchase_mail_one_on_its_way"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state="WAITING"), name="purchase_mail_due"),
        ]

    def __str__(self) -> str:
        return f"{self.purchase_order_id}: {self.state}"


class SupplierConfirmation(models.Model):
    """What the supplier says it will deliver, and when. The last one counts; earlier ones stay on record."""

    append_only = True

    class Source(models.TextChoices):
        STAFF = "STAFF", pgettext_lazy("confirmation", "entered by staff")  # told by phone, mail or paper
        LINK = "LINK", pgettext_lazy("confirmation", "by the supplier")  # entered by the supplier on the linked page

    purchase_order = models.ForeignKey(
        PurchaseOrder, models.PROTECT, related_name="confirmations", verbose_name=_("purchase order")
    )
    source = models.CharField(_("source"), max_length=5, choices=Source.choices)
    note = models.CharField(_("note"), max_length=300, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    confirmed_at = models.DateTimeField(_("confirmed at"))

    class Meta:
        verbose_name = _("supplier's confirmation")
        verbose_name_plural = _("suppliers' confirmations")
        constraints = [
            models.CheckConstraint(condition=Q(source__in=["STAFF", "LINK"]), name="supplier_confirmation_source_known")
        ]

    def __str__(self) -> str:
        return f"{self.purchase_order_id}: {self.source}"


class SupplierConfirmationLine(models.Model):
    append_only = True

    confirmation = models.ForeignKey(
        SupplierConfirmation, models.PROTECT, related_name="lines", verbose_name=_("supplier's confirmation")
    )
    line = models.ForeignKey(
        PurchaseOrderLine, models.PROTECT, related_name="confirmation_lines", verbose_name=_("purchase order line")
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    expected_on = models.DateField(_("expected on"), null=True, blank=True)

    class Meta:
        verbose_name = _("confirmed line")
        verbose_name_plural = _("confirmed lines")
        constraints = [
            models.UniqueConstraint(fields=["confirmation", "line"], name="supplier_confirmation_line_once"),
            models.CheckConstraint(
                condition=Q(quantity=0) | Q(expected_on__isnull=False), name="supplier_confirmation_line_has_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.quantity}"


class ReceiptDiscrepancy(models.Model):
    """What was wrong with a delivery. Damaged and wrong goods never reach the shelf: they are sent back or thrown away."""

    class Kind(models.TextChoices):
        SHORT = "SHORT", pgettext_lazy("discrepancy", "short")  # the delivery note says more than was in the parcel
        OVER = "OVER", pgettext_lazy("discrepancy", "too many")  # more came than was ordered, and is on the shelf
        DAMAGED = "DAMAGED", pgettext_lazy("discrepancy", "damaged")  # ordered, but cannot be sold
        WRONG = "WRONG", pgettext_lazy("discrepancy", "wrong item")  # nobody ordered it

    class Outcome(models.TextChoices):
        NONE = "NONE", pgettext_lazy("discrepancy", "nothing to do")  # short and surplus units: nothing lies aside
        RETURN = "RETURN", pgettext_lazy("discrepancy", "back to the supplier")  # lies aside until the supplier has it
        DISPOSE = "DISPOSE", pgettext_lazy("discrepancy", "written off")  # thrown away here

    receipt = models.ForeignKey(GoodsReceipt, models.PROTECT, related_name="discrepancies", verbose_name=_("goods receipt"))
    line = models.ForeignKey(
        PurchaseOrderLine, models.PROTECT, null=True, blank=True, related_name="discrepancies",
        verbose_name=_("purchase order line"),
    )  # fmt: skip
    item = models.CharField(_("item"), max_length=100, blank=True, help_text=_("What came though nobody ordered it."))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    quantity = models.PositiveIntegerField(_("quantity"))
    outcome = models.CharField(_("what becomes of it"), max_length=8, choices=Outcome.choices, default=Outcome.NONE)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    found_at = models.DateTimeField(_("found at"))
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("settled by")
    )
    settlement = models.CharField(
        _("how it was settled"), max_length=200, blank=True, help_text=_("Such as a credit note or a replacement.")
    )

    class Meta:
        verbose_name = _("discrepancy")
        verbose_name_plural = _("discrepancies")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="receipt_discrepancy_positive"),
            models.CheckConstraint(
                condition=Q(kind__in=["SHORT", "OVER", "DAMAGED"], line__isnull=False, item="")
                | Q(kind="WRONG", line__isnull=True) & ~Q(item=""),
                name="receipt_discrepancy_names_its_goods",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["SHORT", "OVER"], outcome="NONE")
                | Q(kind__in=["DAMAGED", "WRONG"], outcome__in=["RETURN", "DISPOSE"]),
                name="receipt_discrepancy_outcome_fits",
            ),
            models.CheckConstraint(condition=Q(kind="OVER") | ~Q(reason=""), name="receipt_discrepancy_says_why"),
        ]
        indexes = [
            models.Index(fields=["-found_at", "-id"], name="receipt_discrepancy_by_time"),
            models.Index(
                fields=["-found_at", "-id"],
                condition=Q(outcome="RETURN", settled_at__isnull=True),
                name="receipt_discrepancy_to_return",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.quantity}"


class LandedCost(models.Model):
    """What bringing one delivery here cost beyond the goods themselves, shared out over its lines to the last won."""

    append_only = True

    class Kind(models.TextChoices):
        FREIGHT = "FREIGHT", _("freight")  # carrying it here
        DUTY = "DUTY", _("duty")  # customs
        OTHER = "OTHER", pgettext_lazy("landed cost", "other")  # insurance, handling, inspection

    class Basis(models.TextChoices):
        VALUE = "VALUE", _("by value")  # as the goods cost
        WEIGHT = "WEIGHT", _("by weight")  # as the goods weigh; each SKU needs a weight
        QUANTITY = "QUANTITY", _("by quantity")  # the same for each unit

    receipt = models.ForeignKey(GoodsReceipt, models.PROTECT, related_name="landed_costs", verbose_name=_("goods receipt"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    basis = models.CharField(_("shared out"), max_length=8, choices=Basis.choices)
    amount = MoneyAmountField(_("amount"))
    reference = models.CharField(_("invoice"), max_length=64, help_text=_("The number of the invoice; each is booked once."))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    booked_at = models.DateTimeField(_("booked at"))

    class Meta:
        verbose_name = _("landed cost")
        verbose_name_plural = _("landed costs")
        constraints = [
            models.UniqueConstraint(fields=["receipt", "kind", "reference"], name="landed_cost_once"),
            models.CheckConstraint(condition=Q(amount__gt=0) & ~Q(reference=""), name="landed_cost_makes_sense"),
            models.CheckConstraint(condition=Q(kind__in=["FREIGHT", "DUTY", "OTHER"]), name="landed_cost_kind_known"),
            models.CheckConstraint(condition=Q(basis__in=["VALUE", "WEIGHT", "QUANTITY"]), name="landed_cost_basis_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class LandedCostShare(models.Model):
    """One line's share: of the units that still lie here it raises the cost; of those that have left it is a variance."""

    append_only = True

    landed_cost = models.ForeignKey(LandedCost, models.PROTECT, related_name="shares", verbose_name=_("landed cost"))
    line = models.ForeignKey(GoodsReceiptLine, models.PROTECT, related_name="shares", verbose_name=_("goods receipt line"))
    amount = MoneyAmountField(_("amount"))
    to_stock = MoneyAmountField(_("added to the stock"))
    variance = MoneyAmountField(_("variance"), help_text=_("The share of units that had left before it was known."))

    class Meta:
        verbose_name = _("share of a landed cost")
        verbose_name_plural = _("shares of landed costs")
        constraints = [
            models.UniqueConstraint(fields=["landed_cost", "line"], name="landed_cost_share_once"),
            models.CheckConstraint(
                condition=Q(amount=F("to_stock") + F("variance"), to_stock__gte=0, variance__gte=0),
                name="landed_cost_share_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.amount}"


class CostEntry(models.Model):
    """One step of a SKU's moving average cost. The last one is what a unit costs on average, over all warehouses."""

    append_only = True

    variant = models.ForeignKey(Variant, models.PROTECT, db_index=False, related_name="cost_entries", verbose_name=_("SKU"))
    receipt = models.ForeignKey(GoodsReceipt, models.PROTECT, related_name="cost_entries", verbose_name=_("goods receipt"))
    landed_cost = models.ForeignKey(
        LandedCost, models.PROTECT, null=True, blank=True, related_name="cost_entries", verbose_name=_("landed cost")
    )
    units_before = models.PositiveIntegerField(_("units before"))
    average_before = MoneyAmountField(_("average before"))
    units = models.PositiveIntegerField(_("units added"))
    value = MoneyAmountField(_("value added"))
    average = MoneyAmountField(_("average cost"))
    occurred_at = models.DateTimeField(_("occurred at"))

    class Meta:
        verbose_name = _("average cost")
        verbose_name_plural = _("average costs")
        constraints = [
            models.UniqueConstraint(fields=["variant", "receipt", "landed_cost"], nulls_distinct=False, name="cost_entry_once"),
            models.CheckConstraint(condition=Q(average__gte=0, value__gte=0), name="cost_entry_not_negative"),
            models.CheckConstraint(condition=Q(landed_cost__isnull=True) | Q(units=0), name="cost_entry_landed_adds_no_units"),
        ]
        indexes = [models.Index(fields=["variant", "-id"], name="cost_entry_by_variant")]

    def __str__(self) -> str:
        return f"{self.variant_id}: {self.average_before} -> {self.average}"
