"""Where goods come from: suppliers and what they offer, purchase orders and what of them has arrived."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.kernel.fields import MoneyAmountField
from inventory.models.catalog import Variant
from inventory.models.stock import Warehouse


class Supplier(models.Model):
    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=100)
    email = models.EmailField(_("email"), blank=True, help_text=_("Purchase orders go here."))
    is_active = models.BooleanField(_("buys from"), default=True, help_text=_("Off: nothing more is ordered there."))
    order_weekdays = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("order days"), default=list, blank=True,
        help_text=_("Weekdays on which it takes orders. None: every day."),
    )  # fmt: skip
    order_cutoff = models.TimeField(
        _("orders until"), null=True, blank=True, help_text=_("Orders after this hour count for its next order day.")
    )
    minimum_order_value = MoneyAmountField(
        _("minimum order value"), default=0, help_text=_("Before tax, all lines of a purchase order together.")
    )
    volume_cap = models.PositiveIntegerField(
        _("most volume for a delivery"), null=True, blank=True, help_text=_("In liters. Empty: no limit.")
    )
    weight_cap = models.PositiveIntegerField(
        _("most weight for a delivery"), null=True, blank=True, help_text=_("In kilograms. Empty: no limit.")
    )

    class Meta:
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(order_weekdays__contained_by=[0, 1, 2, 3, 4, 5, 6], minimum_order_value__gte=0),
                name="supplier_terms_make_sense",
                violation_error_message=_("The minimum order value is zero or more."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class SupplierOffer(models.Model):
    """At what price, how soon and in which steps one supplier sells one SKU."""

    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="offers", verbose_name=_("supplier"))
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="offers", verbose_name=_("SKU"))
    unit_cost = MoneyAmountField(_("unit cost"))
    lead_time_days = models.PositiveSmallIntegerField(
        _("lead time in days"), help_text=_("From sending the purchase order to goods on the shelf.")
    )
    minimum_quantity = models.PositiveIntegerField(_("MOQ"), default=1, help_text=_("The least one may order."))
    order_multiple = models.PositiveIntegerField(_("order multiple"), default=1, help_text=_("Units in one pack."))
    is_preferred = models.BooleanField(_("preferred"), default=True, help_text=_("Replenishment buys here."))

    class Meta:
        verbose_name = _("supplier offer")
        verbose_name_plural = _("supplier offers")
        constraints = [
            models.UniqueConstraint(fields=["supplier", "variant"], name="supplier_offer_once"),
            models.UniqueConstraint(
                fields=["variant"],
                condition=Q(is_preferred=True),
                name="supplier_offer_one_preferred",
                violation_error_message=_("Another supplier is preferred for this SKU already."),
            ),
            models.CheckConstraint(
                condition=Q(unit_cost__gte=0, minimum_quantity__gt=0, order_multiple__gt=0),
                name="supplier_offer_makes_sense",
                violation_error_message=_("The unit cost is zero or more, the MOQ and the order multiple are at least 1."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_id}: {self.variant_id}"


class PurchaseOrder(models.Model):
    """Goods bought from one supplier for one warehouse. Its draft counts as supply: nobody buys the same need twice."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("draft")  # may still be changed or dropped
        APPROVED = "APPROVED", _("approved")  # somebody with the right to spend agreed
        SENT = "SENT", _("sent")  # the supplier has it
        PARTLY_RECEIVED = "PARTLY_RECEIVED", _("partly received")  # some goods are here, more are to come
        RECEIVED = "RECEIVED", _("received")  # everything ordered is here
        CLOSED = "CLOSED", _("closed")  # settled; what has not come will not come
        CANCELED = "CANCELED", _("canceled")  # given up before anything came

    number = models.CharField(_("number"), max_length=20, unique=True)
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="purchase_orders", verbose_name=_("supplier"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="purchase_orders", verbose_name=_("warehouse"))
    state = models.CharField(_("state"), max_length=15, choices=State.choices, default=State.DRAFT)
    currency = models.CharField(_("currency"), max_length=3)
    is_proposed = models.BooleanField(_("proposed"), default=False, help_text=_("Drafted by the replenishment."))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("drafted by")
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    drafted_at = models.DateTimeField(_("drafted at"))
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("approved by")
    )
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    expected_on = models.DateField(_("expected on"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("purchase order")
        verbose_name_plural = _("purchase orders")
        permissions = [
            ("approve_purchaseorder", _("Can approve purchase orders")),
            ("receive_goods", _("Can receive goods")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["DRAFT", "APPROVED", "SENT", "PARTLY_RECEIVED", "RECEIVED", "CLOSED", "CANCELED"]),
                name="purchase_order_state_known",
            ),
            models.UniqueConstraint(
                fields=["supplier", "warehouse"],
                condition=Q(state="DRAFT", is_proposed=True),
                name="purchase_order_one_proposed_draft",
            ),
        ]
        indexes = [
            models.Index(fields=["-drafted_at", "-id"], name="purchase_order_by_time"),
            models.Index(fields=["state", "-drafted_at", "-id"], name="purchase_order_by_state"),
            models.Index(fields=["supplier", "-drafted_at", "-id"], name="purchase_order_by_supplier"),
        ]

    def __str__(self) -> str:
        return self.number


class PurchaseOrderLine(models.Model):
    """`received` may exceed `quantity`: suppliers deliver too much, and the goods are there all the same."""

    purchase_order = models.ForeignKey(PurchaseOrder, models.CASCADE, related_name="lines", verbose_name=_("purchase order"))
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="purchase_order_lines", verbose_name=_("SKU"))
    quantity = models.PositiveIntegerField(_("quantity"))
    received = models.PositiveIntegerField(_("received"), default=0)
    unit_cost = MoneyAmountField(_("unit cost"))

    class Meta:
        verbose_name = _("purchase order line")
        verbose_name_plural = _("purchase order lines")
        constraints = [
            models.UniqueConstraint(fields=["purchase_order", "variant"], name="purchase_order_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0, unit_cost__gte=0), name="purchase_order_line_makes_sense"),
        ]
        indexes = [models.Index(fields=["variant"], condition=Q(received__lt=F("quantity")), name="purchase_order_line_open")]

    def __str__(self) -> str:
        return f"{self.variant_id} x {self.quantity}"

    @property
    def outstanding(self) -> int:
        return max(self.quantity - self.received, 0)


class PurchaseOrderEvent(models.Model):
    """Who did what with a purchase order, when and why."""

    append_only = True

    class Kind(models.TextChoices):
        DRAFTED = "DRAFTED", pgettext_lazy("purchase order", "drafted")  # written down, not yet agreed to
        CHANGED = "CHANGED", pgettext_lazy("purchase order", "changed")  # other SKUs, quantities or costs
        APPROVED = "APPROVED", pgettext_lazy("purchase order", "approved")  # somebody agreed to spend the money
        SENT = "SENT", pgettext_lazy("purchase order", "sent")  # the supplier has it
        RECEIVED = "RECEIVED", pgettext_lazy("purchase order", "goods received")  # a delivery came, whole or in part
        CLOSED = "CLOSED", pgettext_lazy("purchase order", "closed")  # nothing more is expected
        CANCELED = "CANCELED", pgettext_lazy("purchase order", "canceled")  # given up before anything came

    purchase_order = models.ForeignKey(PurchaseOrder, models.PROTECT, related_name="timeline", verbose_name=_("purchase order"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    details = models.JSONField(_("details"), default=dict)
    occurred_at = models.DateTimeField(_("occurred at"))

    class Meta:
        verbose_name = _("purchase order event")
        verbose_name_plural = _("purchase order events")
        indexes = [models.Index(fields=["purchase_order", "id"], name="purchase_order_event_order")]

    def __str__(self) -> str:
        return self.kind


class GoodsReceipt(models.Model):
    """One delivery that arrived. `delivery_note` is the supplier's own number; the same one is never received twice."""

    append_only = True

    number = models.CharField(_("number"), max_length=20, unique=True)
    purchase_order = models.ForeignKey(PurchaseOrder, models.PROTECT, related_name="receipts", verbose_name=_("purchase order"))
    delivery_note = models.CharField(_("delivery note"), max_length=64)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        verbose_name = _("goods receipt")
        verbose_name_plural = _("goods receipts")
        constraints = [
            models.UniqueConstraint(fields=["purchase_order", "delivery_note"], name="goods_receipt_once_per_note"),
            models.CheckConstraint(condition=~Q(delivery_note=""), name="goods_receipt_names_its_note"),
        ]
        indexes = [models.Index(fields=["-received_at", "-id"], name="goods_receipt_by_time")]

    def __str__(self) -> str:
        return self.number


class GoodsReceiptLine(models.Model):
    append_only = True

    receipt = models.ForeignKey(GoodsReceipt, models.PROTECT, related_name="lines", verbose_name=_("goods receipt"))
    line = models.ForeignKey(
        PurchaseOrderLine, models.PROTECT, related_name="receipt_lines", verbose_name=_("purchase order line")
    )
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("goods receipt line")
        verbose_name_plural = _("goods receipt lines")
        constraints = [
            models.UniqueConstraint(fields=["receipt", "line"], name="goods_receipt_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="goods_receipt_line_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.quantity}"
