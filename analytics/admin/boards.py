"""Boards: put together by forms, copied, shared with roles, and looked at on a page of their own."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from analytics.admin import explorer, explorer_form, figure_words, line_charts
from analytics.metrics import METRICS, Cut
from analytics.models import Board, BoardTile
from analytics.operations import boards as operations
from analytics.queries import boards, catalogue, exploring, measuring, naming
from analytics.queries.boards import Shown
from analytics.words import figures
from config.kernel import clock
from config.kernel.admin.buttons import ButtonsAdmin, actor, operation_button
from config.kernel.roles import Role
from inventory.models import Warehouse
from orders.admin import known

TABLE_ROWS = 10
NOTHING = Decimal(0)


class BoardForm(forms.ModelForm):  # type: ignore[type-arg]
    shared_with = forms.MultipleChoiceField(
        label=gettext_lazy("Shared with"),
        choices=Role.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=Board._meta.get_field("shared_with").help_text,
    )

    class Meta:
        model = Board
        fields = ("name", "shared_with")


class TileForm(forms.ModelForm):  # type: ignore[type-arg]
    metric = forms.ChoiceField(label=gettext_lazy("Metric"), widget=UnfoldAdminSelectWidget)
    cut = forms.ChoiceField(label=gettext_lazy("Told apart by"), required=False, widget=UnfoldAdminSelectWidget)
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = BoardTile
        fields = ("position", "metric", "form", "cut", "days", "channel", "category", "warehouse")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered: dict[str, list[Any]] = {
            "metric": explorer_form.grouped(METRICS.values()),
            "cut": [("", _("as usual")), *((cut.value, catalogue.CUTS[cut]) for cut in catalogue.IN_ROWS)],
        }
        for name, choices in offered.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.errors:
            return given
        tile = BoardTile(**{name: given.get(name) for name in self.Meta.fields})
        cuts = boards.cuts(tile)
        if not measuring.can_cut(METRICS[given["metric"]], cuts):
            told = {"metric": METRICS[given["metric"]].title, "cuts": ", ".join(str(catalogue.CUTS[cut]) for cut in cuts)}
            self.add_error("metric", _("%(metric)s cannot be told apart by %(cuts)s.") % told)
        elif tile.form == BoardTile.Form.LINE and cuts[-1] not in exploring.TIMES:
            self.add_error("cut", _("A line goes over time; choose a table for the others."))
        return given


class TileFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if not hasattr(self, "channels"):
            # Asked once for all rows.
            self.channels = [("", _("all")), *((one.code, known.channel(one.code)) for one in naming.choices(Cut.CHANNEL))]
            found = Warehouse.objects.order_by("priority", "id")
            self.warehouses = [("", _("all")), *((one.pk, one.name) for one in found)]
        form.fields["channel"].choices = self.channels
        form.fields["warehouse"].choices = self.warehouses
        for name in ("category", "warehouse"):
            # A board is no place to make or change one.
            widget = form.fields[name].widget
            widget.can_add_related = widget.can_change_related = widget.can_view_related = widget.can_delete_related = False


class TileInline(TabularInline):  # type: ignore[misc]
    model = BoardTile
    form = TileForm
    formset = TileFormSet
    extra = 1
    hide_title = True
    max_num = boards.MOST_TILES
    autocomplete_fields = ("category",)


@admin.register(Board)
class BoardAdmin(ButtonsAdmin):
    form = BoardForm
    inlines = (TileInline,)
    list_display = ("board_title", "owner_name", "roles", "look")
    list_select_related = ("owner",)
    ordering = ("name", "id")
    sortable_by = ()
    actions = None
    empty_hint = gettext_lazy("Pages of figures that you and others put together.")
    formfield_overrides = {ArrayField: {"widget": UnfoldAdminCheckboxSelectMultipleWidget}}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Board]:
        return boards.visible(super().get_queryset(request), actor(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._is_own(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._is_own(request, obj)

    def _is_own(self, request: HttpRequest, board: Any) -> bool:
        return not isinstance(board, Board) or actor(request).is_superuser or board.owner_id == actor(request).pk

    def save_model(self, request: HttpRequest, obj: Board, form: Any, change: bool) -> None:
        if not change:
            obj.owner = actor(request)
        super().save_model(request, obj, form, change)

    def title_of(self, row: Board) -> str:
        return str(row.title)

    def get_urls(self) -> list[URLPattern]:
        page = path("<int:object_id>/show/", self.admin_site.admin_view(self.show_view), name="analytics_board_show")
        return [page, *super().get_urls()]

    @display(description=gettext_lazy("board"), ordering="name")
    def board_title(self, board: Board) -> str:
        return str(board.title)

    @display(description=gettext_lazy("owner"))
    def owner_name(self, board: Board) -> str:
        return (board.owner.get_full_name() or board.owner.username) if board.owner else _("built in")

    @display(description=gettext_lazy("shared with"))
    def roles(self, board: Board) -> str:
        return ", ".join(str(Role(one).label) for one in board.shared_with) or "-"

    @display(description="")
    def look(self, board: Board) -> str:
        return format_html(
            '<a class="row-button" href="{}">{}</a>', reverse("admin:analytics_board_show", args=[board.pk]), _("Look at it")
        )

    @operation_button(title=gettext_lazy("Copy"), permission="analytics.add_board", icon="content_copy")
    def copy(self, request: HttpRequest, board: Board) -> str:
        made = operations.copy(board_id=board.pk, actor=actor(request), at=clock.now())
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:analytics_board_change", args=[made.pk]),
            _("The copy is yours: change it here."),
        )

    def show_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        board = self.get_queryset(request).filter(pk=object_id).first()
        if board is None:
            raise Http404
        tiles = [one for one in board.tiles.select_related("category", "warehouse") if self._sees(request, one)]
        context = {
            **self.admin_site.each_context(request),
            "title": board.title,
            "tiles": [told(one) for one in boards.shown(tiles, at=clock.now())],
            "change_url": reverse("admin:analytics_board_change", args=[board.pk]),
            "others": [
                {"title": one.title, "url": reverse("admin:analytics_board_show", args=[one.pk])}
                for one in self.get_queryset(request).exclude(pk=board.pk).order_by("name", "id")[:10]
            ],
        }
        return TemplateResponse(request, "analytics/board.html", context)

    def _sees(self, request: HttpRequest, tile: BoardTile) -> bool:
        """A metric that is not counted any more is left out, and so is what the role does not see."""
        metric = METRICS.get(tile.metric)
        return metric is not None and measuring.sees(request.user.has_perm, metric, boards.cuts(tile))


def told(one: Shown) -> dict[str, Any]:
    """A tile as the page shows it."""
    tile, metric = one.tile, one.metric
    about = [str(tile.get_days_display())]
    about += [part for part in (known.channel(tile.channel) if tile.channel else "", str(tile.category or ""),
                                str(tile.warehouse or "")) if part]  # fmt: skip
    found: dict[str, Any] = {
        "title": metric.title,
        "about": " · ".join(about),
        "form": tile.form,
        "url": _question(one),
        "definition": f"{reverse('admin:analytics_definitions')}#{metric.code}",
        "name": f"{metric.code}-{tile.pk}",
    }
    if one.whole is not None:
        value = one.whole.values[metric.code]
        return found | {
            "value": figures.figure(metric.unit, value),
            "before": figures.figure(metric.unit, one.before),
            "change": figures.against(value, one.before, metric.unit) if value is not None and one.before is not None else None,
            "is_of_few": figure_words.is_of_few(metric, one.whole.facts),
        }
    if one.by is Cut.SLOT:
        return found | {"chart": line_charts.week(metric, one.rows), "heat": found}
    if tile.form == BoardTile.Form.LINE and one.by is not None:
        return found | {"chart": line_charts.over_time(metric, one.by, one.rows, earlier={}, partners={})}
    return found | {"rows": _table(one), "heading": catalogue.CUTS[one.by] if one.by else ""}


def _table(one: Shown) -> list[dict[str, Any]]:
    code, by = one.metric.code, one.by or Cut.DAY
    rows = one.rows[::-1] if by in exploring.TIMES else sorted(one.rows, key=lambda row: -(row.values[code] or NOTHING))
    names = figure_words.keys(by, [row.key for row in rows[:TABLE_ROWS]])
    return [{"name": names[row.key], "text": figures.figure(one.metric.unit, row.values[code])} for row in rows[:TABLE_ROWS]]


def _question(one: Shown) -> str:
    """The explorer with the same figure of the same days."""
    asked: dict[str, Any] = {"metric": one.metric.code, "first": one.first.isoformat(), "last": one.last.isoformat()}
    if one.by is not None and one.by is not Cut.SLOT:
        asked["by"] = one.by.value
    if one.tile.channel:
        asked["channel"] = one.tile.channel
    if one.tile.category:
        asked["category"] = one.tile.category.code
    if one.tile.warehouse:
        asked["warehouse"] = one.tile.warehouse.code
    return f"{reverse(explorer.PAGE)}?{urlencode(asked)}"
