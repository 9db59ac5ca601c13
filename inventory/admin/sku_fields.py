"""Rows of a table of SKUs that are typed in: what a row has chosen is named from the row itself, not asked for row by row."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.http import HttpRequest
from unfold.admin import TabularInline

from inventory.models import Variant


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


class SkuInline(TabularInline):  # type: ignore[misc]
    autocomplete_fields = ("variant",)
    form = SkuRowForm

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "variant":
            kwargs["widget"] = SkuSelect(db_field, self.admin_site, using=kwargs.get("using"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
