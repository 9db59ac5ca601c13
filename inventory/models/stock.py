"""Where things lie. The ledger of movements is the truth; the level is its sum, kept beside it so that it can be locked."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.kernel.fields import MoneyAmountField
from inventory.models.catalog import Variant


class Warehouse(models.Model):
    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=100)
    priority = models.PositiveSmallIntegerField(
        pgettext_lazy("warehouse", "priority"),
        default=100,
        help_text=_("Where several could serve an order, the lowest number does."),
    )
    is_active = models.BooleanField(_("serves orders"), default=True)

    class Meta:
        verbose_name = _("warehouse")
        verbose_name_plural = _("warehouses")
        ordering = ["priority", "id"]

    def __str__(self) -> str:
        return self.name


class WriteOffCause(models.TextChoices):
    """Why units leave the shelf without being sold; the report of losses sums up by it."""

    LOST = "LOST", pgettext_lazy("write-off", "lost")  # nobody knows where they are
    BROKEN = "BROKEN", pgettext_lazy("write-off", "broken")  # damaged in the warehouse or on the way to it
    EXPIRED = "EXPIRED", pgettext_lazy("write-off", "expired")  # too old to be sold
    SAMPLE = "SAMPLE", pgettext_lazy("write-off", "sample")  # given away, photographed or tested
    THEFT = "THEFT", pgettext_lazy("write-off", "theft")  # stolen, as far as anybody can tell


class StockLevel(models.Model):
    """Balance of one SKU in one warehouse. Written only through inventory/operations, under inventory/locking."""

    variant = models.ForeignKey(Variant, models.PROTECT, db_index=False, related_name="levels", verbose_name=_("SKU"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="levels", verbose_name=_("warehouse"))
    on_hand = models.IntegerField(_("on hand"), default=0)
    reserved = models.IntegerField(_("reserved"), default=0)
    # As its SKU says, kept here so that whoever locks the level knows.
    tracks_lots = models.BooleanField(_("tracks lots"), default=False, db_default=False, editable=False)
    lots_due_on = models.DateField(
        _("lots due on"), null=True, blank=True, editable=False,
        help_text=_("The day from which less of a lot may be sold than the day before."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        permissions = [
            ("correct_stock", _("Can adjust, transfer and write off stock")),
            ("count_stock", _("Can record stock counts")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["variant", "warehouse"], name="stock_level_once"),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="stock_level_on_hand_not_negative"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, reserved__lte=F("on_hand")), name="stock_level_reserved_within_on_hand"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id}@{self.warehouse_id}"

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


class StockMovement(models.Model):
    """One signed entry of the ledger. Never changed, never deleted; a mistake is corrected by another entry."""

    append_only = True

    class Kind(models.TextChoices):
        RECEIPT = "RECEIPT", pgettext_lazy("stock movement", "receipt")  # goods came from a supplier
        SHIPMENT = "SHIPMENT", pgettext_lazy("stock movement", "shipment")  # goods left for a customer
        RETURN = "RETURN", pgettext_lazy("stock movement", "return")  # goods came back from a customer and can be sold again
        ADJUSTMENT = "ADJUSTMENT", _("adjustment")  # a correction with a reason, a count included
        TRANSFER_OUT = "TRANSFER_OUT", _("transfer out")  # left for another warehouse
        TRANSFER_IN = "TRANSFER_IN", _("transfer in")  # came from another warehouse
        WRITE_OFF = "WRITE_OFF", _("write-off")  # lost, broken or expired

    variant = models.ForeignKey(Variant, models.PROTECT, related_name="movements", verbose_name=_("SKU"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="movements", verbose_name=_("warehouse"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    quantity = models.IntegerField(_("quantity"))
    document_kind = models.CharField(_("document kind"), max_length=20)
    document_number = models.CharField(_("document"), max_length=40)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    # Of a write-off; empty where nobody chose one. The default is the database's: whoever copies rows need not know of it.
    cause = models.CharField(
        pgettext_lazy("write-off", "cause"), max_length=10, choices=WriteOffCause.choices, blank=True, default="", db_default=""
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    unit_cost = MoneyAmountField(_("unit cost"), null=True, blank=True)
    occurred_at = models.DateTimeField(_("occurred at"))

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        constraints = [
            models.UniqueConstraint(
                fields=["document_kind", "document_number", "variant", "warehouse", "kind"], name="stock_movement_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["RECEIPT", "RETURN", "TRANSFER_IN"], quantity__gt=0)
                | Q(kind__in=["SHIPMENT", "TRANSFER_OUT", "WRITE_OFF"], quantity__lt=0)
                | (Q(kind="ADJUSTMENT") & ~Q(quantity=0)),
                name="stock_movement_sign_fits_kind",
            ),
            models.CheckConstraint(
                condition=~Q(document_number="")
                & (Q(kind__in=["RECEIPT", "SHIPMENT", "RETURN"]) | Q(document_kind="COUNT") | ~Q(reason="")),
                name="stock_movement_says_why",
            ),
            models.CheckConstraint(
                condition=Q(cause="") | Q(kind="WRITE_OFF", cause__in=["LOST", "BROKEN", "EXPIRED", "SAMPLE", "THEFT"]),
                name="stock_movement_cause_known",
            ),
        ]
        indexes = [
            models.Index(fields=["variant", "-occurred_at", "-id"], name="stock_movement_by_variant"),
            models.Index(fields=["-occurred_at", "-id"], name="stock_movement_by_time"),
            models.Index(fields=["kind", "-occurred_at", "-id"], name="stock_movement_by_kind"),
            models.Index(fields=["document_number"], name="stock_movement_by_document"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity:+d}"


class StockRepair(models.Model):
    """One balance that had drifted from the ledger and was put right: what it said, what it says now, and who did it."""

    append_only = True

    variant = models.ForeignKey(Variant, models.PROTECT, related_name="+", verbose_name=_("SKU"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    on_hand_before = models.IntegerField(_("on hand before"))
    on_hand_after = models.IntegerField(_("on hand after"))
    reserved_before = models.IntegerField(_("reserved before"))
    reserved_after = models.IntegerField(_("reserved after"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    repaired_at = models.DateTimeField(_("repaired at"))

    class Meta:
        verbose_name = _("repair of a balance")
        verbose_name_plural = _("repairs of balances")
        indexes = [models.Index(fields=["-repaired_at", "-id"], name="stock_repair_by_time")]

    def __str__(self) -> str:
        return f"{self.variant_id}@{self.warehouse_id}"
