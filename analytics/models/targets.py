"""What staff mean to sell in a month: the whole shop, or one category with those below it."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.kernel.fields import MoneyAmountField
from inventory.models import Category


class SalesTarget(models.Model):
    """Net sales of one month, in the shop's currency, and units if staff count in them. Without a category: the whole shop."""

    month = models.DateField(pgettext_lazy("sales target", "month"), help_text=_("Its first day."))
    category = models.ForeignKey(
        Category, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("category")
    )  # fmt: skip
    amount = MoneyAmountField(_("target net sales"), validators=[MinValueValidator(0)])
    units = models.PositiveIntegerField(_("target units"), null=True, blank=True)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("set by")
    )
    set_at = models.DateTimeField(_("set at"))

    class Meta:
        verbose_name = pgettext_lazy("model", "sales target")
        verbose_name_plural = pgettext_lazy("models", "sales targets")
        constraints = [
            models.UniqueConstraint(
                fields=["month", "category"],
                name="sales_target_once",
                nulls_distinct=False,
                violation_error_message=_("This month has a target for this already; change that one."),
            ),
            models.CheckConstraint(
                condition=Q(month__day=1, amount__gt=0) & (Q(units=None) | Q(units__gt=0)), name="sales_target_makes_sense"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
