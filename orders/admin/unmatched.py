"""Money that came and no order owes: the list, and the buttons by which staff say what became of it."""

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from config.kernel import clock
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonForm, ButtonsAdmin, ReasonForm, actor, operation_button, reason_field
from config.kernel.admin.filters import BusinessDaysFilter
from orders.admin import known
from orders.admin.records import OfOrderAdmin
from orders.models import Settlement, UnmatchedPayment
from orders.operations import turns, unmatched
from orders.queries import order_page

T = TypeVar("T")


def settlement(payment: UnmatchedPayment) -> Settlement | None:
    return getattr(payment, "settlement", None)


def is_open(payment: UnmatchedPayment) -> bool:
    return settlement(payment) is None


class PayBackForm(ButtonForm):
    reference = forms.CharField(label=gettext_lazy("Refund reference"), max_length=100)
    reason = reason_field()

    def prepare(self, row: UnmatchedPayment) -> None:
        told = _("The number that %(provider)s gave this refund. The same number counts once.")
        self.fields["reference"].help_text = told % {"provider": known.provider(row.provider)}


class BySettlement(DropdownFilter):  # type: ignore[misc]
    title = gettext_lazy("settlement")
    parameter_name = "settled"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", pgettext_lazy("unmatched payment", "open")), ("yes", pgettext_lazy("unmatched payment", "settled"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[UnmatchedPayment]) -> QuerySet[UnmatchedPayment]:
        wanted = {"no": True, "yes": False}.get(str(self.value()))
        return queryset if wanted is None else queryset.filter(settlement__isnull=wanted)


@admin.register(UnmatchedPayment)
class UnmatchedPaymentAdmin(OfOrderAdmin, ButtonsAdmin):
    list_display = ("reference", "of_order", "paid_by", "money", "why", "standing", "recorded")
    empty_hint = gettext_lazy("Money that came and no order owes: paid twice, or another amount. Staff settle it here.")
    list_filter: tuple[Any, ...] = (BySettlement, ("why", ChoicesDropdownFilter), ("recorded_at", BusinessDaysFilter))
    searched = ("reference",)
    search_help_text = gettext_lazy("Payment reference or order number, in full")
    list_select_related = ("order", "settlement")
    ordering = ("-recorded_at", "-id")
    fields = readonly_fields = (
        "of_order", "paid_by", "reference", "money", "why", "paid", "recorded", "standing", "refund", "reason", "settler",
    )  # fmt: skip

    paid = wording.moment_column("paid_at", gettext_lazy("paid at"))

    def title_of(self, row: UnmatchedPayment) -> str:
        return _("Unmatched payment %(reference)s") % {"reference": row.reference}

    @display(description=gettext_lazy("recorded at"), ordering="recorded_at")
    def recorded(self, row: UnmatchedPayment) -> str:
        return wording.moment(row.recorded_at)

    @display(description=gettext_lazy("outcome"))
    def standing(self, row: UnmatchedPayment) -> str:
        settled = settlement(row)
        if settled is None:
            return wording.label(pgettext_lazy("of an unmatched payment", "to settle"), "danger")
        return wording.label(settled.get_outcome_display(), "success")

    @display(description=gettext_lazy("Refund reference"))
    def refund(self, row: UnmatchedPayment) -> str:
        settled = settlement(row)
        return f"{known.provider(settled.provider)} {settled.reference}" if settled and settled.reference else "-"

    @display(description=pgettext_lazy("why", "Reason"))
    def reason(self, row: UnmatchedPayment) -> str:
        settled = settlement(row)
        return settled.reason if settled else "-"

    @display(description=gettext_lazy("staff member"))
    def settler(self, row: UnmatchedPayment) -> str:
        settled = settlement(row)
        return wording.actor(settled) if settled else "-"

    def version_of(self, row: UnmatchedPayment) -> str:
        return order_page.version(order=row.order)

    def press_at(self, row: UnmatchedPayment, seen: str, call: Callable[[], T]) -> T:
        return turns.take(number=row.order.number, seen=seen, call=call)

    @operation_button(
        title=gettext_lazy("Record that it was paid back"), permission="orders.refund_order", icon="currency_exchange",
        shown=is_open, form=PayBackForm,
        explanation=gettext_lazy("All of it went back through the provider that took it. This only writes it down."),
    )  # fmt: skip
    def pay_back(self, request: HttpRequest, row: UnmatchedPayment, values: dict[str, Any]) -> None:
        unmatched.pay_back(payment_id=row.pk, actor=actor(request), at=clock.now(), **values)

    @operation_button(
        title=gettext_lazy("Explain"), permission="orders.refund_order", icon="fact_check", shown=is_open, form=ReasonForm,
        quiet=lambda row: True,
        explanation=gettext_lazy("For money that need not go back, or never came. The reason is kept in the order's history."),
    )  # fmt: skip
    def explain(self, request: HttpRequest, row: UnmatchedPayment, values: dict[str, Any]) -> None:
        unmatched.explain(payment_id=row.pk, reason=values["reason"], actor=actor(request), at=clock.now())
