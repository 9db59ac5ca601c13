"""The list of orders: worklists as tabs above it, search, filters, and what is done with several orders at once."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from campaigns.models import Customer
from campaigns.models.customer import SEES_PERSONAL
from config.kernel import clock
from config.kernel.accesses import Deed
from config.kernel.admin import downloading, tables, wording
from config.kernel.admin.buttons import ButtonsAdmin, actor, attempt
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import HouseChangeList, ReadOnlyAdmin
from config.kernel.admin.seeing import TellsOfPeople, seen
from orders import views
from orders.admin import labels, order_table
from orders.admin.filters import ByChannel, ByWarehouse
from orders.models import Order
from orders.operations import fulfilling
from orders.queries import picking, worklists

# Parameters of the list that are no filters of the sheet: which worklist, and whose orders.
LIST, CUSTOMER = "list", "customer"


class OrderChangeList(HouseChangeList):
    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        if not request.user.has_perm(SEES_PERSONAL):
            self.search_help_text = gettext("Order number, number in the channel, tracking number or customer id")

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        kept: dict[str, Any] = super().get_filters_params(params)
        return {name: value for name, value in kept.items() if name not in (LIST, CUSTOMER)}

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Order]:
        orders = worklists.narrowed(self.model_admin.get_queryset(request), name=request.GET.get(LIST, ""), at=clock.now())
        if CUSTOMER in request.GET:
            orders = orders.filter(customer__external_id=request.GET[CUSTOMER])
        self.root_queryset = orders
        found: QuerySet[Order] = super().get_queryset(request, exclude_parameters)
        return found


class OrderListAdmin(TellsOfPeople, ReadOnlyAdmin, ButtonsAdmin):
    personal_permission = SEES_PERSONAL
    list_display = ("number", "placed", "buyer", "contents", "units", "amount", "state_label", "flags")
    empty_hint = gettext_lazy("Orders come from the storefront and from other channels through the API.")
    list_filter: tuple[Any, ...] = (
        ("state", ChoicesDropdownFilter),
        ByChannel,
        ByWarehouse,
        ("placed_at", BusinessDaysFilter),
    )
    # Searched by `worklists.found`; named here so that the page shows the search field.
    search_fields = ("number",)
    search_help_text = gettext_lazy("Order number, number in the channel, tracking number, customer id, phone or name")
    ordering = ("-placed_at", "-id")
    actions = ("pick_selected", "print_picking_list", "export_selected")
    list_before_template = "admin/orders/order/_worklists.html"

    placed = wording.moment_column("placed_at", gettext_lazy("placed at"))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[HouseChangeList]:
        return OrderChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        return worklists.listed(super().get_queryset(request))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        sees_personal = request.user.has_perm(SEES_PERSONAL)
        return worklists.found(queryset, term=search_term, also_personal=sees_personal), False

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        if request.user.has_perm(SEES_PERSONAL):
            return shown
        return ["masked_buyer" if name == "buyer" else name for name in shown]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        chosen = request.GET.get(LIST, "")
        named = request.GET.get(CUSTOMER)
        customer = named and Customer.objects.filter(external_id=named).first()
        address = reverse("admin:orders_order_changelist")
        more = {
            "worklists": [
                {"title": one.title, "shown": one.shown, "url": address + one.query, "is_chosen": one.name == chosen,
                 "alarms": one.number > 0 and one.name in worklists.ALARMS}
                for one in worklists.counts(at=clock.now())
            ],
            "all_url": address,
            "all_chosen": not chosen,
            "customer": customer and labels.person(customer, in_full=request.user.has_perm(SEES_PERSONAL)),
        }  # fmt: skip
        page: HttpResponse = super().changelist_view(request, {**more, **(extra_context or {})})
        return page

    @display(description=gettext_lazy("customer"))
    def buyer(self, order: Order) -> str:
        return labels.buyer(order, in_full=True)

    @display(description=gettext_lazy("customer"))
    def masked_buyer(self, order: Order) -> str:
        return labels.buyer(order, in_full=False)

    @display(description=gettext_lazy("what"))
    def contents(self, order: Order) -> str:
        return labels.contents(list(order.lines.all()))

    @display(description=gettext_lazy("units"))
    def units(self, order: Order) -> int:
        return sum(line.quantity for line in order.lines.all())

    @display(description=gettext_lazy("total"))
    def amount(self, order: Order) -> str:
        return wording.amount(order.total, order.currency)

    @display(description=gettext_lazy("state"))
    def state_label(self, order: Order) -> str:
        return labels.state(order)

    @display(description=pgettext_lazy("trouble of an order", "attention"))
    def flags(self, order: Order) -> str:
        return labels.flag_labels(order, clock.now())

    def has_ship_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.ship_order")

    @admin.action(description=gettext_lazy("Mark as picked"), permissions=["ship"])
    def pick_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Each order for itself: what cannot be picked is named and stops nobody else's."""
        at, picked = clock.now(), []
        wanted = downloading.length(queryset)
        chosen = list(queryset.order_by("ship_due_at", "id")[: picking.ROUND])
        for order in chosen:
            number = order.number
            if attempt(request, partial(fulfilling.pick, number=number, actor=actor(request), at=at), row=number):
                picked.append(order)
        if picked:
            LogEntry.objects.log_actions(
                actor(request).pk, picked, CHANGE, wording.untranslated(gettext_lazy("Mark as picked"))
            )
            told = ngettext("%(count)s order is picked.", "%(count)s orders are picked.", len(picked))
            messages.success(request, told % {"count": len(picked)})
        if left := wanted - len(chosen):
            told = ngettext(
                "%(most)s orders are picked at a time: %(left)s order was left as it is.",
                "%(most)s orders are picked at a time: %(left)s orders were left as they are.",
                left,
            )
            messages.warning(request, told % {"most": picking.ROUND, "left": left})

    @admin.action(description=gettext_lazy("Print a picking list"), permissions=["view"])
    def print_picking_list(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse:
        numbers = list(queryset.order_by("ship_due_at", "id").values_list("number", flat=True)[: picking.ROUND])
        return views.picking_sheet(request, numbers=numbers)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.export_order")

    @admin.action(description=gettext_lazy("Download as a table (CSV)"), permissions=["export"])
    def export_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponseBase | None:
        number = downloading.length(queryset)
        in_full = request.user.has_perm(SEES_PERSONAL)
        given = attempt(
            request,
            lambda: downloading.as_csv(
                request,
                name=f"orders-{wording.plain_moment(clock.now())[:10]}",
                heading=order_table.heading(),
                rows=(order_table.row(order, in_full=in_full) for order in queryset.iterator(chunk_size=1000)),
                number=number,
                of=Order,
                called=ngettext("%(count)s order", "%(count)s orders", number) % {"count": number},
                narrowed=tables.narrowed(request),
            ),
        )
        if given and in_full:
            seen(request, Deed.DOWNLOADED, Order, people=number, details=tables.narrowed(request))
        return given.value if given else None
