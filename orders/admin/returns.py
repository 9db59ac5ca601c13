"""Goods on their way back: the list of returns, and the buttons that receive or refuse one."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from config.kernel import clock
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonsAdmin, ReasonForm, actor, operation_button
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import once_per_row
from orders.admin import labels, order_forms
from orders.admin.records import OfOrderAdmin
from orders.models import Return
from orders.operations import returning, turns
from orders.queries import order_page

T = TypeVar("T")


def is_open(parcel: Return) -> bool:
    return parcel.state == Return.State.ACCEPTED and parcel.order is not None


@admin.register(Return)
class ReturnAdmin(OfOrderAdmin, ButtonsAdmin):
    list_display = ("number", "of_order", "accepted", "state_label", "units", "warehouse", "reason", "money", "received")
    empty_hint = gettext_lazy("Goods that customers send back, from the button “Accept a return” of a shipped order.")
    list_filter: tuple[Any, ...] = (
        ("state", ChoicesDropdownFilter),
        ("warehouse", RelatedDropdownFilter),
        ("accepted_at", BusinessDaysFilter),
        ("received_at", BusinessDaysFilter),
    )
    searched = ("number",)
    search_help_text = gettext_lazy("Return number or order number, in full")
    list_select_related = ("order", "warehouse", "actor")
    ordering = ("-accepted_at", "-id")
    fields = readonly_fields = (
        "number", "of_order", "state_label", "warehouse", "reason", "refund_in_full", "who", "accepted", "received", "contents",
    )  # fmt: skip

    accepted = wording.moment_column("accepted_at", gettext_lazy("accepted at"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Return]:
        returns: QuerySet[Return] = super().get_queryset(request).prefetch_related("lines")
        return returns

    @display(description=gettext_lazy("received at"))
    def received(self, parcel: Return) -> str:
        return wording.moment(parcel.received_at)

    @display(description=gettext_lazy("state"))
    def state_label(self, parcel: Return) -> str:
        return labels.return_state(parcel)

    @display(description=gettext_lazy("units"))
    def units(self, parcel: Return) -> int:
        return sum(line.quantity for line in parcel.lines.all())

    @display(description=gettext_lazy("refund"))
    def money(self, parcel: Return) -> str:
        """Goods of a sale before the shop's records have no order; what they were worth is in the shop's currency."""
        if parcel.state == Return.State.REFUSED:
            return "-"
        if parcel.state == Return.State.ACCEPTED:
            return _("settled on receipt")
        return wording.amount(parcel.refund, parcel.order.currency if parcel.order else "")

    @display(description=gettext_lazy("refund"))
    @once_per_row
    def refund_in_full(self, parcel: Return) -> str:
        if not is_open(parcel):
            return str(self.money(parcel))
        to_come = wording.amount(order_page.refund_to_come(parcel=parcel), parcel.order.currency if parcel.order else "")
        return _("%(amount)s, settled on receipt") % {"amount": to_come}

    @display(description=gettext_lazy("contents"))
    @once_per_row
    def contents(self, parcel: Return) -> str:
        return labels.listing(
            (
                line.variant.sku,
                line.order_line.name if line.order_line else str(line.variant.product),
                _("%(quantity)s, of them %(restocked)s back in stock")
                % {"quantity": line.quantity, "restocked": line.restocked}
                if parcel.state == Return.State.RECEIVED
                else line.quantity,
            )
            for line in parcel.lines.select_related("order_line", "variant__product").order_by("id")
        )

    def version_of(self, parcel: Return) -> str:
        return order_page.version(order=parcel.order) if parcel.order else ""

    def press_at(self, parcel: Return, seen: str, call: Callable[[], T]) -> T:
        if parcel.order is None:
            return super().press_at(parcel, seen, call)
        return turns.take(number=parcel.order.number, seen=seen, call=call)

    @operation_button(
        title=gettext_lazy("Receive the goods"), permission="orders.receive_return", icon="move_to_inbox", shown=is_open,
        form=order_forms.ReceiveReturnForm,
        explanation=gettext_lazy("Enter how many units can be sold again; the others are not put back in stock."),
    )  # fmt: skip
    def receive(self, request: HttpRequest, parcel: Return, values: dict[str, Any]) -> str:
        received = returning.receive(
            number=parcel.number, restocked=values["units"], actor=actor(request), at=clock.now()
        )  # fmt: skip
        refund = wording.amount(received.refund, parcel.order.currency) if parcel.order else "-"
        return _("The goods are received; %(amount)s is due to go back.") % {"amount": refund}

    @operation_button(
        title=gettext_lazy("Refuse the return"), permission="orders.return_order", icon="block", shown=is_open,
        form=ReasonForm, danger=True,
        explanation=gettext_lazy("The goods will not be taken back. A later return of the same units can be accepted anew."),
    )  # fmt: skip
    def refuse(self, request: HttpRequest, parcel: Return, values: dict[str, Any]) -> None:
        returning.refuse(number=parcel.number, reason=values["reason"], actor=actor(request), at=clock.now())
