"""What is about to sell out, thought over each hour."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.kernel.fields import MoneyAmountField
from inventory.models.catalog import Variant
from inventory.models.stock import Warehouse


class StockRisk(models.Model):
    """One SKU that may sell out in one warehouse before goods can come, from the hour it was seen until it is over.

    `explanation` holds every figure it was judged by. What came of it is kept: a risk that ended well after a warning counts
    for the warning, one that sold out counts as a sell-out that was foreseen.
    """

    class Level(models.TextChoices):
        OUT = "OUT", pgettext_lazy("risk", "sold out")  # nothing can be sold, and it is asked for
        URGENT = "URGENT", pgettext_lazy("risk", "urgent")  # sells out before goods come, more likely than not
        LIKELY = "LIKELY", pgettext_lazy("risk", "likely")  # more likely to sell out than the shop accepts

    class Action(models.TextChoices):
        TRANSFER = "TRANSFER", pgettext_lazy("next step", "bring from another warehouse")
        EXPEDITE = "EXPEDITE", pgettext_lazy("next step", "have the delivery sped up")
        APPROVE = "APPROVE", pgettext_lazy("next step", "approve and send the purchase")
        ORDER = "ORDER", pgettext_lazy("next step", "order")
        FIND_SUPPLIER = "FIND_SUPPLIER", pgettext_lazy("next step", "name a supplier")
        LET_GO = "LET_GO", pgettext_lazy("next step", "nothing: it is off sale")

    variant = models.ForeignKey(Variant, models.PROTECT, related_name="risks", db_index=False, verbose_name=_("SKU"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="risks", verbose_name=_("warehouse"))
    level = models.CharField(pgettext_lazy("stock risk", "risk"), max_length=6, choices=Level.choices)
    action = models.CharField(_("next step"), max_length=13, choices=Action.choices)
    is_surge = models.BooleanField(
        _("sells unusually fast"), default=False, help_text=_("More was asked for in the last 24 hours than chance explains.")
    )
    chance = models.FloatField(_("chance to sell out"))
    expected_short = models.FloatField(_("units likely missing"))
    expected_loss = MoneyAmountField(_("margin likely lost"))
    days_of_cover = models.FloatField(_("days of cover"), null=True)
    out_on = models.DateField(_("likely sold out on"), null=True)
    explanation = models.JSONField(_("explanation"), default=dict, encoder=DjangoJSONEncoder)
    first_seen_at = models.DateTimeField(_("first seen"))
    seen_at = models.DateTimeField(_("last seen"))
    sold_out_at = models.DateTimeField(_("sold out since"), null=True)
    over_at = models.DateTimeField(pgettext_lazy("stock risk", "over since"), null=True)
    set_aside_until = models.DateTimeField(_("set aside until"), null=True)
    set_aside_reason = models.CharField(_("why it was set aside"), max_length=300, blank=True)
    set_aside_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("set aside by")
    )

    class Meta:
        verbose_name = _("stock-out risk")
        verbose_name_plural = _("stock-out risks")
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "warehouse"], condition=Q(over_at__isnull=True), name="stock_risk_one_open"
            ),
            models.CheckConstraint(condition=Q(level__in=["OUT", "URGENT", "LIKELY"]), name="stock_risk_level_known"),
            models.CheckConstraint(
                condition=Q(action__in=["TRANSFER", "EXPEDITE", "APPROVE", "ORDER", "FIND_SUPPLIER", "LET_GO"]),
                name="stock_risk_action_known",
            ),
            models.CheckConstraint(condition=Q(chance__gte=0, chance__lte=1), name="stock_risk_chance_is_one"),
            models.CheckConstraint(
                condition=Q(set_aside_until__isnull=True) | ~Q(set_aside_reason=""), name="stock_risk_set_aside_says_why"
            ),
        ]
        indexes = [
            models.Index(fields=["-expected_loss", "-id"], condition=Q(over_at__isnull=True), name="stock_risk_worst_first"),
            models.Index(fields=["over_at"], condition=Q(over_at__isnull=False), name="stock_risk_over"),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id}@{self.warehouse_id}"
