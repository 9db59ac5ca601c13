"""Lanes, transfer orders with their lines, timeline and buttons, and the proposals of what to move."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from config.kernel import clock, jobs
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonForm, ButtonsAdmin, ReasonForm, actor, attempt, operation_button
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import ReadOnlyAdmin
from config.kernel.admin.navigation import Link, add_group
from inventory.admin import labels, limits, moves, transfer_forms
from inventory.admin.auditing import NamedInAudit
from inventory.admin.sku_fields import DraftLineForm, DraftLineInline
from inventory.models import Lane, TransferEvent, TransferLine, TransferOrder, TransferProposal, TransferReceipt
from inventory.operations import balancing, transfers
from inventory.operations.transfers import Step, Wanted
from inventory.queries import transfers as queries

State = TransferProposal.State
MAY_PLAN = "inventory.change_transferorder"
MAY_MOVE = "inventory.move_goods"
MAY_CORRECT = "inventory.correct_stock"
MAY_DECIDE = "inventory.change_transferproposal"
JOB = "inventory.propose_transfers"
COLORS = {State.OPEN: "info", State.ORDERED: "success", State.DISMISSED: "warning", State.SUPERSEDED: ""}

add_group(
    gettext_lazy("Transfers"),
    [
        Link(
            gettext_lazy("Transfer proposals"), "compare_arrows", "admin:inventory_transferproposal_changelist",
            "inventory.view_transferproposal", "?state__exact=OPEN",
        ),
        Link(
            gettext_lazy("Transfer orders"), "local_shipping", "admin:inventory_transferorder_changelist",
            "inventory.view_transferorder",
        ),
        Link(gettext_lazy("Lanes"), "route", "admin:inventory_lane_changelist", "inventory.view_lane"),
    ],
    order=26,
)  # fmt: skip


def may(step: Step) -> Any:
    """Shown while the table of states allows it."""
    return lambda order: transfers.allows(order.state, step)


@admin.register(Lane)
class LaneAdmin(NamedInAudit):
    form = transfer_forms.LaneForm
    empty_hint = gettext_lazy("The ways that goods take between warehouses. Without a lane nothing is proposed.")
    list_display = ("way", "days", "per_unit", "per_shipment", "lot", "most_units", "cover_days", "is_active")
    list_filter: tuple[Any, ...] = (
        ("from_warehouse", RelatedDropdownFilter),
        ("to_warehouse", RelatedDropdownFilter),
        "is_active",
    )
    list_select_related = ("from_warehouse", "to_warehouse")
    ordering = ("from_warehouse_id", "to_warehouse_id")
    fieldsets = (
        (None, {"fields": ("from_warehouse", "to_warehouse", "is_active")}),
        (gettext_lazy("Time and cost"), {"fields": ("days", "cost_per_unit", "cost_per_shipment")}),
        (gettext_lazy("What may go"), {"fields": ("lot", "most_units", "cover_days")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("from_warehouse", "to_warehouse") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A lane is switched off instead: proposals and their explanations refer to it."""
        return False

    def title_of(self, lane: Lane) -> str:
        return f"{lane.from_warehouse} → {lane.to_warehouse}"

    @display(description=gettext_lazy("lane"))
    def way(self, lane: Lane) -> str:
        return self.title_of(lane)

    @display(description=gettext_lazy("cost for a unit"))
    def per_unit(self, lane: Lane) -> str:
        return wording.amount(lane.cost_per_unit)

    @display(description=gettext_lazy("cost for a shipment"))
    def per_shipment(self, lane: Lane) -> str:
        return wording.amount(lane.cost_per_shipment)


class LineInline(DraftLineInline):
    MAY_CHANGE = MAY_PLAN
    model = TransferLine
    form = DraftLineForm
    formset = transfer_forms.LineFormSet
    fields = ("variant", "quantity")


