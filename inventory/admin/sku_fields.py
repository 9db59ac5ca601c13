"""Rows of a table of SKUs that are typed in: what a row has chosen is named from the row itself, not asked for row by row."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from inventory.models import Variant
from inventory.operations.stock import MOST_UNITS


class SkuSelect(AutocompleteSelect):
    """Suggests SKUs while somebody types. `chosen` is the SKU of a saved row."""

    chosen: Variant | None = None

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> Any:
        if self.chosen is None or [str(one) for one in value] != [str(self.chosen.pk)]:
            return super().optgroups(name, value, attr)
        options = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        label: str = self.choices.field.label_from_instance(self.chosen)
        return [(None, [*options, self.create_option(name, self.chosen.pk, label, True, len(options))], 0)]


class SkuRowForm(forms.ModelForm):  # type: ignore[type-arg]
    """One row; its SKU must have been loaded together with it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "variant" in self.fields and self.instance.variant_id:
            # The select stands in a frame with links to the page of a SKU.
            select = getattr(self.fields["variant"].widget, "widget", None)
            if isinstance(select, SkuSelect):
                select.chosen = self.instance.variant


class DraftLineForm(SkuRowForm):
    """A line of a document that is written as a whole."""

    quantity = forms.IntegerField(
        label=gettext_lazy("quantity"), min_value=1, max_value=MOST_UNITS, widget=UnfoldAdminDecimalFieldWidget
    )

    def _post_clean(self) -> None:
        """The row itself is written by an operation."""

    def has_changed(self) -> bool:
        return bool(self.data.get(self.add_prefix("variant"))) or super().has_changed()


class DraftLineFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """Each SKU once, and at least one."""

    TWICE: Any
    NONE: Any

    def clean(self) -> None:
        chosen = [one["variant"] for one in self.kept() if "variant" in one]
        if len(set(chosen)) != len(chosen):
            raise forms.ValidationError(self.TWICE)
        if not chosen and not any(self.errors):
            raise forms.ValidationError(self.NONE)

    def validate_unique(self) -> None:
        """`clean` looks for a SKU that stands twice; a line may take the place of one that is deleted."""

    def kept(self) -> list[dict[str, Any]]:
        return [
            form.cleaned_data
            for form in self.forms
            if getattr(form, "cleaned_data", None) and not form.cleaned_data.get("DELETE")
        ]


class SkuInline(TabularInline):  # type: ignore[misc]
    autocomplete_fields = ("variant",)
    form = SkuRowForm

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "variant":
            kwargs["widget"] = SkuSelect(db_field, self.admin_site, using=kwargs.get("using"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class DraftLineInline(SkuInline):
    """The lines of a document while it is a draft: who may change the document may change them."""

    MAY_CHANGE: str
    extra = 0
    hide_title = True
    min_num = 1
    tab = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        lines: QuerySet[Any] = super().get_queryset(request)
        return lines.select_related("variant__product").order_by("pk")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(self.MAY_CHANGE)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(self.MAY_CHANGE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(self.MAY_CHANGE)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(self.MAY_CHANGE)
