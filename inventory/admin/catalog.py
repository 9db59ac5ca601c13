"""Categories, products and SKUs. Prices are typed in once; afterwards they change by buttons that ask why."""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from config.kernel import clock
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonForm, ButtonsAdmin, ReasonForm, actor, operation_button
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import HouseAdmin, ReadOnlyAdmin
from inventory.admin import cost_words, costs, documents, labels, lot_forms
from inventory.admin.finding import ByCategory
from inventory.admin.saving import AmountFormField
from inventory.models import Category, PriceChange, Product, Variant
from inventory.operations import catalog, kits, lots
from inventory.queries import catalog as listings
from inventory.queries import categories, shelves
from inventory.queries import (
    costs as cost_queries,
)
from inventory.queries import (
    kits as kit_queries,
)

MAY_CHANGE = "inventory.change_variant"


class CategoryForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        parent = cleaned.get("parent")
        refusal = categories.refusal(category_id=self.instance.pk, parent_id=parent.pk if parent else None)
        if refusal:
            self.add_error("parent", str(refusal))
        return cleaned


@admin.register(Category)
class CategoryAdmin(HouseAdmin):
    form = CategoryForm
    empty_hint = gettext_lazy("Shelves of the shop, at most three deep. Products are put into them.")
    list_display = ("name", "parent", "code")
    list_select_related = ("parent",)
    search_fields = ("name", "code")
    search_help_text = gettext_lazy("Search by name or code")
    ordering = ("name", "id")
    fields = ("name", "code", "parent")
    prepopulated_fields = {"code": ("name",)}

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        catalog.save_category(category=obj)


class PricedForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new SKU gets its prices here; those of an existing one change by its buttons, which ask why."""

    list_price = AmountFormField(label=gettext_lazy("list price"), help_text=Variant._meta.get_field("list_price").help_text)
    cost = AmountFormField(
        label=gettext_lazy("unit cost"), exact=True, initial=0, help_text=Variant._meta.get_field("cost").help_text
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            for name in ("list_price", "cost"):
                if name in self.fields:
                    self.fields[name].disabled = True


class VariantFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    def save_existing(self, form: Any, obj: Variant, commit: bool = True) -> Variant:
        """Writes what was typed and nothing else: a goods receipt may set the cost while this form is being saved."""
        if commit:
            obj.save(update_fields=form.changed_data)
        return obj


def repriced(before: Decimal, values: dict[str, Any]) -> str:
    """What the audit keeps. What goods cost is not for every reader of the audit, so a change of it is told without figures."""
    return f"{wording.amount(before)} → {wording.amount(values['amount'])} · {values['reason']}"


class PricesAsRead:
    """Prices as those see them who may not change them."""

    AS_READ: ClassVar = {"list_price": "list_price_label", "cost": "cost_label"}

    @display(description=gettext_lazy("list price"), ordering="list_price")
    def list_price_label(self, variant: Variant) -> str:
        return wording.amount(variant.list_price)

    @display(description=gettext_lazy("unit cost"), ordering="cost")
    def cost_label(self, variant: Variant) -> str:
        return wording.amount(variant.cost)


class VariantInline(PricesAsRead, TabularInline):  # type: ignore[misc]
    model = Variant
    form = PricedForm
    formset = VariantFormSet
    fields = ("sku", "barcode", "name", "list_price", "cost", "is_active")
    extra = 0
    hide_title = True
    can_delete = False
    show_change_link = True
    tab = False
    readonly_fields = tuple(PricesAsRead.AS_READ.values())

    def get_fields(self, request: HttpRequest, obj: Product | None = None) -> Any:
        # Those of an existing SKU change by its buttons; a form shows them to whoever may add one.
        shown = {} if self.has_add_permission(request, obj) else self.AS_READ
        return [shown.get(name, name) for name in costs.without(request, self.fields, "cost")]


class ByCategoryOfProduct(ByCategory):
    path = "category"


class ByCategoryOfVariant(ByCategory):
    path = "product__category"


@admin.register(Product)
class ProductAdmin(HouseAdmin):
    empty_hint = gettext_lazy("What customers see as one thing. Its SKUs are entered with it.")
    list_display = ("name", "category", "tax_class", "skus", "is_active")
    list_select_related = ("category",)
    list_filter: tuple[Any, ...] = (ByCategoryOfProduct, "is_active", ("tax_class", ChoicesDropdownFilter))
    search_fields = ("name", "variants__sku__istartswith")
    search_help_text = gettext_lazy("Search by name or SKU")
    ordering = ("-id",)
    autocomplete_fields = ("category",)
    fields = ("name", "category", "tax_class", "is_active")
    inlines = (VariantInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        products: QuerySet[Product] = super().get_queryset(request)
        return products.prefetch_related("variants")

    @display(description=gettext_lazy("SKUs"))
    def skus(self, product: Product) -> str:
        codes = sorted(variant.sku for variant in product.variants.all())
        return ", ".join(codes[:3]) + (f" +{len(codes) - 3}" if len(codes) > 3 else "") or "-"


class PriceForm(ReasonForm):
    amount = AmountFormField(label=gettext_lazy("new list price"))
    field_order = ("amount", "reason")

    def prepare(self, row: Variant) -> None:
        self.fields["amount"].initial = row.list_price


class CostForm(ReasonForm):
    amount = AmountFormField(label=gettext_lazy("new unit cost"), exact=True)
    field_order = ("amount", "reason")

    def prepare(self, row: Variant) -> None:
        self.fields["amount"].initial = row.cost


class PartsForm(ButtonForm):
    parts = forms.CharField(
        label=gettext_lazy("Parts"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("One SKU a line, and how many of it lie in one kit: CUP-01 2. Without a number it is one."),
    )  # fmt: skip

    def prepare(self, row: Variant) -> None:
        within, _around = kit_queries.around(row)
        self.fields["parts"].initial = "\n".join(f"{one.part.sku} {one.quantity}" for one in within)

    def clean_parts(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for number, line in enumerate(self.cleaned_data["parts"].splitlines(), 1):
            words = line.split()
            if not words:
                continue
            sku, units = (words[0], words[1]) if len(words) == 2 else (words[0], "1")
            if len(words) > 2 or not units.isdecimal():
                raise forms.ValidationError(
                    _("Line %(number)s is not a SKU and a number: %(line)s") % {"number": number, "line": line}
                )
            if sku in found:
                raise forms.ValidationError(_("Line %(number)s names %(sku)s again.") % {"number": number, "sku": sku})
            found[sku] = int(units)
        return found


@admin.register(Variant)
class VariantAdmin(PricesAsRead, ButtonsAdmin):
    form = PricedForm
    empty_hint = gettext_lazy("What is sold and counted: each color and size of a product.")
    list_display = ("sku", "product_name", "list_price_label", "cost_label", "available", "on_sale")
    list_filter: tuple[Any, ...] = (ByCategoryOfVariant, "is_active")
    search_fields = ("sku__istartswith", "product__name", "barcode__exact")
    search_help_text = gettext_lazy("SKU, product or barcode")
    ordering = ("-id",)
    autocomplete_fields = ("product",)
    fieldsets = (
        (None, {"fields": ("product", "sku", "name", "barcode", "is_active")}),
        (gettext_lazy("Prices"), {"fields": ("list_price", "cost")}),
        (gettext_lazy("As packed"), {"fields": ("weight", "volume")}),
        (gettext_lazy("Lots and expiry"), {"fields": ("lot_terms",)}),
    )
    readonly_fields = ("lot_terms", *PricesAsRead.AS_READ.values())
    change_form_outer_after_template = "admin/inventory/variant/_story.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        # Fields that suggest SKUs page through these rows as well, so they need an order of their own.
        return listings.listed().order_by(*self.ordering)

    def get_list_display(self, request: HttpRequest) -> Any:
        return costs.without(request, super().get_list_display(request), "cost_label")

    def get_fieldsets(self, request: HttpRequest, obj: Variant | None = None) -> Any:
        shown = {} if obj is None or self.has_change_permission(request, obj) else self.AS_READ
        return [
            (title, {"fields": [shown.get(name, name) for name in costs.without(request, told["fields"], "cost")]})
            for title, told in super().get_fieldsets(request, obj)
        ]

    def title_of(self, variant: Variant) -> str:
        return f"{variant.sku} · {labels.variant_name(variant)}"

    def save_model(self, request: HttpRequest, obj: Variant, form: Any, change: bool) -> None:
        """Writes what was typed and nothing else: a goods receipt may set the cost while this form is being saved."""
        obj.save(update_fields=form.changed_data if change else None)

    def version_of(self, variant: Variant) -> str:
        return f"{variant.list_price}:{variant.cost}:{variant.tracks_lots}:{variant.shelf_life_days}:{variant.sell_until_days}"

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        variant: Variant | None = kwargs.get("obj")
        if variant is not None:
            story = shelves.of_variant(variant)
            parts, around = kit_queries.around(variant)
            within = list(parts)
            context |= {
                "within": within,
                "kits_left": labels.none_left(variant.available) if within else "",  # type: ignore[attr-defined]
                "around": list(around),
                "shelves": story.shelves,
                "movements": [
                    {"row": one, "kind": labels.movement_kind(one), "units": labels.signed(one.quantity),
                     "document": documents.link(one.document_kind, one.document_number), "actor": wording.actor(one)}
                    for one in story.movements
                ],
                "price_changes": [
                    {"row": one, "before": wording.amount(one.before), "after": wording.amount(one.after),
                     "actor": wording.actor(one)}
                    for one in story.price_changes
                    if one.kind != PriceChange.Kind.COST or costs.sees(request)
                ],
                "cost": cost_words.cost(cost_queries.of_kit(variant) if within else cost_queries.of_variant(variant))
                if costs.sees(request)
                else None,
                "sees_stock": request.user.has_perm("inventory.view_stocklevel"),
            }  # fmt: skip
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page

    @display(description=gettext_lazy("product"))
    def product_name(self, variant: Variant) -> str:
        return labels.variant_name(variant)

    @display(description=pgettext_lazy("stock", "available"))
    def available(self, variant: Variant) -> str:
        return labels.none_left(variant.available)  # type: ignore[attr-defined]  # annotated by the query

    @display(description=gettext_lazy("on sale"), boolean=True)
    def on_sale(self, variant: Variant) -> bool:
        return variant.is_on_sale

    @display(description=gettext_lazy("tracks lots"))
    def lot_terms(self, variant: Variant) -> str:
        if not variant.tracks_lots:
            return "-"
        told = [_("last sale %(days)s days before it expires") % {"days": variant.sell_until_days}]
        if variant.shelf_life_days is not None:
            told.append(_("shelf life of %(days)s days") % {"days": variant.shelf_life_days})
        return " · ".join(told)

    @operation_button(
        title=gettext_lazy("Change the list price"), permission=MAY_CHANGE, icon="sell", form=PriceForm,
        explanation=gettext_lazy("Counts for orders from now on. Orders keep the price they were placed with."),
        noted=lambda variant, values: repriced(variant.list_price, values),
    )  # fmt: skip
    def change_price(self, request: HttpRequest, variant: Variant, values: dict[str, Any]) -> None:
        catalog.change_price(
            variant_id=variant.pk, list_price=values["amount"], reason=values["reason"], actor=actor(request), at=clock.now()
        )

    @operation_button(
        title=gettext_lazy("Change the unit cost"), permission=MAY_CHANGE, icon="request_quote", form=CostForm,
        shown=lambda variant: not getattr(variant, "is_kit", False),
        explanation=gettext_lazy("Goods receipts set it by themselves. Change it here only to correct a mistake."),
    )  # fmt: skip
    def change_cost(self, request: HttpRequest, variant: Variant, values: dict[str, Any]) -> None:
        catalog.change_cost(
            variant_id=variant.pk, cost=values["amount"], reason=values["reason"], actor=actor(request), at=clock.now()
        )

    @operation_button(
        title=gettext_lazy("Set the parts of the kit"), permission=MAY_CHANGE, icon="package_2", form=PartsForm,
        explanation=gettext_lazy(
            "A kit is sold under this SKU at its own list price; what leaves the shelf are its parts. Without parts it is an "
            "ordinary SKU. Orders that are placed keep the parts they were placed with."
        ),
        quiet=lambda variant: True,
        noted=lambda variant, values: ", ".join(f"{sku} × {units}" for sku, units in values["parts"].items()) or "-",
    )  # fmt: skip
    def set_parts(self, request: HttpRequest, variant: Variant, values: dict[str, Any]) -> None:
        kits.set_parts(variant_id=variant.pk, parts=values["parts"], actor=actor(request), at=clock.now())

    @operation_button(
        title=gettext_lazy("Lots and expiry"), permission=MAY_CHANGE, icon="calendar_clock", form=lot_forms.TermsForm,
        quiet=lambda variant: True,
        explanation=gettext_lazy(
            "Deliveries of it then name lots and dates; what expires first leaves first, and nothing expired or blocked is "
            "promised."
        ),
        noted=lambda variant, values: f"{values['shelf_life_days']} · {values['sell_until_days']} · {values['reason']}",
    )  # fmt: skip
    def track_lots(self, request: HttpRequest, variant: Variant, values: dict[str, Any]) -> None:
        lots.track(variant_id=variant.pk, actor=actor(request), at=clock.now(), **values)

    @operation_button(
        title=gettext_lazy("Track lots no longer"), permission=MAY_CHANGE, icon="event_busy",
        shown=lambda variant: variant.tracks_lots, quiet=lambda variant: True,
    )  # fmt: skip
    def untrack_lots(self, request: HttpRequest, variant: Variant) -> None:
        lots.untrack(variant_id=variant.pk, actor=actor(request), at=clock.now())


@admin.register(PriceChange)
class PriceChangeAdmin(ReadOnlyAdmin):
    empty_hint = gettext_lazy(
        "Changes of list prices and unit costs with their reasons: by a button of a SKU, or by goods that came at another cost."
    )
    list_display = ("occurred", "sku", "kind", "before_label", "after_label", "reason", "who")
    list_filter: tuple[Any, ...] = (("kind", ChoicesDropdownFilter), ("occurred_at", BusinessDaysFilter))
    list_select_related = ("variant", "actor")
    list_display_links = None
    search_fields = ("variant__sku__istartswith",)
    search_help_text = gettext_lazy("Search by SKU")
    ordering = ("-occurred_at", "-id")
    fields = ("occurred", "sku", "kind", "before_label", "after_label", "reason", "who")
    readonly_fields = fields

    occurred = wording.moment_column("occurred_at", gettext_lazy("occurred at"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[PriceChange]:
        changes: QuerySet[PriceChange] = super().get_queryset(request)
        return changes if costs.sees(request) else changes.exclude(kind=PriceChange.Kind.COST)

    def title_of(self, change: PriceChange) -> str:
        return str(_("Price of %(sku)s") % {"sku": change.variant.sku})

    @display(description=gettext_lazy("SKU"))
    def sku(self, change: PriceChange) -> str:
        return labels.variant_link(change.variant)

    @display(description=gettext_lazy("before"))
    def before_label(self, change: PriceChange) -> str:
        return wording.amount(change.before)

    @display(description=gettext_lazy("after"))
    def after_label(self, change: PriceChange) -> str:
        return wording.amount(change.after)

    @display(description=gettext_lazy("actor"))
    def who(self, change: PriceChange) -> str:
        return wording.actor(change)