@admin.register(TransferOrder)
class TransferOrderAdmin(ButtonsAdmin):
    form = transfer_forms.OrderForm
    empty_hint = gettext_lazy("Goods on their way from one warehouse to another. Begin with a draft or with a proposal.")
    list_display = ("number", "drafted", "way", "state_label", "units", "under_way", "expected", "origin")
    list_filter: tuple[Any, ...] = (
        ("state", ChoicesDropdownFilter),
        ("from_warehouse", RelatedDropdownFilter),
        ("to_warehouse", RelatedDropdownFilter),
        ("drafted_at", BusinessDaysFilter),
    )
    search_fields = ("number__exact",)
    search_help_text = gettext_lazy("The whole number of the transfer order, of an arrival or of a loss")
    ordering = ("-drafted_at", "-id")
    change_form_outer_before_template = "admin/inventory/transferorder/_head.html"
    change_form_outer_after_template = "admin/inventory/transferorder/_record.html"

    drafted = wording.moment_column("drafted_at", gettext_lazy("drafted at"))
    left_at = wording.moment_column("shipped_at", gettext_lazy("shipped at"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[TransferOrder]:
        return queries.listed()

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """By the number of any of its documents; each is looked up through its own index."""
        term = search_term.strip()
        arrived = list(TransferReceipt.objects.filter(number=term).values_list("transfer_id", flat=True))
        lost = TransferEvent.objects.filter(kind=TransferEvent.Kind.CLOSED, details__loss=term)
        if term.startswith("TL-"):
            arrived += list(lost.values_list("transfer_id", flat=True)[:1])
        return (queryset.filter(Q(number=term) | Q(pk__in=arrived)) if term else queryset), False

    def has_change_permission(self, request: HttpRequest, obj: TransferOrder | None = None) -> bool:
        """Only a draft is a form; later it is changed by its buttons."""
        may_change: bool = super().has_change_permission(request, obj)
        return may_change and (obj is None or transfers.allows(obj.state, Step.CHANGED))

    def has_delete_permission(self, request: HttpRequest, obj: TransferOrder | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: TransferOrder | None = None) -> Any:
        return ("drafter", "left_at", "expected") if obj else ("from_warehouse", "to_warehouse", "reason")

    def get_readonly_fields(self, request: HttpRequest, obj: TransferOrder | None = None) -> Any:
        return self.get_fields(request, obj) if obj else ()

    def get_inlines(self, request: HttpRequest, obj: TransferOrder | None) -> Any:
        """Lines are typed in while it is a draft; later the page shows them with what became of them."""
        return (LineInline,) if obj is None or self.has_change_permission(request, obj) else ()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.packing_view)
        return [path("<path:object_id>/packing/", view, name="inventory_transferorder_packing"), *super().get_urls()]

    def title_of(self, order: TransferOrder) -> str:
        return str(_("Transfer order %(number)s") % {"number": order.number})

    def version_of(self, order: TransferOrder) -> str:
        return queries.version(order)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        order: TransferOrder | None = kwargs.get("obj")
        if order is not None:
            whole = queries.in_full().get(pk=order.pk)
            page = "admin:inventory_transferproposal_change"
            context |= {
                "order": whole,
                "seen": request.POST.get("seen", self.version_of(whole)),
                "lines": [] if self.has_change_permission(request, order) else _lines(whole),
                "state_label": moves.state(whole),
                "next_step": moves.next_step(whole, clock.now()),
                "timeline": [moves.entry(event) for event in reversed(whole.timeline.all())],
                "why": [{"proposal": one, "url": reverse(page, args=[one.pk])} for one in whole.proposals.all()]
                if request.user.has_perm("inventory.view_transferproposal")
                else [],
                "packing_url": reverse("admin:inventory_transferorder_packing", args=[order.pk]),
            }
        shown: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return shown

    # The form is saved by one operation, once its lines are known too.
    def save_model(self, request: HttpRequest, obj: TransferOrder, form: Any, change: bool) -> None:
        """Nothing yet: `save_related` has the lines."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        order: TransferOrder = form.instance
        lines = [Wanted(one["variant"].pk, one["quantity"]) for formset in formsets for one in formset.kept()]
        if change:
            seen = request.POST.get("seen", "")
            transfers.change_lines(number=order.number, lines=lines, seen=seen, actor=actor(request), at=clock.now())
            return
        made = transfers.draft(
            from_warehouse_id=order.from_warehouse_id, to_warehouse_id=order.to_warehouse_id, lines=lines,
            reason=order.reason, actor=actor(request), at=clock.now(),
        )  # fmt: skip
        order.pk, order.number = made.pk, made.number

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        return [{"added": {}}] if add else [{"changed": {"fields": [str(_("lines"))]}}]

    def packing_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What to put into the parcels, to print, in the language of whoever prints it."""
        if not request.user.has_perm("inventory.view_transferorder"):
            raise PermissionDenied
        key = int(object_id) if object_id.isdecimal() and len(object_id) <= 18 else 0
        order = get_object_or_404(queries.in_full(), pk=key)
        lines: list[dict[str, Any]] = [
            {"row": line, "units": line.quantity if order.state == order.State.DRAFT else line.shipped,
             "name": labels.variant_name(line.variant)}
            for line in order.lines.all()
        ]  # fmt: skip
        context = {
            "order": order,
            "lines": lines,
            "units": sum(one["units"] for one in lines),
            "back": reverse("admin:inventory_transferorder_change", args=[order.pk]),
            "printed_at": clock.now(),
            "LANGUAGE_CODE": translation.get_language() or settings.LANGUAGE_CODE,
            "site_title": settings.UNFOLD["SITE_TITLE"],
        }
        return HttpResponse(render_to_string("inventory/transfer_packing.html", context), headers={"Cache-Control": "no-store"})

    @display(description=gettext_lazy("lane"))
    def way(self, order: TransferOrder) -> str:
        return f"{order.from_warehouse} → {order.to_warehouse}"

    @display(description=gettext_lazy("state"))
    def state_label(self, order: TransferOrder) -> str:
        return moves.state(order)

    @display(description=gettext_lazy("units"))
    def units(self, order: TransferOrder) -> str:
        return f"{order.units or 0:,}"  # type: ignore[attr-defined]  # annotated by the query

    @display(description=gettext_lazy("in transit"))
    def under_way(self, order: TransferOrder) -> str:
        left, arrived, lost = order.left, order.arrived, order.lost_units  # type: ignore[attr-defined]
        moving = (left or 0) - (arrived or 0) - (lost or 0)
        return f"{moving:,}" if moving else "-"

    @display(description=gettext_lazy("expected on"))
    def expected(self, order: TransferOrder) -> str:
        return f"{order.expected_on:%Y-%m-%d}" if order.expected_on else "-"

    @display(description=gettext_lazy("drafted by"))
    def origin(self, order: TransferOrder) -> str:
        return wording.actor(order)

    @display(description=gettext_lazy("drafted by"))
    def drafter(self, order: TransferOrder) -> str:
        return f"{wording.actor(order)} · {wording.plain_moment(order.drafted_at)}"

    @operation_button(
        title=pgettext_lazy("transfer", "Ship"), permission=MAY_MOVE, icon="local_shipping", shown=may(Step.SHIPPED),
        form=transfer_forms.ShipForm,
        explanation=gettext_lazy("Enter what leaves. It is off the shelf at once, and in transit until it is received."),
    )  # fmt: skip
    def ship(self, request: HttpRequest, order: TransferOrder, values: dict[str, Any]) -> None:
        transfers.ship(
            number=order.number, quantities=values["quantities"], expected_on=values["expected_on"], actor=actor(request),
            at=clock.now(),
        )  # fmt: skip

    @operation_button(
        title=pgettext_lazy("goods", "Receive"), permission=MAY_MOVE, icon="inventory_2", shown=may(Step.RECEIVED),
        form=transfer_forms.ReceiveForm,
        explanation=gettext_lazy("Enter what has come. What is missing stays in transit until it comes or is written off."),
    )  # fmt: skip
    def receive(self, request: HttpRequest, order: TransferOrder, values: dict[str, Any]) -> str:
        receipt = transfers.receive(number=order.number, quantities=values["quantities"], actor=actor(request), at=clock.now())
        return _("The goods are on the shelf: %(receipt)s.") % {"receipt": receipt.number}

    @operation_button(
        title=gettext_lazy("Close and write off"), permission=MAY_CORRECT, icon="delete_sweep", shown=may(Step.CLOSED),
        form=ReasonForm, danger=True,
        explanation=gettext_lazy("Nothing more will come. What is still in transit is written off as lost."),
        noted=lambda order, values: values["reason"],
    )  # fmt: skip
    def close(self, request: HttpRequest, order: TransferOrder, values: dict[str, Any]) -> None:
        limits.require(request, sum((line.in_transit * line.unit_cost for line in order.lines.all()), Decimal(0)))
        transfers.close(number=order.number, reason=values["reason"], actor=actor(request), at=clock.now())

    @operation_button(
        title=gettext_lazy("Cancel the transfer"), permission=MAY_PLAN, icon="cancel", shown=may(Step.CANCELED),
        form=ReasonForm, danger=True, noted=lambda order, values: values["reason"],
    )  # fmt: skip
    def cancel(self, request: HttpRequest, order: TransferOrder, values: dict[str, Any]) -> None:
        transfers.cancel(number=order.number, reason=values["reason"], actor=actor(request), at=clock.now())


def _lines(order: TransferOrder) -> list[dict[str, Any]]:
    return [
        {"row": line, "sku": labels.variant_link(line.variant), "name": labels.variant_name(line.variant)}
        for line in order.lines.all()
    ]


def is_open(proposal: TransferProposal) -> bool:
    return proposal.state == State.OPEN


def can_be_undone(proposal: TransferProposal) -> bool:
    return proposal.state == State.DISMISSED or (is_open(proposal) and proposal.override is not None)


@admin.register(TransferProposal)
class TransferProposalAdmin(NamedInAudit, ReadOnlyAdmin, ButtonsAdmin):
    empty_hint = gettext_lazy("What should move between warehouses, weighed each night. Lanes say what may go where.")
    list_display = ("sku", "product", "way", "amount", "cover", "worth", "state_label", "night")
    list_filter: tuple[Any, ...] = (("state", ChoicesDropdownFilter), ("lane__to_warehouse", RelatedDropdownFilter))
    list_select_related = ("variant__product", "lane__from_warehouse", "lane__to_warehouse")
    search_fields = ("variant__sku__istartswith", "variant__product__name")
    search_help_text = gettext_lazy("Search by SKU or product")
    ordering = ("-as_of", "-id")
    actions = ("approve_selected",)
    readonly_fields = ("sku", "product", "way", "state_label", "order", "night", "computed", "by_staff", "decision", "why")
    fieldsets = (
        (None, {"fields": ("sku", "product", "way", "state_label", "order", "night")}),
        (gettext_lazy("Decision"), {"fields": ("computed", "by_staff", "decision")}),
        (gettext_lazy("Why it should move"), {"fields": ("why",)}),
    )

    night = wording.moment_column("as_of", gettext_lazy("computed at"))

    def title_of(self, proposal: TransferProposal) -> str:
        return f"{proposal.variant} · {self.way(proposal)}"

    @display(description=gettext_lazy("SKU"))
    def sku(self, proposal: TransferProposal) -> str:
        return proposal.variant.sku

    @display(description=gettext_lazy("product"))
    def product(self, proposal: TransferProposal) -> str:
        return str(proposal.variant.product)

    @display(description=gettext_lazy("lane"))
    def way(self, proposal: TransferProposal) -> str:
        return f"{proposal.lane.from_warehouse} → {proposal.lane.to_warehouse}"

    @display(description=gettext_lazy("quantity"))
    def amount(self, proposal: TransferProposal) -> str:
        if proposal.override is None:
            return str(proposal.quantity)
        return format_html("<b>{}</b> <s>{}</s>", proposal.override, proposal.quantity)

    @display(description=gettext_lazy("receiver's days of cover"))
    def cover(self, proposal: TransferProposal) -> str:
        told = proposal.explanation["to"]
        return "-" if told["cover_before"] is None else f"{told['cover_before']} → {told['cover_after']}"

    @display(description=gettext_lazy("gain"))
    def worth(self, proposal: TransferProposal) -> str:
        return wording.amount(proposal.gain)

    @display(description=gettext_lazy("state"))
    def state_label(self, proposal: TransferProposal) -> str:
        return wording.label(proposal.get_state_display(), COLORS[State(proposal.state)])

    @display(description=gettext_lazy("transfer order"))
    def order(self, proposal: TransferProposal) -> str:
        if proposal.transfer is None:
            return "-"
        address = reverse("admin:inventory_transferorder_change", args=[proposal.transfer.pk])
        return format_html('<a class="row-link" href="{}">{}</a>', address, proposal.transfer)

    @display(description=gettext_lazy("computed quantity"))
    def computed(self, proposal: TransferProposal) -> str:
        return str(proposal.quantity)

    @display(description=gettext_lazy("quantity set by staff"))
    def by_staff(self, proposal: TransferProposal) -> str:
        if proposal.override is None:
            return "-"
        who = f" · {proposal.override_by}" if proposal.override_by else ""
        return f"{proposal.override} · {proposal.override_reason}{who}"

    @display(description=gettext_lazy("decided"))
    def decision(self, proposal: TransferProposal) -> str:
        if proposal.decided_at is None:
            return "-"
        said = [wording.plain_moment(proposal.decided_at)]
        said += [str(proposal.decided_by)] if proposal.decided_by else []
        return " · ".join([*said, proposal.reason] if proposal.reason else said)

    @display(description="")
    def why(self, proposal: TransferProposal) -> str:
        return moves.table(proposal)

    @operation_button(
        title=gettext_lazy("Approve"), permission=MAY_DECIDE, icon="verified", form=ReasonForm, shown=is_open,
        explanation=gettext_lazy("Makes a draft of a transfer order. The reason stands in the stock ledger."),
        noted=lambda proposal, values: f"{proposal.units} · {values['reason']}",
    )  # fmt: skip
    def approve(self, request: HttpRequest, proposal: TransferProposal, values: dict[str, Any]) -> str:
        (order,) = balancing.approve(proposal_ids=[proposal.pk], reason=values["reason"], actor=actor(request), at=clock.now())
        return _("Transfer order %(number)s is drafted.") % {"number": order.number}

    @operation_button(
        title=gettext_lazy("Set another quantity"), permission=MAY_DECIDE, icon="edit", shown=is_open,
        form=transfer_forms.QuantityForm,
        explanation=gettext_lazy("It is moved instead of the computed quantity. Later nights keep it."),
        noted=lambda proposal, values: f"{proposal.units} → {values['quantity']} · {values['reason']}",
    )  # fmt: skip
    def override(self, request: HttpRequest, proposal: TransferProposal, values: dict[str, Any]) -> None:
        balancing.override(proposal_id=proposal.pk, actor=actor(request), at=clock.now(), **values)

    @operation_button(
        title=pgettext_lazy("transfer proposal", "Undo"), permission=MAY_DECIDE, icon="undo", shown=can_be_undone,
        noted=lambda proposal, values: f"{proposal.units} → {proposal.quantity}",
    )  # fmt: skip
    def undo(self, request: HttpRequest, proposal: TransferProposal) -> None:
        balancing.undo(proposal_id=proposal.pk, actor=actor(request), at=clock.now())

    @operation_button(
        title=pgettext_lazy("transfer proposal", "Dismiss"), permission=MAY_DECIDE, icon="block", form=ReasonForm,
        shown=is_open, danger=True, explanation=gettext_lazy("The SKU is not proposed on this lane for fourteen days."),
        noted=lambda proposal, values: f"{proposal.units} → 0 · {values['reason']}",
    )  # fmt: skip
    def dismiss(self, request: HttpRequest, proposal: TransferProposal, values: dict[str, Any]) -> None:
        balancing.dismiss(proposal_id=proposal.pk, actor=actor(request), at=clock.now(), **values)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_DECIDE)

    @admin.action(description=gettext_lazy("Approve the selected proposals"), permissions=["decide"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[TransferProposal]) -> HttpResponse | None:
        """One transfer order for each lane, after asking for the reason."""
        form = ReasonForm(request.POST if "apply" in request.POST else None, row=None)
        rows = list(queryset.select_related("variant", "lane__from_warehouse", "lane__to_warehouse"))
        chosen = [proposal.pk for proposal in rows]
        if "apply" in request.POST and form.is_valid():
            reason = form.cleaned_data["reason"]
            answer = attempt(
                request,
                lambda: balancing.approve(proposal_ids=chosen, reason=reason, actor=actor(request), at=clock.now()),
            )
            if answer is not None:
                for proposal in rows:
                    self.log_change(request, proposal, wording.noted(gettext_lazy("Approve"), f"{proposal.units} · {reason}"))
                made = len(answer.value)
                told = ngettext("%(count)s transfer order is drafted.", "%(count)s transfer orders are drafted.", made)
                messages.success(request, told % {"count": made})
                return None
        count = len(chosen)
        told = ngettext("%(count)s proposal is selected.", "%(count)s proposals are selected.", count) % {"count": count}
        context = {
            **self.admin_site.each_context(request),
            "title": _("Approve the selected proposals"),
            "form": form,
            "chosen": chosen,
            "action": "approve_selected",
            "explanation": f"{told} {_('The reason stands in the stock ledger.')}",
            "submit": _("Approve"),
            "back": reverse("admin:inventory_transferproposal_changelist") + "?state__exact=OPEN",
        }
        return TemplateResponse(request, "admin/inventory/transferproposal/approve_selected.html", context)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.propose_view)
        return [path("propose/", view, name="inventory_transferproposal_propose"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        may_ask = request.user.has_perm(MAY_DECIDE)
        more = {"propose_url": reverse("admin:inventory_transferproposal_propose")} if may_ask else {}
        page: HttpResponse = super().changelist_view(request, {**more, **(extra_context or {})})
        return page

    def propose_view(self, request: HttpRequest) -> HttpResponse:
        """Asks for a run of the nightly job; the proposals are there when a worker has done it."""
        if not request.user.has_perm(MAY_DECIDE):
            raise PermissionDenied
        back = reverse("admin:inventory_transferproposal_changelist") + "?state__exact=OPEN"
        if request.method == "POST" and attempt(request, lambda: jobs.request(name=JOB, actor=actor(request), at=clock.now())):
            messages.success(request, _("The proposals are computed within a minute."))
            return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Compute the proposals now"),
            "form": ButtonForm(row=None),
            "explanation": _("This is done each night by itself. Where nothing has changed since, nothing changes."),
            "submit": _("Compute now"),
            "back": back,
        }
        return TemplateResponse(request, "admin/_form_page.html", context)
