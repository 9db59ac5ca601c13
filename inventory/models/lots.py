"""Lots of SKUs that ask for them: when each expires, where how many of it lie, and every unit that came to it or left it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inventory.models.catalog import Variant
from inventory.models.purchasing import PurchaseOrderLine, Supplier
from inventory.models.stock import StockLevel, StockMovement


class Lot(models.Model):
    """Goods of one SKU that were made together: one code, one date. While it is blocked nothing of it is promised or leaves."""

    class Origin(models.TextChoices):
        DELIVERED = "DELIVERED", pgettext_lazy("lot", "delivered")  # named on a delivery
        OPENING = "OPENING", pgettext_lazy("lot", "there before")  # lay there when the SKU began to track lots
        FOUND = "FOUND", pgettext_lazy("lot", "found")  # a count found more; nobody knows of which lot
        RETURNED = "RETURNED", pgettext_lazy("lot", "returned")  # came back, and was sent before lots were tracked

    variant = models.ForeignKey(Variant, models.PROTECT, related_name="lots", db_index=False, verbose_name=_("SKU"))
    code = models.CharField(pgettext_lazy("lot", "lot"), max_length=40, help_text=_("As printed on the goods, such as L2611A."))
    expires_on = models.DateField(
        _("expires on"), null=True, blank=True, help_text=_("The last day on which the goods may be used.")
    )
    origin = models.CharField(pgettext_lazy("lot", "origin"), max_length=10, choices=Origin.choices, default=Origin.DELIVERED)
    supplier = models.ForeignKey(Supplier, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("supplier"))
    line = models.ForeignKey(
        PurchaseOrderLine, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("purchase order line"),
    )  # fmt: skip
    first_seen_at = models.DateTimeField(pgettext_lazy("lot", "first seen"))
    blocked_at = models.DateTimeField(_("blocked at"), null=True, blank=True)
    blocked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("blocked by")
    )
    block_reason = models.CharField(_("why it is blocked"), max_length=200, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("stock", "lot")
        verbose_name_plural = pgettext_lazy("stock", "lots")
        permissions = [("block_lot", _("Can block lots and give them free"))]
        constraints = [
            models.UniqueConstraint(fields=["variant", "code"], name="lot_once"),
            models.CheckConstraint(condition=~Q(code=""), name="lot_code_not_empty"),
            models.CheckConstraint(
                condition=Q(origin__in=["DELIVERED", "OPENING", "FOUND", "RETURNED"]), name="lot_origin_known"
            ),
        ]
        indexes = [
            models.Index(fields=["expires_on", "id"], name="lot_by_expiry"),
            models.Index(fields=["code"], name="lot_by_code"),
            models.Index(fields=["blocked_at"], condition=Q(blocked_at__isnull=False), name="lot_blocked"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_blocked(self) -> bool:
        return self.blocked_at is not None


class LotLevel(models.Model):
    """How many of a lot lie in one warehouse, and how many of them may not leave. Written under the lock of the stock level."""

    class Standing(models.TextChoices):
        SELLABLE = "SELLABLE", pgettext_lazy("lot", "sold")  # may be promised and leave
        LEAVING = "LEAVING", pgettext_lazy("lot", "past its last day of sale")  # only what was promised by then leaves
        HELD = "HELD", pgettext_lazy("lot", "held back")  # expired or blocked: nothing of it leaves

    lot = models.ForeignKey(
        Lot, models.PROTECT, related_name="levels", db_index=False, verbose_name=pgettext_lazy("stock", "lot")
    )
    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="lots", verbose_name=_("stock level"))
    quantity = models.IntegerField(_("on hand"), default=0)
    held = models.IntegerField(pgettext_lazy("lot", "held back"), default=0)
    standing = models.CharField(pgettext_lazy("lot", "standing"), max_length=8, choices=Standing.choices)

    class Meta:
        verbose_name = _("level of a lot")
        verbose_name_plural = _("levels of lots")
        constraints = [
            models.UniqueConstraint(fields=["lot", "level"], name="lot_level_once"),
            models.CheckConstraint(condition=Q(held__gte=0, held__lte=F("quantity")), name="lot_level_held_within_quantity"),
            models.CheckConstraint(
                condition=Q(standing="SELLABLE", held=0) | Q(standing="LEAVING") | Q(standing="HELD", held=F("quantity")),
                name="lot_level_holds_as_it_stands",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lot_id}@{self.level_id}"


class LotEntry(models.Model):
    """Units of a lot that came or left: of a movement of the ledger, or, without one, from one lot to another at a place."""

    append_only = True

    lot = models.ForeignKey(
        Lot, models.PROTECT, related_name="entries", db_index=False, verbose_name=pgettext_lazy("stock", "lot")
    )
    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="+", verbose_name=_("stock level"))
    movement = models.ForeignKey(
        StockMovement, models.PROTECT, null=True, blank=True, related_name="lots", verbose_name=_("stock movement")
    )
    quantity = models.IntegerField(_("quantity"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    occurred_at = models.DateTimeField(_("occurred at"))

    class Meta:
        verbose_name = _("entry of a lot")
        verbose_name_plural = _("entries of lots")
        constraints = [
            models.CheckConstraint(condition=~Q(quantity=0), name="lot_entry_moves"),
            models.CheckConstraint(condition=Q(movement__isnull=False) | ~Q(reason=""), name="lot_entry_says_why"),
        ]
        indexes = [models.Index(fields=["lot", "-id"], name="lot_entry_by_lot")]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.quantity:+d}"


class LotEvent(models.Model):
    """What was decided about a lot: who blocked it and why, who gave it free again."""

    append_only = True

    class Kind(models.TextChoices):
        BLOCKED = "BLOCKED", pgettext_lazy("lot", "blocked")  # recalled, or doubtful: nothing of it leaves
        FREED = "FREED", pgettext_lazy("lot", "given free")  # it may be sold again, until its date
        DATED = "DATED", pgettext_lazy("lot", "date corrected")  # somebody had read or typed it wrongly

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="events", verbose_name=pgettext_lazy("stock", "lot"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    reason = models.CharField(_("reason"), max_length=200)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    occurred_at = models.DateTimeField(_("occurred at"))

    class Meta:
        verbose_name = _("decision about a lot")
        verbose_name_plural = _("decisions about lots")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["BLOCKED", "FREED", "DATED"]), name="lot_event_kind_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="lot_event_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.lot_id}: {self.kind}"
