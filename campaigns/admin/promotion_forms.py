"""The forms of promotions: the settings themselves, and what the buttons ask."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings as project
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from campaigns.admin.wording import WEEKDAYS, plain
from campaigns.models import Promotion
from campaigns.operations.coupons import LARGEST_BATCH
from campaigns.operations.promotions import WORDS, settings_of
from campaigns.pricing.settings import Settings
from campaigns.queries import catalog
from campaigns.queries import promotions as queries
from config.kernel.admin.buttons import ButtonForm, reason_field
from config.kernel.money import Money
from inventory.models import Category

AMOUNTS = ("amount", "minimum_amount", "budget")
# How many mistakes of one field are told at once.
MOST_NAMED = 10
# What is said of a field only when those can be read as well.
HANGS_ON = {"covers": ("skus", "categories"), "ends_at": ("starts_at",)}
NOTHING_READ: dict[str, Any] = {
    **dict.fromkeys(("name", "benefit", "covers", "stacking_group"), ""),
    **dict.fromkeys(("is_enabled", "needs_coupon", "first_order_only"), False),
    **dict.fromkeys(("ends_at", "from_hour", "until_hour", "campaign", "segment", "percent", "amount", "buy", "get")),
    **dict.fromkeys(("usage_limit", "usage_limit_per_customer", "budget")),
    **dict.fromkeys(("weekdays", "skus", "categories"), ()),
    "starts_at": datetime.min.replace(tzinfo=UTC),
    "minimum_amount": Decimal(0),
    "priority": 0,
}
HOURS = [(hour, f"{hour:02}:00") for hour in range(25)]


class MomentInput(UnfoldAdminTextInputWidget):  # type: ignore[misc]
    """The browser's own calendar and clock, to the second."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"step": "1", **(attrs or {})})

    def format_value(self, value: Any) -> str:
        return localtime(value).strftime("%Y-%m-%dT%H:%M:%S") if isinstance(value, datetime) else str(value or "")


class MomentField(forms.DateTimeField):
    widget = MomentInput

    def prepare_value(self, value: Any) -> Any:
        return value


def _hour(value: str) -> int:
    return int(value)


class PromotionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Its fields are checked one by one here and together by the rules; saving is the operation's."""

    starts_at = MomentField(label=gettext_lazy("starts at"))
    ends_at = MomentField(
        label=gettext_lazy("ends at"),
        required=False,
        help_text=gettext_lazy("The first moment it no longer holds. Empty: until it is stopped."),
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("weekdays"),
        choices=list(enumerate(WEEKDAYS)),
        coerce=int,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("None: every day."),
    )
    from_hour = forms.TypedChoiceField(
        label=gettext_lazy("from hour"),
        choices=[("", "-"), *HOURS[:24]],
        coerce=_hour,
        empty_value=None,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("Empty: all day."),
    )
    until_hour = forms.TypedChoiceField(
        label=gettext_lazy("until hour"),
        choices=[("", "-"), *HOURS[1:]],
        coerce=_hour,
        empty_value=None,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("Earlier than the first hour: until then on the next day."),
    )
    skus = forms.CharField(
        label=gettext_lazy("products"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("SKUs, separated by blanks or lines. Each stands for its product with all options."),
    )
    categories = forms.ModelMultipleChoiceField(
        label=gettext_lazy("categories"),
        queryset=Category.objects.order_by("name"),
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget,
        help_text=gettext_lazy("With everything in the categories below them."),
    )
    reason = reason_field(
        required=False,
        longest=300,
        help_text=gettext_lazy("Why it is set so; kept with the change."),
        widget=UnfoldAdminTextInputWidget,
    )
    seen_version = forms.IntegerField(label="", required=False, widget=forms.HiddenInput)

    class Meta:
        model = Promotion
        fields = (
            "name", "campaign", "is_enabled", "starts_at", "ends_at", "from_hour", "until_hour",
            "needs_coupon", "covers", "segment", "minimum_amount", "first_order_only", "benefit", "percent", "amount",
            "buy", "get", "priority", "stacking_group", "usage_limit", "usage_limit_per_customer", "budget",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Who may only look is shown no fields at all.
        if "minimum_amount" in self.fields:
            self.fields["minimum_amount"].required = False
        for field in self.fields.values():
            field.label = capfirst(field.label)
        promotion = self.instance
        if promotion.pk:
            present = settings_of(promotion)
            self.initial = {
                **self.initial,
                "weekdays": list(present.weekdays),
                "covers": present.covers,
                "skus": "\n".join(catalog.skus_of(present.products)),
                "categories": present.categories,
                "seen_version": promotion.version,
            }
        for name in AMOUNTS:
            if self.initial.get(name) is not None:
                self.initial[name] = Money(Decimal(self.initial[name]), project.SHOP_CURRENCY).as_text()
        if self.initial.get("percent") is not None:
            self.initial["percent"] = plain(self.initial["percent"])

    def clean_skus(self) -> tuple[int, ...]:
        """The products behind the SKUs."""
        skus = self.cleaned_data["skus"].replace(",", " ").split()
        found, unknown = catalog.products_of(skus)
        if unknown:
            raise forms.ValidationError(_("There is no such SKU: %(skus)s.") % {"skus": ", ".join(unknown[:10])})
        return found

    def clean_minimum_amount(self) -> Decimal:
        return self.cleaned_data["minimum_amount"] or Decimal(0)

    def clean(self) -> dict[str, Any]:
        """Also beside fields that cannot be read: only what hangs on those waits until they can."""
        values = super().clean() or {}
        unread = set(self.errors)
        for objection in queries.objections(self.settings(), promotion=self.instance):
            field = {"products": "skus"}.get(objection.field, objection.field)
            if unread.isdisjoint({field, *HANGS_ON.get(field, ())}):
                self.add_error(field if field in self.fields else None, WORDS[objection.reason])
        return values

    def _get_validation_exclusions(self) -> set[str]:
        """All: what the model's checks would say by a constraint's name, `clean` says in words, field by field."""
        return {field.name for field in Promotion._meta.fields}

    def settings(self) -> Settings:
        """As they stand in the form, with nothing for what cannot be read."""
        values = NOTHING_READ | self.cleaned_data
        return Settings(
            name=values["name"],
            benefit=values["benefit"],
            starts_at=values["starts_at"],
            ends_at=values["ends_at"],
            is_enabled=values["is_enabled"],
            campaign_id=values["campaign"].pk if values["campaign"] else None,
            weekdays=tuple(sorted(values["weekdays"])),
            from_hour=values["from_hour"],
            until_hour=values["until_hour"],
            needs_coupon=values["needs_coupon"],
            covers=values["covers"],
            products=tuple(sorted(values["skus"])),
            categories=tuple(sorted(category.pk for category in values["categories"])),
            segment_id=values["segment"].pk if values["segment"] else None,
            minimum_amount=values["minimum_amount"],
            first_order_only=values["first_order_only"],
            percent=values["percent"],
            amount=values["amount"],
            buy=values["buy"],
            get=values["get"],
            priority=values["priority"],
            stacking_group=values["stacking_group"],
            usage_limit=values["usage_limit"],
            usage_limit_per_customer=values["usage_limit_per_customer"],
            budget=values["budget"],
        )


class StopForm(ButtonForm):
    reason = reason_field(required=False)


class ExtendForm(ButtonForm):
    ends_at = MomentField(label=gettext_lazy("new end"))
    reason = reason_field(required=False)

    def prepare(self, row: Promotion) -> None:
        self.fields["ends_at"].initial = row.ends_at


class BatchForm(ButtonForm):
    name = forms.CharField(label=gettext_lazy("name of the batch"), max_length=100)
    size = forms.IntegerField(label=gettext_lazy("number of codes"), min_value=1, max_value=LARGEST_BATCH, initial=100)
    beginning = forms.CharField(
        label=gettext_lazy("beginning of every code"), max_length=20, required=False, help_text=gettext_lazy("Such as SPRING-.")
    )
    usage_limit = forms.IntegerField(
        label=gettext_lazy("uses of each code"),
        min_value=1,
        required=False,
        initial=1,
        help_text=gettext_lazy("Empty: as often as its promotion allows."),
    )


class CodeForm(ButtonForm):
    written = forms.CharField(
        label=gettext_lazy("code"),
        max_length=40,
        help_text=gettext_lazy("Letters, digits, hyphens; customers may type it in either case."),
    )
    usage_limit = forms.IntegerField(
        label=gettext_lazy("usage limit"),
        min_value=1,
        required=False,
        help_text=gettext_lazy("Empty: as often as its promotion allows."),
    )


class TrialForm(ButtonForm):
    """A basket, typed in."""

    basket = forms.CharField(
        label=gettext_lazy("basket"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("One line each: SKU and quantity."),
    )
    at = MomentField(label=gettext_lazy("moment"))
    customer = forms.CharField(
        label=gettext_lazy("customer id"), max_length=64, required=False, help_text=gettext_lazy("Empty: a guest.")
    )
    is_first_order = forms.BooleanField(label=gettext_lazy("first order"), required=False)
    codes = forms.CharField(label=gettext_lazy("other codes"), max_length=400, required=False)

    def clean_basket(self) -> dict[str, int]:
        """Whatever is wrong with it, told at once."""
        quantities: dict[str, int] = {}
        wrong: list[str] = []
        for number, line in enumerate(self.cleaned_data["basket"].splitlines(), 1):
            parts = line.replace(",", " ").split()
            if not parts:
                continue
            count = parts[1] if len(parts) == 2 else "1"
            if len(parts) > 2 or not (count.isascii() and count.isdigit() and 1 <= int(count) <= 9999):
                wrong.append(_("Line %(number)s is not a SKU and a quantity of 1 to 9999.") % {"number": number})
                continue
            quantities[parts[0]] = min(quantities.get(parts[0], 0) + int(count), 9999)
        _found, unknown = catalog.products_of(list(quantities))
        if unknown:
            wrong.append(_("There is no such SKU: %(skus)s.") % {"skus": ", ".join(unknown[:MOST_NAMED])})
        if len(quantities) > 200:
            wrong.append(_("A basket has 200 lines at most."))
        if wrong:
            raise forms.ValidationError(wrong[:MOST_NAMED])
        return quantities
