"""Stock counts: what was to be counted, what was found each time somebody looked, and what is due to be counted next."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.kernel.fields import MoneyAmountField
from inventory.models.catalog import Variant
from inventory.models.stock import Warehouse


class StockCount(models.Model):
    """One sheet: some SKUs of one warehouse that are counted together and corrected in the ledger at once, by one document."""

    class State(models.TextChoices):
        OPEN = "OPEN", pgettext_lazy("stock count", "being counted")  # somebody walks along the shelves with the sheet
        RECOUNT = "RECOUNT", pgettext_lazy("stock count", "to be recounted")  # some lines are to be looked at once more
        COUNTED = "COUNTED", pgettext_lazy("stock count", "to be approved")  # handed in; nothing is corrected yet
        POSTED = "POSTED", pgettext_lazy("stock count", "posted")  # the differences are in the ledger
        CANCELED = "CANCELED", pgettext_lazy("stock count", "canceled")  # given up; nothing was corrected

    class Basis(models.TextChoices):
        QUICK = "QUICK", pgettext_lazy("stock count", "quick count")  # counted and entered on one page
        SKUS = "SKUS", pgettext_lazy("stock count", "chosen SKUs")  # pasted or scanned one by one
        CATEGORY = "CATEGORY", pgettext_lazy("stock count", "category")  # all of a category that ever lay there
        BIN = "BIN", pgettext_lazy("stock count", "bin")  # all that has its place in one bin or a row of bins
        CYCLE = "CYCLE", pgettext_lazy("stock count", "due for counting")  # what the nightly list proposed

    number = models.CharField(_("number"), max_length=40, unique=True)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    basis = models.CharField(pgettext_lazy("stock count", "counts what"), max_length=10, choices=Basis.choices)
    scope = models.CharField(pgettext_lazy("stock count", "scope"), max_length=200, blank=True)
    is_blind = models.BooleanField(
        _("blind"), default=True, help_text=_("Whoever counts does not see what the system believes lies there.")
    )
    # The first walk along the shelves is 1; each time some lines are asked for once more begins another.
    round = models.PositiveSmallIntegerField(pgettext_lazy("stock count", "round"), default=1)
    opened_at = models.DateTimeField(pgettext_lazy("stock count", "opened at"))
    counted_at = models.DateTimeField(_("counted at"), null=True, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    tolerance_units = models.PositiveIntegerField(_("tolerance in units"), default=0)
    tolerance_value = MoneyAmountField(_("tolerance in value"), default=0)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("stock count")
        verbose_name_plural = _("stock counts")
        permissions = [
            ("approve_stockcount", _("Can approve stock counts")),
            ("approve_large_stockcount", _("Can approve stock counts beyond the limit")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["OPEN", "RECOUNT", "COUNTED", "POSTED", "CANCELED"]), name="stock_count_state_known"
            ),
            models.CheckConstraint(
                condition=Q(basis__in=["QUICK", "SKUS", "CATEGORY", "BIN", "CYCLE"]), name="stock_count_basis_known"
            ),
        ]
        indexes = [
            models.Index(fields=["-opened_at", "-id"], name="stock_count_by_opening"),
            models.Index(fields=["-counted_at", "-id"], name="stock_count_by_time"),
            models.Index(fields=["state", "-opened_at", "-id"], name="stock_count_by_state"),
        ]

    def __str__(self) -> str:
        return self.number


class StockCountLine(models.Model):
    """One SKU of a sheet, with what was found last. `expected` is what the system held at the moment it was counted."""

    class Doubt(models.TextChoices):
        DIFFERS = "DIFFERS", _("differs beyond the tolerance")  # a second look before the ledger is corrected
        MOVED = "MOVED", _("moved while it was counted")  # nobody knows whether the units were counted before or after
        ASKED = "ASKED", _("somebody asked for it")  # the one who approves wants to be sure

    count = models.ForeignKey(StockCount, models.PROTECT, related_name="lines", verbose_name=_("stock count"))
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="+", verbose_name=_("SKU"))
    expected = models.IntegerField(_("expected"), null=True, blank=True)
    counted = models.IntegerField(_("counted"), null=True, blank=True)
    counted_at = models.DateTimeField(_("counted at"), null=True, blank=True)
    # In which round it was counted last, and for which it was asked for last.
    round = models.PositiveSmallIntegerField(pgettext_lazy("stock count", "round"), default=0)
    asked_round = models.PositiveSmallIntegerField(_("asked for in round"), default=1)
    doubt = models.CharField(_("doubt"), max_length=10, choices=Doubt.choices, blank=True)
    # The last entry of the ledger at this place when it was counted; what has a higher number moved afterwards.
    mark = models.BigIntegerField(_("last movement"), default=0)
    moved_while = models.IntegerField(_("moved while it was counted"), default=0)
    moved_since = models.IntegerField(_("moved between counting and posting"), default=0)
    unit_cost = MoneyAmountField(_("unit cost"), null=True, blank=True)
    was_unexpected = models.BooleanField(
        _("found unexpectedly"), default=False, help_text=_("It was scanned, though it was not on the sheet.")
    )

    class Meta:
        verbose_name = _("counted SKU")
        verbose_name_plural = _("counted SKUs")
        constraints = [
            models.UniqueConstraint(fields=["count", "variant"], name="stock_count_line_once"),
            models.CheckConstraint(condition=Q(counted__gte=0), name="stock_count_line_not_negative"),
            models.CheckConstraint(
                condition=Q(counted=None, expected=None) | Q(counted__isnull=False, expected__isnull=False),
                name="stock_count_line_expected_when_counted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id}: {self.expected} -> {self.counted}"

    @property
    def is_asked(self) -> bool:
        """It is still to be counted, for the first time or once more."""
        return self.asked_round > self.round

    @property
    def difference(self) -> int:
        """Found more (or, below zero, less) than the system held at that moment; none where nobody has counted."""
        return 0 if self.counted is None or self.expected is None else self.counted - self.expected


class StockCountEntry(models.Model):
    """One look at one SKU: what was typed or scanned, by whom, and what the system held then."""

    append_only = True

    line = models.ForeignKey(StockCountLine, models.PROTECT, related_name="entries", verbose_name=_("counted SKU"))
    round = models.PositiveSmallIntegerField(pgettext_lazy("stock count", "round"))
    expected = models.IntegerField(_("expected"))
    counted = models.IntegerField(_("counted"))
    moved_while = models.IntegerField(_("moved while it was counted"), default=0)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    entered_at = models.DateTimeField(_("entered at"))

    class Meta:
        verbose_name = _("entry of a count")
        verbose_name_plural = _("entries of counts")
        constraints = [models.CheckConstraint(condition=Q(counted__gte=0), name="stock_count_entry_not_negative")]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.counted}"


class CountDue(models.Model):
    """A SKU that should be counted next, and why. The list is made anew every night."""

    class Why(models.TextChoices):
        NEVER = "NEVER", _("never counted")  # goods lie there, and nobody has ever looked
        CORRECTED = "CORRECTED", _("corrected by hand since the last count")  # written off or adjusted: worth a look
        INTERVAL = "INTERVAL", _("the days of its class are over")  # A is counted most often, C least

    class Abc(models.TextChoices):
        A = "A", "A"  # the few SKUs that make most of what is shipped, by value at cost
        B = "B", "B"  # those in between
        C = "C", "C"  # the many that make little of it

    variant = models.ForeignKey(Variant, models.CASCADE, related_name="+", verbose_name=_("SKU"))
    warehouse = models.ForeignKey(Warehouse, models.CASCADE, related_name="+", verbose_name=_("warehouse"))
    abc = models.CharField(_("class"), max_length=1, choices=Abc.choices)
    why = models.CharField(pgettext_lazy("stock count", "why"), max_length=10, choices=Why.choices)
    due_on = models.DateField(_("due on"))
    last_counted_at = models.DateTimeField(_("last counted at"), null=True, blank=True)
    every_days = models.PositiveSmallIntegerField(_("every so many days"))
    corrections = models.PositiveIntegerField(_("corrections since"), default=0)
    proposed_at = models.DateTimeField(_("proposed at"))

    class Meta:
        verbose_name = _("SKU due for counting")
        verbose_name_plural = _("SKUs due for counting")
        constraints = [models.UniqueConstraint(fields=["variant", "warehouse"], name="count_due_once")]
        indexes = [models.Index(fields=["warehouse", "due_on", "id"], name="count_due_by_warehouse")]

    def __str__(self) -> str:
        return f"{self.variant_id}@{self.warehouse_id}"
