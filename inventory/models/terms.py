"""On which terms the shop buys: prices by quantity, service by class, costs, limits, and what was learned of suppliers."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.kernel.fields import MoneyAmountField
from config.kernel.roles import Role
from inventory.models.catalog import Variant
from inventory.models.purchasing import Supplier, SupplierOffer
from inventory.models.replenishment import Mode, ReorderPolicy
from inventory.models.stock import Warehouse


class Abc(models.TextChoices):
    A = "A", pgettext_lazy("class", "A")  # the few that make most of the turnover
    B = "B", pgettext_lazy("class", "B")  # those between
    C = "C", pgettext_lazy("class", "C")  # the many that make little of it


class Xyz(models.TextChoices):
    X = "X", pgettext_lazy("class", "X")  # sells about the same each week
    Y = "Y", pgettext_lazy("class", "Y")  # sells unevenly
    Z = "Z", pgettext_lazy("class", "Z")  # sells now and then


class PriceBreak(models.Model):
    """From this quantity on, every unit of the line costs less."""

    offer = models.ForeignKey(SupplierOffer, models.CASCADE, related_name="breaks", verbose_name=_("supplier offer"))
    from_quantity = models.PositiveIntegerField(_("from quantity"), help_text=_("From so many units on, each costs this."))
    unit_cost = MoneyAmountField(_("unit cost"))

    class Meta:
        verbose_name = _("price break")
        verbose_name_plural = _("price breaks")
        ordering = ["from_quantity", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["offer", "from_quantity"],
                name="price_break_once",
                violation_error_message=_("There is a price from this quantity on already."),
            ),
            models.CheckConstraint(
                condition=Q(from_quantity__gt=1, unit_cost__gte=0),
                name="price_break_makes_sense",
                violation_error_message=_("A price break begins at 2 units or more, and its cost is zero or more."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer_id}: {self.from_quantity}+"


class ServiceClass(models.Model):
    """What is promised for each class of SKUs; a reorder policy may say otherwise for one of them."""

    abc = models.CharField(_("turnover class"), max_length=1, choices=Abc.choices)
    xyz = models.CharField(_("steadiness class"), max_length=1, choices=Xyz.choices)
    service_level = models.DecimalField(_("service level"), max_digits=5, decimal_places=4)
    mode = models.CharField(pgettext_lazy("replenishment", "mode"), max_length=10, choices=Mode.choices, default=Mode.APPROVE)

    class Meta:
        verbose_name = _("service class")
        verbose_name_plural = _("service classes")
        ordering = ["abc", "xyz"]
        constraints = [
            models.UniqueConstraint(fields=["abc", "xyz"], name="service_class_once"),
            models.CheckConstraint(
                condition=Q(service_level__gte="0.5", service_level__lt=1, mode__in=Mode.values),
                name="service_class_makes_sense",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.abc}{self.xyz}"


class StockClass(models.Model):
    """The class of one SKU in one warehouse, with the figures it follows from. Learned each night."""

    variant = models.ForeignKey(Variant, models.PROTECT, db_index=False, related_name="classes", verbose_name=_("SKU"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="classes", verbose_name=_("warehouse"))
    abc = models.CharField(_("turnover class"), max_length=1, choices=Abc.choices)
    xyz = models.CharField(_("steadiness class"), max_length=1, choices=Xyz.choices)
    turnover = MoneyAmountField(_("turnover of 26 weeks"), help_text=_("Units shipped at today's list price."))
    share_above = models.FloatField(
        _("share of those above"), help_text=_("What part of the turnover the SKUs make that turn over more than this one.")
    )
    weekly_mean = models.FloatField(_("units for a week"))
    variation = models.FloatField(
        _("variation"), null=True, blank=True, help_text=_("Standard deviation of a week over its mean; empty: nothing sold.")
    )
    learned_at = models.DateTimeField(_("learned at"))

    class Meta:
        verbose_name = _("stock class")
        verbose_name_plural = _("stock classes")
        constraints = [
            models.UniqueConstraint(fields=["variant", "warehouse"], name="stock_class_once"),
            models.CheckConstraint(condition=Q(abc__in=Abc.values, xyz__in=Xyz.values), name="stock_class_known"),
        ]
        indexes = [models.Index(fields=["abc", "xyz", "id"], name="stock_class_by_class")]

    def __str__(self) -> str:
        return f"{self.variant_id}@{self.warehouse_id}: {self.abc}{self.xyz}"


class LearnedLeadTime(models.Model):
    """How long a supplier took, over all it delivers or for one offer, drawn towards its promise while receipts are few."""

    supplier = models.ForeignKey(Supplier, models.CASCADE, related_name="lead_times", verbose_name=_("supplier"))
    offer = models.OneToOneField(
        SupplierOffer, models.CASCADE, null=True, blank=True, related_name="lead_time", verbose_name=_("supplier offer")
    )
    receipts = models.PositiveIntegerField(_("deliveries"))
    observed_mean = models.FloatField(_("days as they were"))
    observed_deviation = models.FloatField(_("deviation as it was"))
    promised = models.FloatField(_("days promised"))
    mean = models.FloatField(_("days reckoned with"))
    deviation = models.FloatField(_("deviation reckoned with"))
    learned_at = models.DateTimeField(_("learned at"))

    class Meta:
        verbose_name = _("learned lead time")
        verbose_name_plural = _("learned lead times")
        constraints = [
            models.UniqueConstraint(
                fields=["supplier"], condition=Q(offer__isnull=True), name="learned_lead_time_once_by_supplier"
            ),
            models.CheckConstraint(
                condition=Q(mean__gte=0, deviation__gte=0, receipts__gt=0), name="learned_lead_time_makes_sense"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_id}: {self.mean}"


class StockingRules(models.Model):
    """What stock and orders cost the shop, and how far the replenishment may go by itself. One row."""

    ONLY = 1

    holding_rate = models.DecimalField(
        _("holding rate"), max_digits=5, decimal_places=4, default=Decimal("0.25"),
        help_text=_("What a year of lying on the shelf costs, as a share of the unit cost: money, room, loss."),
    )  # fmt: skip
    order_line_cost = MoneyAmountField(
        _("cost for each order line"), default=Decimal(4000), help_text=_("Writing, checking and putting away one line.")
    )
    monthly_budget = MoneyAmountField(
        _("budget for a month"), null=True, blank=True,
        help_text=_("Shared by all purchases of a calendar month. Empty: no limit."),
    )  # fmt: skip
    automatic_amount = MoneyAmountField(
        _("most for an automatic order"), null=True, blank=True, default=Decimal(1_000_000),
        help_text=_("A purchase order above it waits for a person. Empty: no limit."),
    )  # fmt: skip
    automatic_factor = models.DecimalField(
        _("most against the usual quantity"), max_digits=5, decimal_places=2, default=Decimal(2),
        help_text=_("A line above so many times the usual quantity waits for a person."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("cost figures and limits")
        verbose_name_plural = _("cost figures and limits")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="stocking_rules_one_row"),
            models.CheckConstraint(
                condition=Q(holding_rate__gt=0, order_line_cost__gte=0, automatic_factor__gte=1)
                & (Q(monthly_budget__isnull=True) | Q(monthly_budget__gte=0))
                & (Q(automatic_amount__isnull=True) | Q(automatic_amount__gte=0)),
                name="stocking_rules_make_sense",
                violation_error_message=_(
                    "The holding rate lies above zero, amounts are not negative, the factor is at least 1."
                ),
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class ApprovalLimit(models.Model):
    """The amount up to which a role may approve a purchase order. A role without a row has no limit."""

    role = models.CharField(pgettext_lazy("staff", "role"), max_length=20, choices=Role.choices, unique=True)
    amount = MoneyAmountField(_("most for a purchase order"), help_text=_("Before tax, all lines together."))

    class Meta:
        verbose_name = _("approval limit")
        verbose_name_plural = _("approval limits")
        ordering = ["role"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=0),
                name="approval_limit_not_negative",
                violation_error_message=_("A limit is zero or more."),
            )
        ]

    def __str__(self) -> str:
        return self.get_role_display()


class PolicyChange(models.Model):
    """One change of a reorder policy's service level: who, from what to what, and why. Empty is the level of the class."""

    append_only = True

    policy = models.ForeignKey(ReorderPolicy, models.PROTECT, related_name="changes", verbose_name=_("reorder policy"))
    before = models.DecimalField(_("before"), max_digits=5, decimal_places=4, null=True)
    after = models.DecimalField(_("after"), max_digits=5, decimal_places=4, null=True)
    reason = models.CharField(_("reason"), max_length=300)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    occurred_at = models.DateTimeField(_("occurred at"))

    class Meta:
        verbose_name = _("change of a service level")
        verbose_name_plural = _("changes of service levels")
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="policy_change_says_why"),
            models.CheckConstraint(
                condition=Q(before__isnull=True, after__isnull=False)
                | Q(before__isnull=False, after__isnull=True)
                | ~Q(before=F("after")),
                name="policy_change_changes",
            ),
        ]
        indexes = [models.Index(fields=["policy", "-id"], name="policy_change_by_policy")]

    def __str__(self) -> str:
        return f"{self.policy_id}: {self.before} -> {self.after}"
