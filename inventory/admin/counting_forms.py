"""What is asked before a count: where, and which SKUs; and which lines are to be counted once more."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from config.kernel.admin.buttons import ButtonForm, reason_field
from inventory.admin import reports
from inventory.models import Category, CountDue, StockCount, Warehouse
from inventory.queries import bins, counting

Basis = StockCount.Basis


class ChoiceForm(ButtonForm):
    """Where to count, and what."""

    most = counting.MOST
    warehouse = forms.ModelChoiceField(label=gettext_lazy("warehouse"), queryset=Warehouse.objects.all(), empty_label=None)
    category = forms.ModelChoiceField(
        label=gettext_lazy("category"),
        queryset=Category.objects.select_related("parent__parent"),
        required=False,
        help_text=gettext_lazy("Every SKU of it that ever lay in this warehouse."),
    )
    skus = forms.CharField(
        label=gettext_lazy("SKUs"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Instead of a category: one SKU in each line, pasted or scanned."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, row=None, **kwargs)
        self.fields["category"].choices = reports.category_choices("-")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        chosen = self.chosen(cleaned)
        if len(chosen) > self.most:
            self.add_error(None, _("Count at most %(most)s SKUs at once.") % {"most": self.most})
        cleaned["variants"] = chosen
        return cleaned

    def chosen(self, cleaned: dict[str, Any]) -> list[int]:
        warehouse, category = cleaned.get("warehouse"), cleaned.get("category")
        skus = list(dict.fromkeys(line.strip() for line in cleaned.get("skus", "").splitlines() if line.strip()))
        if skus:
            chosen, unknown = counting.by_sku(skus)
            if unknown:
                self.add_error("skus", _("There is no such SKU: %(skus)s.") % {"skus": ", ".join(unknown[:10])})
            cleaned["basis"], cleaned["scope"] = Basis.SKUS, ""
            return chosen
        if category and warehouse:
            chosen = counting.in_category(category_id=category.pk, warehouse_id=warehouse.pk, most=self.most)
            if not chosen:
                self.add_error("category", _("Nothing of this category ever lay in this warehouse."))
            cleaned["basis"], cleaned["scope"] = Basis.CATEGORY, category.path
            return chosen
        self.refuse_nothing()
        return []

    def refuse_nothing(self) -> None:
        self.add_error("skus", _("Choose a category or enter SKUs."))


class SheetForm(ChoiceForm):
    """A sheet that somebody walks along the shelves with. The narrowest choice counts: SKUs, bins, category, what is due."""

    most = counting.MOST_ON_SHEET
    bins = forms.CharField(
        label=pgettext_lazy("warehouse", "bins"),
        required=False,
        max_length=20,
        help_text=gettext_lazy("How the codes begin, such as A-03: every SKU that has its place there."),
    )
    due = forms.ChoiceField(
        label=gettext_lazy("due for counting"),
        required=False,
        choices=[
            ("", gettext_lazy("no")),
            ("all", gettext_lazy("everything that is due")),
            *((one.value, gettext_lazy("class %s") % one.value) for one in CountDue.Abc),
        ],
        help_text=gettext_lazy("What the list of last night proposes for this warehouse."),
    )
    is_blind = forms.BooleanField(
        label=gettext_lazy("blind"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Whoever counts does not see what the system believes lies there."),
    )
    note = forms.CharField(label=gettext_lazy("note"), required=False, max_length=200)
    field_order = ("warehouse", "due", "category", "bins", "skus", "is_blind", "note")

    def chosen(self, cleaned: dict[str, Any]) -> list[int]:
        warehouse, begins, due = cleaned.get("warehouse"), (cleaned.get("bins") or "").strip(), cleaned.get("due")
        if warehouse and begins and not cleaned.get("skus", "").strip():
            cleaned["basis"], cleaned["scope"] = Basis.BIN, begins
            chosen = bins.in_bins(warehouse_id=warehouse.pk, begins=begins, most=self.most)
            if not chosen:
                self.add_error("bins", _("No SKU has its place in bins that begin so."))
            return chosen
        if warehouse and due and not cleaned.get("skus", "").strip() and not cleaned.get("category"):
            cleaned["basis"], cleaned["scope"] = Basis.CYCLE, "" if due == "all" else due
            chosen = counting.due_now(warehouse_id=warehouse.pk, abc="" if due == "all" else due, most=self.most - 1)
            if not chosen:
                self.add_error("due", _("Nothing is due in this warehouse."))
            return chosen
        return super().chosen(cleaned)

    def refuse_nothing(self) -> None:
        self.add_error(None, _("Choose what is due, a category or bins, or enter SKUs."))


class AgainForm(ButtonForm):
    """Which lines somebody is to look at once more; those that are in doubt are proposed."""

    lines = forms.MultipleChoiceField(label=gettext_lazy("lines"), widget=forms.CheckboxSelectMultiple)

    def prepare(self, row: StockCount) -> None:
        lines = [line for line in row.lines.select_related("variant").order_by("variant__sku") if line.counted is not None]
        field: Any = self.fields["lines"]
        field.choices = [(str(line.variant_id), line.variant.sku) for line in lines if line.difference or line.doubt] or [
            (str(line.variant_id), line.variant.sku) for line in lines
        ]
        field.initial = [str(line.variant_id) for line in lines if line.doubt]


class ApproveForm(ButtonForm):
    reason = reason_field(required=False, help_text=gettext_lazy("Such as what the difference turned out to be."))
