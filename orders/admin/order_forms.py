"""What the buttons of an order ask before they act."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonForm, reason_field
from config.kernel.money import EXPONENTS, Money
from inventory.models import Warehouse
from orders.admin import known
from orders.models import Order, Payment, Return, UnmatchedPayment
from orders.queries import order_page


def amount_field(order: Order, amount: Decimal, **told: Any) -> forms.DecimalField:
    """An amount in the order's currency, without digits its coins do not have."""
    places = EXPONENTS.get(order.currency, 2)
    return forms.DecimalField(
        min_value=Decimal(1).scaleb(-places),
        max_digits=12 + places,
        decimal_places=places,
        initial=Money(amount, order.currency).as_text(),
        **told,
    )


class PayForm(ButtonForm):
    provider = known.ProviderField(
        label=gettext_lazy("Paid by"),
        help_text=gettext_lazy("The payment provider, or how the money came: bank transfer, cash."),
    )
    reference = forms.CharField(
        label=gettext_lazy("Payment reference"),
        max_length=100,
        help_text=gettext_lazy("The provider's number of this payment. The same number counts once."),
    )

    def prepare(self, row: Order) -> None:
        self.due = row.total - row.paid
        self.fields["amount"] = amount_field(row, self.due, label=gettext_lazy("Amount"))
        self.fields["keep"] = forms.BooleanField(
            label=_("Another amount came"),
            required=False,
            help_text=_("It is kept as an unmatched payment until somebody settles it; the order stays unpaid."),
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        amount = values.get("amount")
        if amount is not None and amount != self.due and not values.get("keep"):
            due = wording.amount(self.due, self.row.currency)
            told = _("Exactly %(due)s is due. If another amount really came, say so below, and it is kept.")
            self.add_error("amount", told % {"due": due})
        return values


class NoteForm(ButtonForm):
    note = forms.CharField(label=pgettext_lazy("remark", "Note"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


class _UnitsForm(ButtonForm):
    """Asks for a number of units per line. `units()` is what was typed, by line, without the zeros."""

    def ask(self, key: int, name: str, most: int, *, initial: int | None, note: str = "") -> None:
        self.fields[f"units_{key}"] = forms.IntegerField(
            label=name,
            min_value=0,
            max_value=most,
            initial=initial,
            required=False,
            help_text=note or ngettext("At most %(most)s unit.", "At most %(most)s units.", most) % {"most": most},
        )

    def units(self) -> dict[int, int]:
        typed = ((name, value) for name, value in self.cleaned_data.items() if name.startswith("units_"))
        return {int(name.removeprefix("units_")): value for name, value in typed if value}

    def is_complete(self, units: dict[int, int]) -> bool:
        return bool(units)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        units = self.units()
        if not self.is_complete(units) and not self.errors:
            raise forms.ValidationError(_("Enter at least one unit."))
        return values | {"units": units}


class ShipForm(_UnitsForm):
    """Units in one warehouse are filled in; where several hold some, empty fields mean all that the chosen one holds."""

    def prepare(self, row: Order) -> None:
        lines = [line for line in order_page.lines(order=row) if line.waiting]
        places = {held.warehouse_id: held.warehouse for line in lines for held in line.held}
        self.scattered = len(places) > 1
        if self.scattered:
            self.fields["warehouse"] = forms.TypedChoiceField(
                label=pgettext_lazy("place", "Warehouse"),
                choices=list(places.items()),
                coerce=int,
                help_text=gettext_lazy("The units lie in several warehouses: ship each parcel by itself."),
            )
        for line in lines:
            self.ask(
                line.row.pk,
                f"{line.row.sku} · {line.row.name}",
                line.waiting,
                initial=None if self.scattered else line.waiting,
                note=", ".join(f"{held.warehouse} {held.units}" for held in line.held) if self.scattered else "",
            )
        self.fields["carrier"] = forms.CharField(
            label=gettext_lazy("Carrier"), max_length=40, required=False, initial=order_page.latest_carrier()
        )
        self.fields["tracking_number"] = forms.CharField(label=gettext_lazy("Tracking number"), max_length=64, required=False)

    def is_complete(self, units: dict[int, int]) -> bool:
        return bool(units) or self.scattered


class AcceptReturnForm(_UnitsForm):
    def prepare(self, row: Order) -> None:
        for line in order_page.lines(order=row):
            if line.returnable:
                self.ask(line.row.position, f"{line.row.sku} · {line.row.name}", line.returnable, initial=0)
        self.fields["warehouse"] = forms.TypedChoiceField(
            label=gettext_lazy("Goods go back to"),
            choices=list(Warehouse.objects.values_list("pk", "name")),
            coerce=int,
            initial=order_page.shipped_from(order=row),
        )
        self.fields["reason"] = reason_field()


class ReceiveReturnForm(_UnitsForm):
    """All units came back; asked is how many of them can be sold again, which may be none."""

    def prepare(self, row: Return) -> None:
        for position, line in order_page.return_lines(parcel=row):
            name = f"{line.variant.sku} · {line.order_line.name if line.order_line else line.variant.product.name}"
            self.ask(position, name, line.quantity, initial=line.quantity)

    def is_complete(self, units: dict[int, int]) -> bool:
        return True


class RefundForm(ButtonForm):
    provider = known.ProviderField(
        label=gettext_lazy("Refunded by"),
        required=False,
        help_text=gettext_lazy("The provider that took the payment. Empty: as the order was paid."),
    )
    reference = forms.CharField(
        label=gettext_lazy("Refund reference"),
        max_length=100,
        help_text=gettext_lazy("The provider's number of this refund. The same number counts once."),
    )

    def prepare(self, row: Order) -> None:
        self.fields["provider"].initial = order_page.latest_provider(order=row)
        if row.has_unmatched:
            owed, unmatched = order_page.payments(order=row)
            came: list[tuple[Payment | UnmatchedPayment, str]] = [(one, "") for one in owed]
            came += [(one, f" ({one.get_why_display()})") for one in unmatched]
            self.fields["payment"] = forms.ChoiceField(
                label=gettext_lazy("Payment that went back"),
                choices=[
                    ("", "-"),
                    *(
                        (one.reference, f"{one.reference} · {wording.amount(one.amount, row.currency)}{why}")
                        for one, why in came
                    ),
                ],
                help_text=gettext_lazy("Money came that the order does not owe. Its refund is recorded with that payment."),
            )
        due = row.refund_owed - row.refunded if row.refund_due else row.paid - row.refunded
        self.fields["amount"] = amount_field(row, due, label=gettext_lazy("Amount"))
        self.fields["reason"] = reason_field()
