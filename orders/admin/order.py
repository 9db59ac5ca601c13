"""The page of one order: all that is known about it, what to do next, and the buttons that do it."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from campaigns.models.customer import SEES_PERSONAL
from config.kernel import clock
from config.kernel.admin import wording
from config.kernel.admin.buttons import ReasonForm, actor, operation_button
from orders import lifecycle, views
from orders.admin import known, labels, lot_receivers, order_forms, telling
from orders.admin.order_list import CUSTOMER, OrderListAdmin
from orders.models import Order
from orders.operations import canceling, fulfilling, noting, paying, returning, shortage, turns, unmatched
from orders.operations.unmatched import Unmatched
from orders.queries import order_page

T = TypeVar("T")


def may(action: str) -> Callable[[Order], bool]:
    """Shown while the table of states allows it."""
    return lambda order: action in lifecycle.actions(order.state)


def always(order: Order) -> bool:
    return True


def may_return(order: Order) -> bool:
    return may("return")(order) and any(line.shipped > line.returned for line in order.lines.all())


@admin.register(Order)
class OrderAdmin(OrderListAdmin):
    change_form_template = "admin/orders/order/change_form.html"
    fields = ()

    def title_of(self, order: Order) -> str:
        return str(_("Order %(number)s") % {"number": order.number})

    def version_of(self, order: Order) -> str:
        return order_page.version(order=order)

    def press_at(self, order: Order, seen: str, call: Callable[[], T]) -> T:
        return turns.take(number=order.number, seen=seen, call=call)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("picking/", wrap(views.picking_view), name="orders_order_picking"),
            path("lots/<int:lot_id>/", wrap(lot_receivers.page), name=lot_receivers.PAGE),
            path("lots/<int:lot_id>.csv", wrap(lot_receivers.file), name=f"{lot_receivers.PAGE}_csv"),
            path("<path:object_id>/packing-slip/", wrap(views.packing_slip_view), name="orders_order_packing_slip"),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        order: Order = kwargs["obj"]
        at = clock.now()
        page = order_page.page(order=order)
        siblings = reverse("admin:orders_order_changelist")
        in_full = request.user.has_perm(SEES_PERSONAL)
        context |= {
            "page": page,
            "order": order,
            "state_label": labels.state(order),
            "flags": list(labels.flags(order, at)),
            "channel": known.channel(order.channel),
            "money": telling.money(page),
            "next_steps": telling.next_steps(page, at),
            "timeline": [telling.entry(event, order) for event in page.timeline],
            "returns": [{"row": one, "state": labels.return_state(one)} for one in page.returns],
            "siblings": [{"row": one, "state": labels.state(one)} for one in page.siblings],
            "siblings_url": f"{siblings}?{CUSTOMER}={order.customer.external_id}" if order.customer else "",
            "sees_personal": in_full,
            "customer": telling.customer(order, in_full=in_full),
            "ship_to": telling.address(order, in_full=in_full),
        }
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    @operation_button(
        title=gettext_lazy("Record a payment"), permission="orders.pay_order", icon="payments",
        shown=lambda order: order.paid < order.total, form=order_forms.PayForm,
        quiet=lambda order: order.state != Order.State.PLACED,
        explanation=gettext_lazy("For money that came outside the storefront. The whole amount must have come."),
    )  # fmt: skip
    def pay(self, request: HttpRequest, order: Order, values: dict[str, Any]) -> str | None:
        at = clock.now()
        came = {name: values[name] for name in ("provider", "reference", "amount")}
        record = unmatched.take if values["keep"] else paying.record_payment
        taken = record(number=order.number, paid_at=at, actor=actor(request), at=at, **came)
        if not isinstance(taken, Unmatched):
            return None
        kept = wording.amount(taken.payment.amount, order.currency)
        return _("%(amount)s is kept as an unmatched payment: pay it back or explain it.") % {"amount": kept}

    @operation_button(
        title=gettext_lazy("Mark as picked"), permission="orders.ship_order", icon="checklist",
        shown=lambda order: may("pick")(order) and not order.is_short,
    )  # fmt: skip
    def pick(self, request: HttpRequest, order: Order) -> None:
        fulfilling.pick(number=order.number, actor=actor(request), at=clock.now())

    @operation_button(
        title=gettext_lazy("Ship"), permission="orders.ship_order", icon="local_shipping", shown=may("ship_part"),
        quiet=may("pick"),
        form=order_forms.ShipForm,
        explanation=gettext_lazy("Units that are not in this parcel stay held for the order and can be shipped later."),
    )  # fmt: skip
    def ship(self, request: HttpRequest, order: Order, values: dict[str, Any]) -> str:
        sent = fulfilling.ship(
            number=order.number, items=values["units"] or None, warehouse_id=values.get("warehouse"),
            carrier=values["carrier"], tracking_number=values["tracking_number"], actor=actor(request), at=clock.now(),
        )  # fmt: skip
        return ngettext("%(count)s parcel is on its way.", "%(count)s parcels are on their way.", len(sent)) % {
            "count": len(sent)
        }

    @operation_button(
        title=gettext_lazy("Find stock again"), permission="orders.ship_order", icon="inventory",
        shown=lambda order: order.is_short and may("restock")(order),
    )  # fmt: skip
    def restock(self, request: HttpRequest, order: Order) -> str:
        shortage.restock(number=order.number, actor=actor(request), at=clock.now())
        return _("The missing units are held again.")

    @operation_button(
        title=gettext_lazy("Give up the missing units"), permission="orders.cancel_order", icon="remove_shopping_cart",
        shown=lambda order: order.is_short and may("cancel_missing")(order), form=ReasonForm, danger=True,
        explanation=gettext_lazy("They are canceled, what was paid for them is due to go back, and the rest goes on."),
    )  # fmt: skip
    def cancel_missing(self, request: HttpRequest, order: Order, values: dict[str, Any]) -> None:
        shortage.cancel_missing(number=order.number, reason=values["reason"], actor=actor(request), at=clock.now())

    @operation_button(
        title=gettext_lazy("Accept a return"), permission="orders.return_order", icon="assignment_return", shown=may_return,
        form=order_forms.AcceptReturnForm, quiet=always,
        explanation=gettext_lazy("Enter what the customer sends back. Stock and money change when the goods have arrived."),
    )  # fmt: skip
    def accept_return(self, request: HttpRequest, order: Order, values: dict[str, Any]) -> str:
        accepted = returning.accept(
            number=order.number, items=values["units"], warehouse_id=values["warehouse"], reason=values["reason"],
            actor=actor(request), at=clock.now(),
        )  # fmt: skip
        return _("Return %(number)s is accepted.") % {"number": accepted.number}

    @operation_button(
        title=gettext_lazy("Record a refund"), permission="orders.refund_order", icon="currency_exchange",
        shown=lambda order: order.refunded < order.paid, form=order_forms.RefundForm,
        quiet=lambda order: not order.refund_due,
        explanation=gettext_lazy("For money that has been paid back. This only writes it down; the provider moves the money."),
    )  # fmt: skip
    def refund(self, request: HttpRequest, order: Order, values: dict[str, Any]) -> None:
        paying.record_refund(number=order.number, actor=actor(request), at=clock.now(), **values)

    @operation_button(
        title=pgettext_lazy("button", "Add a note"), permission="orders.note_order", icon="edit_note",
        form=order_forms.NoteForm, quiet=always,
    )  # fmt: skip
    def note(self, request: HttpRequest, order: Order, values: dict[str, Any]) -> None:
        noting.note(number=order.number, text=values["note"], actor=actor(request), at=clock.now())

    @operation_button(
        title=gettext_lazy("Cancel the order"), permission="orders.cancel_order", icon="cancel", shown=may("cancel"),
        form=ReasonForm, danger=True,
        explanation=gettext_lazy("Stock and coupons are given back, what was paid is due to go back. This cannot be undone."),
    )  # fmt: skip
    def cancel(self, request: HttpRequest, order: Order, values: dict[str, Any]) -> None:
        canceling.cancel(number=order.number, reason=values["reason"], actor=actor(request), at=clock.now())
