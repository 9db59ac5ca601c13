"""Boards: pages of figures that staff put together for themselves and for others."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.kernel.roles import Role
from inventory.models import Category, Warehouse

TITLES = {
    "owner": pgettext_lazy("board", "The shop at a glance"),
    "marketer": pgettext_lazy("board", "Offers and what they bring"),
    "buyer": pgettext_lazy("board", "Goods in and out"),
}


class Board(models.Model):
    """Who made it sees it, and everybody of the roles it is shared with. A built-in one belongs to nobody."""

    code = models.SlugField(_("code"), max_length=40, blank=True, editable=False)
    name = models.CharField(_("name"), max_length=100)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("owner"),
    )
    shared_with = ArrayField(
        models.CharField(max_length=20, choices=Role.choices),
        verbose_name=_("shared with"),
        default=list,
        blank=True,
        help_text=_("Of the figures on it everybody sees those of their own role."),
    )

    class Meta:
        verbose_name = _("board")
        verbose_name_plural = _("boards")
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=~Q(code=""), name="board_built_in_once"),
            models.CheckConstraint(condition=~Q(name=""), name="board_has_a_name"),
        ]

    def __str__(self) -> str:
        return str(self.title)

    @property
    def title(self) -> Any:
        """A built-in board is called so in the reader's language."""
        return TITLES.get(self.code, self.name) if self.code else self.name


class BoardTile(models.Model):
    """One figure on a board, of the latest days."""

    class Form(models.TextChoices):
        NUMBER = "NUMBER", pgettext_lazy("form of a tile", "Number")  # the figure of all its days, against the days before
        LINE = "LINE", pgettext_lazy("form of a tile", "Line")  # over time
        HEAT = "HEAT", pgettext_lazy("form of a tile", "Weekdays and hours")  # 7 rows of 24
        TABLE = "TABLE", pgettext_lazy("form of a tile", "Table")  # the ten largest of a cut

    class Days(models.IntegerChoices):
        TODAY = 1, pgettext_lazy("days of a tile", "Today")  # the open day alone
        WEEK = 7, pgettext_lazy("days of a tile", "7 days")  # with today
        FOUR_WEEKS = 28, pgettext_lazy("days of a tile", "28 days")  # whole weeks, so weekdays weigh alike
        QUARTER = 91, pgettext_lazy("days of a tile", "13 weeks")  # whole weeks of about a quarter
        YEAR = 364, pgettext_lazy("days of a tile", "52 weeks")  # whole weeks of a year

    board = models.ForeignKey(Board, models.CASCADE, related_name="tiles", verbose_name=_("board"))
    position = models.PositiveSmallIntegerField(_("position"), default=10, help_text=_("The lowest number comes first."))
    metric = models.CharField(_("metric"), max_length=60)
    form = models.CharField(_("form"), max_length=6, choices=Form.choices, default=Form.NUMBER)
    cut = models.CharField(_("told apart by"), max_length=10, blank=True, help_text=_("Of a line or a table only."))
    days = models.PositiveSmallIntegerField(_("days"), choices=Days.choices, default=Days.FOUR_WEEKS)
    channel = models.CharField(_("channel"), max_length=20, blank=True)
    category = models.ForeignKey(Category, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("category"))
    warehouse = models.ForeignKey(
        Warehouse, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("warehouse")
    )

    class Meta:
        verbose_name = pgettext_lazy("board", "tile")
        verbose_name_plural = pgettext_lazy("board", "tiles")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(form__in=["NUMBER", "LINE", "HEAT", "TABLE"]), name="board_tile_form_known"),
            models.CheckConstraint(condition=Q(days__in=[1, 7, 28, 91, 364]), name="board_tile_days_known"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.metric}"
