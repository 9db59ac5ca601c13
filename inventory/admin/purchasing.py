"""Purchase orders with their lines, timeline and buttons, and the receiving desk."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from config.kernel import clock, shop
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonsAdmin, ReasonForm, actor, operation_button
from config.kernel.admin.filters import BusinessDaysFilter
from inventory import lifecycle
from inventory.admin import (
    costs,
    labels,
    purchase_forms,
    purchase_papers,
    telling,
)
from inventory.admin.purchase_papers import (
    PapersOfOrders,
)
from inventory.admin.sku_fields import DraftLineInline
from inventory.lifecycle import Step
from inventory.models import PurchaseOrder, PurchaseOrderLine, SupplierConfirmation
from inventory.operations import approving, confirming, purchase_steps, purchasing, receiving, sending
from inventory.operations.purchasing import Wanted
from inventory.queries import purchases, replenishment
from inventory.queries.purchases import Missed

T = TypeVar("T")

MAY_BUY = "inventory.change_purchaseorder"
MAY_APPROVE = "inventory.approve_purchaseorder"
MAY_RECEIVE = "inventory.receive_goods"


def may(step: Step) -> Any:
    """Shown while the table of states allows it."""
    return lambda order: lifecycle.allows(order.state, step)


def terms_missed(order: PurchaseOrder) -> list[Missed]:
    """Asked once for a page: its head tells it, and whether one may approve all the same depends on it."""
    if "terms_missed" not in order.__dict__:
        order.__dict__["terms_missed"] = purchases.terms_missed(order=order)
    found: list[Missed] = order.__dict__["terms_missed"]
    return found


def misses_terms(order: PurchaseOrder) -> bool:
    return lifecycle.allows(order.state, Step.APPROVED) and bool(terms_missed(order) or approving.missing_to_minimum(order))


class LineInline(DraftLineInline):
    MAY_CHANGE = MAY_BUY
    model = PurchaseOrderLine
    form = purchase_forms.LineForm
    formset = purchase_forms.LineFormSet

    def get_fields(self, request: HttpRequest, obj: PurchaseOrder | None = None) -> Any:
        return ("variant", "quantity", "unit_cost") if obj is None else ("variant", "name", "quantity", "unit_cost", "total")

    def get_readonly_fields(self, request: HttpRequest, obj: PurchaseOrder | None = None) -> Any:
        return ("name", "total")

    @display(description=gettext_lazy("product"))
    def name(self, line: PurchaseOrderLine) -> str:
        return labels.variant_name(line.variant) if line.pk else "-"

    @display(description=gettext_lazy("amount"))
    def total(self, line: PurchaseOrderLine) -> str:
        return wording.amount(line.unit_cost * line.quantity) if line.pk else "-"


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(PapersOfOrders, ButtonsAdmin):
    form = purchase_forms.OrderForm
    empty_hint = gettext_lazy("What the shop buys: drafted by staff, or each night by the replenishment.")
    list_display = ("number", "drafted", "supplier", "warehouse", "state_label", "units", "came", "money", "expected", "origin")
    list_filter: tuple[Any, ...] = (
        ("state", ChoicesDropdownFilter),
        ("supplier", RelatedDropdownFilter),
        ("warehouse", RelatedDropdownFilter),
        ("drafted_at", BusinessDaysFilter),
    )
    search_fields = ("number__exact",)
    search_help_text = gettext_lazy("The whole number of the purchase order")
    ordering = ("-drafted_at", "-id")
    change_form_outer_before_template = "admin/inventory/purchaseorder/_head.html"
    change_form_outer_after_template = "admin/inventory/purchaseorder/_record.html"

    drafted = wording.moment_column("drafted_at", gettext_lazy("drafted at"))
    sent = wording.moment_column("sent_at", gettext_lazy("sent at"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[PurchaseOrder]:
        return purchases.listed()

    def get_list_display(self, request: HttpRequest) -> Any:
        return costs.without(request, super().get_list_display(request), "money")

    def has_change_permission(self, request: HttpRequest, obj: PurchaseOrder | None = None) -> bool:
        """Only a draft is a form; later it is changed by its buttons."""
        may_change: bool = super().has_change_permission(request, obj)
        return may_change and (obj is None or lifecycle.allows(obj.state, Step.CHANGED))

    def has_delete_permission(self, request: HttpRequest, obj: PurchaseOrder | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: PurchaseOrder | None = None) -> Any:
        return ("note", "drafter", "approver", "sent", "expected") if obj else ("supplier", "warehouse", "note")

    def get_readonly_fields(self, request: HttpRequest, obj: PurchaseOrder | None = None) -> Any:
        return self.get_fields(request, obj) if obj else ()

    def get_inlines(self, request: HttpRequest, obj: PurchaseOrder | None) -> Any:
        """Lines are typed in while it is a draft; later the page shows them with what has come."""
        return (LineInline,) if obj is None or self.has_change_permission(request, obj) else ()

    def get_urls(self) -> list[URLPattern]:
        desk = path("desk/", self.admin_site.admin_view(self.desk_view), name="inventory_purchaseorder_desk")
        return [desk, *super().get_urls()]

    def title_of(self, order: PurchaseOrder) -> str:
        return str(_("Purchase order %(number)s") % {"number": order.number})

    def version_of(self, order: PurchaseOrder) -> str:
        return purchases.version(order)

    def press_at(self, order: PurchaseOrder, seen: str, call: Callable[[], T]) -> T:
        return purchase_steps.take(number=order.number, seen=seen, call=call)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        order: PurchaseOrder | None = kwargs.get("obj")
        if order is not None:
            whole = purchases.in_full().get(pk=order.pk)
            lines, sees_costs = whole.lines.all(), costs.sees(request)
            context |= {
                "order": whole,
                "seen": request.POST.get("seen", self.version_of(whole)),
                "lines": [] if self.has_change_permission(request, order) else [telling.line(one) for one in lines],
                "state_label": labels.purchase_state(whole),
                "next_step": telling.next_step(whole, clock.now(), lambda: terms_missed(order)),
                "sees_costs": sees_costs,
                "amount": wording.amount(order.amount),  # type: ignore[attr-defined]  # annotated by the query
                "timeline": [telling.entry(event, sees_costs=sees_costs) for event in reversed(whole.timeline.all())],
                "papers": purchase_papers.links(order) if sees_costs else [],
                "receipts": [telling.receipt(one) for one in reversed(whole.receipts.all())],
                "confirmations": [telling.confirmation(one) for one in reversed(whole.confirmations.all())],
                "mails": [telling.mail(one) for one in purchases.mails(whole)],
                "promised": telling.promised(whole),
                "why": [telling.reason(one) for one in replenishment.why(purchase_order_id=order.pk).values()],
            }
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page

    # The form is saved by one operation, once its lines are known too.
    def save_model(self, request: HttpRequest, obj: PurchaseOrder, form: Any, change: bool) -> None:
        """Nothing yet: `save_related` has the lines."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        order: PurchaseOrder = form.instance
        lines = [
            Wanted(one["variant"].pk, one["quantity"], one.get("unit_cost")) for formset in formsets for one in formset.kept()
        ]
        if change:
            seen = request.POST.get("seen", "")
            purchasing.change_lines(number=order.number, lines=lines, seen=seen, actor=actor(request), at=clock.now())
            return
        made = purchasing.draft(
            supplier_id=order.supplier_id, warehouse_id=order.warehouse_id, lines=lines, note=order.note,
            actor=actor(request), at=clock.now(),
        )  # fmt: skip
        order.pk, order.number = made.pk, made.number

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        return [{"added": {}}] if add else [{"changed": {"fields": [str(_("lines"))]}}]

    def desk_view(self, request: HttpRequest) -> HttpResponse:
        """The receiving desk: every delivery that is awaited, the longest overdue first."""
        if not request.user.has_perm(MAY_RECEIVE):
            raise PermissionDenied
        today = shop.day(clock.now())
        context = {
            **self.admin_site.each_context(request),
            "title": _("Receiving desk"),
            "awaited": [
                {"order": order, "state": labels.purchase_state(order), "is_late": telling.is_late(order, today),
                 "url": reverse("admin:inventory_purchaseorder_press", args=[order.pk, "receive"])}
                for order in purchases.awaited()[:200]
            ],
        }  # fmt: skip
        return TemplateResponse(request, "admin/inventory/purchaseorder/desk.html", context)

    @display(description=gettext_lazy("state"))
    def state_label(self, order: PurchaseOrder) -> str:
        return labels.purchase_state(order)

    @display(description=gettext_lazy("units"))
    def units(self, order: PurchaseOrder) -> str:
        return f"{order.units or 0:,}"  # type: ignore[attr-defined]  # annotated by the query

    @display(description=gettext_lazy("received"))
    def came(self, order: PurchaseOrder) -> str:
        return f"{order.arrived or 0:,}"  # type: ignore[attr-defined]

    @display(description=gettext_lazy("amount"))
    def money(self, order: PurchaseOrder) -> str:
        return wording.amount(order.amount)  # type: ignore[attr-defined]

    @display(description=gettext_lazy("expected on"))
    def expected(self, order: PurchaseOrder) -> str:
        return f"{order.expected_on:%Y-%m-%d}" if order.expected_on else "-"

    @display(description=gettext_lazy("drafted by"))
    def origin(self, order: PurchaseOrder) -> str:
        return telling.replenishment() if order.is_proposed else wording.actor(order)

    @display(description=gettext_lazy("drafted by"))
    def drafter(self, order: PurchaseOrder) -> str:
        return f"{self.origin(order)} · {wording.plain_moment(order.drafted_at)}"

    @display(description=gettext_lazy("approved by"))
    def approver(self, order: PurchaseOrder) -> str:
        return str(order.approved_by) if order.approved_by else "-"

    @operation_button(title=gettext_lazy("Approve"), permission=MAY_APPROVE, icon="verified", shown=may(Step.APPROVED))
    def approve(self, request: HttpRequest, order: PurchaseOrder) -> None:
        purchasing.approve(number=order.number, actor=actor(request), at=clock.now())

    @operation_button(
        title=gettext_lazy("Approve all the same"), permission=MAY_APPROVE, icon="gavel", shown=misses_terms, form=ReasonForm,
        quiet=lambda order: True,
        explanation=gettext_lazy(
            "For quantities below the MOQ or beside full packs that the supplier has agreed to sell. Say who agreed and when."
        ),
    )  # fmt: skip
    def approve_all_the_same(self, request: HttpRequest, order: PurchaseOrder, values: dict[str, Any]) -> None:
        purchasing.approve(number=order.number, reason=values["reason"], actor=actor(request), at=clock.now())

    @operation_button(
        title=gettext_lazy("Mark as sent"), permission=MAY_BUY, icon="outgoing_mail", shown=may(Step.SENT),
        form=purchase_forms.SendForm,
        explanation=gettext_lazy("Send it to the supplier first, for example by email; here you note that it has been sent."),
    )  # fmt: skip
    def send(self, request: HttpRequest, order: PurchaseOrder, values: dict[str, Any]) -> None:
        purchasing.send(number=order.number, expected_on=values["expected_on"], actor=actor(request), at=clock.now())

    @operation_button(
        title=gettext_lazy("Send by mail"), permission=MAY_BUY, icon="forward_to_inbox", shown=may(Step.MAILED),
        form=purchase_forms.MailForm, quiet=lambda order: not settings.MAIL_IS_ON or order.state == PurchaseOrder.State.SENT,
        explanation=gettext_lazy(
            "The document goes to the supplier with a link to confirm it. An approved purchase order then counts as sent."
        ),
    )  # fmt: skip
    def mail(self, request: HttpRequest, order: PurchaseOrder, values: dict[str, Any]) -> str:
        sending.mail(number=order.number, expected_on=values.get("expected_on"), actor=actor(request), at=clock.now())
        return _("The mail goes to %(supplier)s within a minute.") % {"supplier": order.supplier.name}

    @operation_button(
        title=gettext_lazy("Enter the confirmation"), permission=MAY_BUY, icon="event_available",
        shown=may(Step.CONFIRMED), form=purchase_forms.ConfirmForm, quiet=lambda order: True,
        explanation=gettext_lazy("What the supplier says it delivers, and when. The expected day moves to the last one."),
    )  # fmt: skip
    def confirm(self, request: HttpRequest, order: PurchaseOrder, values: dict[str, Any]) -> None:
        confirming.confirm(
            number=order.number, lines=values["lines"], note=values["note"], source=SupplierConfirmation.Source.STAFF,
            actor=actor(request), at=clock.now(),
        )  # fmt: skip

    @operation_button(
        title=gettext_lazy("Receive goods"), permission=MAY_RECEIVE, icon="inventory_2", shown=may(Step.RECEIVED),
        form=purchase_forms.ReceiveForm,
        explanation=gettext_lazy(
            "Enter the units that are in this delivery. The same delivery note is booked once."
        ),
    )  # fmt: skip
    def receive(self, request: HttpRequest, order: PurchaseOrder, values: dict[str, Any]) -> str:
        return self._receive(request, order, values)

    @operation_button(
        title=gettext_lazy("Receive with discrepancies"), permission=MAY_RECEIVE, icon="report", shown=may(Step.RECEIVED),
        form=purchase_forms.ReceiveWithGapsForm, quiet=lambda order: True,
        explanation=gettext_lazy(
            "Enter as units what can be sold. Damaged and wrong goods are noted and never reach the shelf; what is missing "
            "stays outstanding."
        ),
    )  # fmt: skip
    def receive_with_gaps(self, request: HttpRequest, order: PurchaseOrder, values: dict[str, Any]) -> str:
        return self._receive(request, order, values)

    def _receive(self, request: HttpRequest, order: PurchaseOrder, values: dict[str, Any]) -> str:
        at = clock.now()
        receipt = receiving.receive_goods(
            number=order.number, delivery_note=values["delivery_note"], quantities=values["quantities"],
            gaps=values["gaps"], lots=values["lots"], accepts_surplus=values["more_came"], actor=actor(request), at=at,
        )  # fmt: skip
        if receipt.received_at != at:
            return _("This delivery note was booked before as %(receipt)s; nothing more was put on the shelf.") % {
                "receipt": receipt.number
            }
        if not values["quantities"]:
            return _("Noted, and nothing put on the shelf: %(receipt)s.") % {"receipt": receipt.number}
        return _("The goods are on the shelf: %(receipt)s.") % {"receipt": receipt.number}

    @operation_button(
        title=pgettext_lazy("purchase order", "Close"), permission=MAY_BUY, icon="task_alt", shown=may(Step.CLOSED),
        form=purchase_forms.CloseForm, quiet=lambda order: order.state != PurchaseOrder.State.RECEIVED,
        explanation=gettext_lazy("Nothing more is expected. What has not come no longer counts as incoming."),
    )  # fmt: skip
    def close(self, request: HttpRequest, order: PurchaseOrder, values: dict[str, Any]) -> None:
        purchasing.close(number=order.number, reason=values["reason"], actor=actor(request), at=clock.now())

    @operation_button(
        title=gettext_lazy("Cancel the purchase order"), permission=MAY_BUY, icon="cancel", shown=may(Step.CANCELED),
        form=ReasonForm, danger=True,
        explanation=gettext_lazy("Nothing has come and nothing will. Proposals it came from are dismissed."),
    )  # fmt: skip
    def cancel(self, request: HttpRequest, order: PurchaseOrder, values: dict[str, Any]) -> None:
        purchasing.cancel(number=order.number, reason=values["reason"], actor=actor(request), at=clock.now())
