"""An order is a snapshot of the quote it was placed with: prices are written once and never follow the catalog.

Written only through orders/operations, each of which locks the order's row before anything else.
"""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from campaigns.models import Customer, Promotion
from config.kernel.fields import MoneyAmountField
from inventory.models import Variant
from orders import lifecycle


class Order(models.Model):
    class State(models.TextChoices):
        PLACED = "PLACED", _("to pay")  # stock is held until `payment_due_at`
        PAID = "PAID", _("to pick")  # paid in full; waits for the warehouse
        PICKED = "PICKED", _("to ship")  # the goods lie in the parcel, the parcel still in the warehouse
        PARTLY_SHIPPED = "PARTLY_SHIPPED", _("partly shipped")  # some parcels left, some units are still to go
        SHIPPED = "SHIPPED", _("shipped")  # every unit that was not canceled has left
        CANCELED = "CANCELED", _("canceled")  # nothing will leave; stock and coupons were given back
        EXPIRED = "EXPIRED", _("expired")  # canceled by the clock, because nobody paid

    number = models.CharField(_("number"), max_length=20, unique=True)
    channel = models.CharField(_("channel"), max_length=20)
    external_number = models.CharField(_("number in the channel"), max_length=64, null=True, blank=True)  # noqa: DJ001
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, db_index=False, related_name="orders", verbose_name=_("customer")
    )
    state = models.CharField(_("state"), max_length=15, choices=State.choices, default=State.PLACED)
    is_short = models.BooleanField(_("short"), default=False, help_text=_("Stock held for it was lost; somebody must act."))
    refund_due = models.BooleanField(
        _("refund due"), default=False, help_text=_("Less went back than must.")
    )  # follows from `refund_owed` and `refunded`; kept for the worklist's index
    has_unmatched = models.BooleanField(
        _("unmatched payment"), default=False, db_default=False, help_text=_("Money came that it does not owe.")
    )  # follows from its unmatched payments and their settlements; kept for the worklist's index

    currency = models.CharField(_("currency"), max_length=3)
    lines_total = MoneyAmountField(_("lines"))  # after discounts
    shipping_fee = MoneyAmountField(_("shipping fee"))
    shipping_discount = MoneyAmountField(_("shipping discount"), default=Decimal(0))
    total = MoneyAmountField(_("total"))
    tax = MoneyAmountField(_("tax inside the total"))
    paid = MoneyAmountField(_("paid"), default=Decimal(0))
    refund_owed = MoneyAmountField(
        _("to refund in all"),
        default=Decimal(0),
        db_default=Decimal(0),
        help_text=_("What of the money paid must go back, or went back already."),
    )
    refunded = MoneyAmountField(_("refunded"), default=Decimal(0))

    ship_to = models.JSONField(_("ship to"), default=dict)
    note = models.CharField(_("note"), max_length=500, blank=True)
    placed_at = models.DateTimeField(_("placed at"))
    payment_due_at = models.DateTimeField(_("payment due at"), null=True, blank=True)
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    ship_due_at = models.DateTimeField(
        _("to ship by"), null=True, blank=True, help_text=_("After it the order is late. Set when it is paid.")
    )
    shipped_at = models.DateTimeField(_("shipped at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("canceled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_number"], name="order_once_per_channel"),
            models.CheckConstraint(
                condition=Q(state__in=["PLACED", "PAID", "PICKED", "PARTLY_SHIPPED", "SHIPPED", "CANCELED", "EXPIRED"]),
                name="order_state_known",
            ),
            models.CheckConstraint(
                condition=Q(total=F("lines_total") + F("shipping_fee") - F("shipping_discount")),
                name="order_total_is_its_parts",
            ),
            models.CheckConstraint(
                condition=Q(shipping_discount__gte=0, shipping_discount__lte=F("shipping_fee"), lines_total__gte=0),
                name="order_amounts_make_sense",
            ),
            models.CheckConstraint(condition=Q(refunded__gte=0, refunded__lte=F("paid")), name="order_refunded_within_paid"),
            models.CheckConstraint(condition=Q(refund_owed__gte=0, refund_owed__lte=F("paid")), name="order_owed_within_paid"),
            models.CheckConstraint(
                condition=Q(refund_due=True, refund_owed__gt=F("refunded"))
                | Q(refund_due=False, refund_owed__lte=F("refunded")),
                name="order_refund_due_while_owed",
            ),
            models.CheckConstraint(
                condition=~Q(state="PLACED") | Q(payment_due_at__isnull=False), name="order_unpaid_has_payment_due"
            ),
            models.CheckConstraint(condition=~Q(external_number=""), name="order_external_number_not_empty"),
        ]
        indexes = [
            models.Index(fields=["-placed_at", "-id"], name="order_by_time"),
            models.Index(fields=["state", "-placed_at", "-id"], name="order_by_state"),
            models.Index(fields=["channel", "-placed_at", "-id"], name="order_by_channel"),
            models.Index(
                fields=["external_number"],
                opclasses=["varchar_pattern_ops"],
                condition=Q(external_number__isnull=False),
                name="order_by_external_number",
            ),
            models.Index(fields=["payment_due_at", "id"], condition=Q(state="PLACED"), name="order_payment_due"),
            models.Index(
                fields=["ship_due_at", "id"],
                condition=Q(state__in=["PAID", "PICKED", "PARTLY_SHIPPED"]),
                name="order_ship_due",
            ),
            models.Index(fields=["customer", "-placed_at", "-id"], name="order_by_customer"),
            models.Index(fields=["-id"], condition=Q(is_short=True), name="order_short"),
            models.Index(fields=["-id"], condition=Q(refund_due=True), name="order_refund_due"),
            models.Index(fields=["-id"], condition=Q(has_unmatched=True), name="order_unmatched"),
        ]
        permissions = [
            ("pay_order", _("Can record payments of orders")),
            ("cancel_order", _("Can cancel orders")),
            ("ship_order", _("Can pick and ship orders")),
            ("return_order", _("Can accept returns")),
            ("receive_return", _("Can receive returned goods")),
            ("refund_order", _("Can record refunds")),
            ("note_order", _("Can write notes on orders")),
            ("export_order", _("Can download orders as a table")),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """ordered = held + shipped + canceled + short; `held` is inventory's, the rest is counted here."""

    order = models.ForeignKey(Order, models.CASCADE, db_index=False, related_name="lines", verbose_name=_("order"))
    position = models.PositiveSmallIntegerField(_("position"))
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="+", verbose_name=_("SKU"))
    sku = models.CharField(_("SKU"), max_length=64)
    name = models.CharField(_("name"), max_length=401)  # the product's, a space, the option's
    quantity = models.PositiveIntegerField(_("quantity"))
    list_price = MoneyAmountField(_("list price"))
    gross = MoneyAmountField(_("before discounts"))
    discount = MoneyAmountField(_("discount"), default=Decimal(0))
    total = MoneyAmountField(_("total"))
    tax_rate = models.DecimalField(_("tax rate"), max_digits=5, decimal_places=2)
    tax = MoneyAmountField(_("tax inside"))
    unit_cost = MoneyAmountField(_("unit cost"), default=Decimal(0))
    kit = models.ForeignKey(
        Variant, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("kit"),
        help_text=_("The customer ordered this kit; the line is one of its parts."),
    )  # fmt: skip
    kit_place = models.PositiveSmallIntegerField(_("kit number in the order"), null=True, blank=True)
    kit_quantity = models.PositiveIntegerField(_("kits ordered"), null=True, blank=True)
    shipped = models.PositiveIntegerField(_("shipped"), default=0)
    canceled = models.PositiveIntegerField(_("canceled"), default=0)
    short = models.PositiveIntegerField(_("short"), default=0)
    returned = models.PositiveIntegerField(_("returned"), default=0)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_position_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_quantity_positive"),
            models.CheckConstraint(
                condition=Q(kit__isnull=True, kit_place__isnull=True, kit_quantity__isnull=True)
                | Q(kit__isnull=False, kit_place__gt=0, kit_quantity__gt=0),
                name="order_line_kit_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("shipped") + F("canceled") + F("short")), name="order_line_parts_within_quantity"
            ),
            models.CheckConstraint(condition=Q(returned__lte=F("shipped")), name="order_line_returned_within_shipped"),
            models.CheckConstraint(condition=Q(tax__gte=0, tax__lte=F("total")), name="order_line_tax_inside_total"),
            models.CheckConstraint(
                condition=Q(total=F("gross") - F("discount"), discount__gte=0, total__gte=0),
                name="order_line_total_is_its_parts",
            ),
        ]
        indexes = [models.Index(fields=["kit"], condition=Q(kit__isnull=False), name="order_line_by_kit")]

    def __str__(self) -> str:
        return f"{self.sku} x {self.quantity}"

    def worth(self, units: int, currency: str) -> Decimal:
        """What these units cost, if they are the next of the line to be canceled or to come back."""
        return lifecycle.share(
            total=self.total, quantity=self.quantity, before=self.canceled + self.returned, units=units, currency=currency
        )


class OrderDiscount(models.Model):
    """One reason why a line, or the shipping, costs less: the share of one promotion, with the version it had."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="discounts", verbose_name=_("order"))
    line = models.ForeignKey(
        OrderLine, models.CASCADE, null=True, blank=True, related_name="discounts", verbose_name=_("order line"),
        help_text=_("Empty: off the shipping fee."),
    )  # fmt: skip
    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="+", verbose_name=_("promotion"))
    promotion_version = models.PositiveIntegerField(_("version"))
    name = models.CharField(_("name"), max_length=100)
    code = models.CharField(_("coupon code"), max_length=40, blank=True)
    amount = MoneyAmountField(_("amount"))

    class Meta:
        verbose_name = _("order discount")
        verbose_name_plural = _("order discounts")
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="order_discount_positive")]

    def __str__(self) -> str:
        return self.name
