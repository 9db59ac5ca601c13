"""What the shop sells. The SKU is the countable thing; everything else refers to it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from config.kernel.fields import MoneyAmountField


class TaxClass(models.TextChoices):
    STANDARD = "STANDARD", _("standard rate")  # 10 % VAT, inside the price
    EXEMPT = "EXEMPT", _("exempt")  # books, unprocessed food: no VAT


class Category(models.Model):
    name = models.CharField(_("name"), max_length=100)
    code = models.SlugField(_("code"), max_length=60, unique=True, help_text=_("Short name for the API and for files."))
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent category")
    )

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        """From the top down, such as "Kitchen > Cups". Cheap where the parents are loaded."""
        return f"{self.parent.path} > {self.name}" if self.parent else self.name


class Product(models.Model):
    """What customers see as one thing; its variants are what is sold and counted."""

    name = models.CharField(_("name"), max_length=200)
    category = models.ForeignKey(Category, models.PROTECT, related_name="products", verbose_name=_("category"))
    tax_class = models.CharField(_("tax class"), max_length=10, choices=TaxClass.choices, default=TaxClass.STANDARD)
    is_active = models.BooleanField(_("on sale"), default=True, help_text=_("Products off sale cannot be ordered."))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [models.CheckConstraint(condition=Q(tax_class__in=TaxClass.values), name="product_tax_class_known")]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """One SKU. Its list price includes tax; its cost is the last known unit cost, before tax."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="variants", verbose_name=_("product"))
    sku = models.CharField(_("SKU"), max_length=64, unique=True)
    barcode = models.CharField(_("barcode"), max_length=64, null=True, blank=True, unique=True)
    name = models.CharField(
        _("option"), max_length=200, blank=True, help_text=_("Color, size: what tells it from its siblings.")
    )
    list_price = MoneyAmountField(_("list price"), help_text=_("What customers pay for one unit, tax included."))
    cost = MoneyAmountField(
        _("unit cost"),
        default=0,
        help_text=_("What one unit cost the last time, before tax. Goods receipts keep it up to date."),
    )
    weight = models.PositiveIntegerField(_("weight"), null=True, blank=True, help_text=_("Of one unit as packed, in grams."))
    volume = models.PositiveIntegerField(
        _("volume"), null=True, blank=True, help_text=_("Of one unit as packed, in milliliters.")
    )
    is_active = models.BooleanField(_("on sale"), default=True)
    # Decided by `operations.lots.track`: the levels are told in the same transaction. The defaults are the database's too, for
    # whoever copies rows.
    tracks_lots = models.BooleanField(_("tracks lots"), default=False, db_default=False, editable=False)
    shelf_life_days = models.PositiveIntegerField(
        _("shelf life in days"), null=True, blank=True, editable=False,
        help_text=_("From the day it is received. It dates deliveries on which no date is printed."),
    )  # fmt: skip
    sell_until_days = models.PositiveIntegerField(
        _("days of life at the last sale"), default=0, db_default=0, editable=False,
        help_text=_("That many days before it expires, a lot is sold for the last time."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("SKU")
        verbose_name_plural = _("SKUs")
        permissions = [("see_cost", _("Can see what goods cost"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(list_price__gte=0),
                name="variant_list_price_not_negative",
                violation_error_message=_("A price is zero or more."),
            ),
            models.CheckConstraint(
                condition=Q(cost__gte=0),
                name="variant_cost_not_negative",
                violation_error_message=_("A price is zero or more."),
            ),
            models.CheckConstraint(condition=~Q(sku=""), name="variant_sku_not_empty"),
        ]

    def __str__(self) -> str:
        return self.sku

    @property
    def is_on_sale(self) -> bool:
        """Whether it can be ordered: neither it nor its product is off sale."""
        return self.is_active and self.product.is_active


class PriceChange(models.Model):
    """One change of a list price or a unit cost: who, from what to what, and why. The last one is what the SKU shows."""

    append_only = True

    class Kind(models.TextChoices):
        LIST_PRICE = "LIST_PRICE", _("list price")  # what customers pay, tax included
        COST = "COST", _("unit cost")  # what the shop paid for one unit the last time

    variant = models.ForeignKey(Variant, models.PROTECT, related_name="price_changes", verbose_name=_("SKU"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    before = MoneyAmountField(_("before"))
    after = MoneyAmountField(_("after"))
    reason = models.CharField(_("reason"), max_length=200)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    occurred_at = models.DateTimeField(_("occurred at"))

    class Meta:
        verbose_name = _("price change")
        verbose_name_plural = _("price changes")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["LIST_PRICE", "COST"]), name="price_change_kind_known"),
            models.CheckConstraint(condition=~Q(before=F("after")), name="price_change_changes"),
            models.CheckConstraint(condition=~Q(reason=""), name="price_change_says_why"),
        ]
        indexes = [
            models.Index(fields=["variant", "kind", "-id"], name="price_change_by_variant"),
            models.Index(fields=["-occurred_at", "-id"], name="price_change_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id}: {self.before} -> {self.after}"
