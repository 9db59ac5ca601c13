"""What the replenishment proposes, with every figure behind each proposal."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from config.kernel import clock, jobs, shop
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonForm, ButtonsAdmin, ReasonForm, actor, attempt, operation_button
from config.kernel.admin.house import ReadOnlyAdmin
from config.kernel.admin.navigation import Link, add_group
from inventory.admin import costs, explaining, figures, grouping, labels
from inventory.admin.auditing import NamedInAudit
from inventory.admin.policies import AS_ITS_CLASS, MAY_CHANGE, SERVICE_HELP, SERVICE_LEVEL, PercentField
from inventory.models import PolicyChange, ReorderPolicy, ReplenishmentProposal, Supplier, Warehouse
from inventory.operations import replenishment, service_levels
from inventory.operations.purchase_steps import MOST_UNITS

State = ReplenishmentProposal.State
MAY_DECIDE = "inventory.change_replenishmentproposal"
JOB = "inventory.propose_replenishment"
COLORS = {State.OPEN: "info", State.ORDERED: "success", State.DISMISSED: "warning", State.SUPERSEDED: ""}

add_group(
    gettext_lazy("Replenishment"),
    [
        Link(
            gettext_lazy("Replenishment proposals"),
            "shopping_cart_checkout",
            "admin:inventory_replenishmentproposal_changelist",
            "inventory.view_replenishmentproposal",
            "?state__exact=OPEN",
        ),
        Link(
            gettext_lazy("Proposals by supplier"),
            "local_shipping",
            "admin:inventory_replenishmentproposal_suppliers",
            "inventory.view_replenishmentproposal",
        ),
        Link(
            gettext_lazy("Reorder policies"), "tune", "admin:inventory_reorderpolicy_changelist", "inventory.view_reorderpolicy"
        ),
        Link(
            gettext_lazy("Service classes"),
            "workspace_premium",
            "admin:inventory_serviceclass_changelist",
            "inventory.view_serviceclass",
        ),
        Link(
            gettext_lazy("Cost figures and limits"),
            "account_balance_wallet",
            "admin:inventory_stockingrules_changelist",
            "inventory.view_stockingrules",
        ),
        Link(
            gettext_lazy("Supplier offers"), "sell", "admin:inventory_supplieroffer_changelist", "inventory.view_supplieroffer"
        ),
    ],
    order=25,
)


class QuantityForm(ReasonForm):
    quantity = forms.IntegerField(label=gettext_lazy("Quantity"), min_value=1, max_value=MOST_UNITS)
    field_order = ("quantity", "reason")

    def prepare(self, proposal: ReplenishmentProposal) -> None:
        self.fields["quantity"].initial = proposal.units


class NightForm(ButtonForm):
    as_of = forms.DateField(
        label=gettext_lazy("Day"),
        required=False,
        help_text=gettext_lazy("Demand is counted up to the day before. Empty: today. Stock is always that of now."),
    )

    def clean_as_of(self) -> date | None:
        day: date | None = self.cleaned_data["as_of"]
        if day is not None and day > shop.day(clock.now()):
            raise forms.ValidationError(_("The day lies in the future: demand is only known up to yesterday."))
        return day


class LevelForm(ReasonForm):
    level = PercentField(label=SERVICE_LEVEL, required=False, help_text=format_lazy("{} {}", SERVICE_HELP, AS_ITS_CLASS))
    field_order = ("level", "reason")

    def prepare(self, proposal: ReplenishmentProposal) -> None:
        self.fields["level"].initial = Decimal(str(proposal.explanation["terms"]["service_level"]))


def is_open(proposal: ReplenishmentProposal) -> bool:
    return proposal.state == State.OPEN and (proposal.line_id is not None or proposal.is_suggestion)


def policy_of(proposal: ReplenishmentProposal) -> ReorderPolicy | None:
    """Asked once for a page, with its last change."""
    if "policy" not in proposal.__dict__:
        found = ReorderPolicy.objects.filter(variant=proposal.variant_id, warehouse=proposal.warehouse_id).first()
        proposal.__dict__["policy"] = found
    found = proposal.__dict__["policy"]
    return found if isinstance(found, ReorderPolicy) else None


def last_change(proposal: ReplenishmentProposal) -> PolicyChange | None:
    """The change of the service level that may be taken back."""
    policy = policy_of(proposal)
    if policy is None:
        return None
    if "last_change" not in proposal.__dict__:
        proposal.__dict__["last_change"] = policy.changes.order_by("-id").first()
    found = proposal.__dict__["last_change"]
    return found if isinstance(found, PolicyChange) and found.after == policy.service_level else None


def said_of(done: replenishment.Proposed) -> str:
    """What a new service level has changed."""
    if done.superseded or done.opened:
        return _("The service level was changed, and the proposal was made anew.")
    return _("The service level was changed; the proposal stays as it is.")


def told_level(level: Decimal | None) -> str:
    return "-" if level is None else explaining.percent(level)


@admin.register(ReplenishmentProposal)
class ReplenishmentProposalAdmin(NamedInAudit, ReadOnlyAdmin, ButtonsAdmin):
    empty_hint = gettext_lazy("What the shop proposes to buy, computed each night from the reorder policies.")
    list_display = ("sku", "product", "warehouse", "supplier", "amount", "cover", "state_label", "order", "night")
    list_filter: tuple[Any, ...] = (
        ("state", ChoicesDropdownFilter),
        ("warehouse", RelatedDropdownFilter),
        ("offer__supplier", RelatedDropdownFilter),
    )
    list_select_related = ("variant__product", "warehouse", "offer__supplier", "line__purchase_order")
    search_fields = ("variant__sku__istartswith", "variant__product__name")
    search_help_text = gettext_lazy("Search by SKU or product")
    ordering = ("-as_of", "-id")
    actions = None
    readonly_fields = (
        *("sku", "product", "warehouse", "supplier", "state_label", "order", "night"),
        *("computed", "by_staff", "decision", "why"),
    )
    fieldsets = (
        (None, {"fields": ("sku", "product", "warehouse", "supplier", "state_label", "order", "night")}),
        (gettext_lazy("Decision"), {"fields": ("computed", "by_staff", "decision")}),
        (gettext_lazy("Why so much"), {"fields": ("why",)}),
    )

    night = wording.moment_column("as_of", gettext_lazy("computed at"))

    def title_of(self, proposal: ReplenishmentProposal) -> str:
        return f"{proposal.variant} · {proposal.warehouse}"

    @display(description=gettext_lazy("SKU"))
    def sku(self, proposal: ReplenishmentProposal) -> str:
        return proposal.variant.sku

    @display(description=gettext_lazy("product"))
    def product(self, proposal: ReplenishmentProposal) -> str:
        return str(proposal.variant.product)

    @display(description=gettext_lazy("supplier"))
    def supplier(self, proposal: ReplenishmentProposal) -> str:
        return str(proposal.offer.supplier)

    @display(description=gettext_lazy("quantity"))
    def amount(self, proposal: ReplenishmentProposal) -> str:
        if proposal.override is None:
            return str(proposal.quantity)
        return format_html("<b>{}</b> <s>{}</s>", proposal.override, proposal.quantity)

    @display(description=gettext_lazy("days of cover"))
    def cover(self, proposal: ReplenishmentProposal) -> str:
        days = proposal.explanation["plan"]["days_of_cover"]
        return "-" if days is None else str(days)

    @display(description=gettext_lazy("state"))
    def state_label(self, proposal: ReplenishmentProposal) -> str:
        if proposal.is_suggestion and proposal.state == State.OPEN:
            return wording.label(pgettext("proposal", "suggested"), "warning")
        return wording.label(proposal.get_state_display(), COLORS[State(proposal.state)])

    @display(description=gettext_lazy("purchase order"))
    def order(self, proposal: ReplenishmentProposal) -> str:
        if proposal.line is None:
            return ""
        purchase = proposal.line.purchase_order
        address = reverse("admin:inventory_purchaseorder_change", args=[purchase.pk])
        return format_html('<a class="row-link" href="{}">{}</a>', address, purchase)

    @display(description=gettext_lazy("computed quantity"))
    def computed(self, proposal: ReplenishmentProposal) -> str:
        return str(proposal.quantity)

    @display(description=gettext_lazy("quantity set by staff"))
    def by_staff(self, proposal: ReplenishmentProposal) -> str:
        if proposal.override is None:
            return "-"
        return f"{proposal.override} · {labels.override_reason(proposal)}" + (
            f" · {proposal.override_by}" if proposal.override_by else ""
        )

    @display(description=gettext_lazy("decided"))
    def decision(self, proposal: ReplenishmentProposal) -> str:
        if proposal.decided_at is None:
            return "-"
        said = [wording.plain_moment(proposal.decided_at)]
        said += [str(proposal.decided_by)] if proposal.decided_by else []
        if proposal.state == State.DISMISSED:
            said.append(proposal.reason or _("taken out of the draft of the purchase order"))
        return " · ".join(said)

    @display(description="")
    def why(self, proposal: ReplenishmentProposal) -> str:
        return figures.table(proposal.explanation, is_open=is_open(proposal))

    @operation_button(
        title=gettext_lazy("Take it into a purchase order"), permission=MAY_DECIDE, icon="add_shopping_cart",
        shown=lambda proposal: is_open(proposal) and proposal.is_suggestion,
        noted=lambda proposal, values: f"{proposal.units}",
    )  # fmt: skip
    def accept(self, request: HttpRequest, proposal: ReplenishmentProposal) -> None:
        replenishment.accept(proposal_id=proposal.pk, actor=actor(request), at=clock.now())

    @operation_button(
        title=gettext_lazy("Set another quantity"), permission=MAY_DECIDE, icon="edit", form=QuantityForm, shown=is_open,
        explanation=gettext_lazy(
            "It is bought instead of the computed quantity. Later nights keep it until the purchase order is approved."
        ),
        noted=lambda proposal, values: f"{proposal.units} → {values['quantity']} · {values['reason']}",
    )  # fmt: skip
    def override(self, request: HttpRequest, proposal: ReplenishmentProposal, values: dict[str, Any]) -> None:
        replenishment.override(proposal_id=proposal.pk, actor=actor(request), at=clock.now(), **values)

    @operation_button(
        title=gettext_lazy("Back to the computed quantity"), permission=MAY_DECIDE, icon="undo",
        shown=lambda proposal: is_open(proposal) and proposal.override is not None,
        noted=lambda proposal, values: f"{proposal.units} → {proposal.quantity}",
    )  # fmt: skip
    def undo_override(self, request: HttpRequest, proposal: ReplenishmentProposal) -> None:
        replenishment.undo_override(proposal_id=proposal.pk, actor=actor(request), at=clock.now())

    @operation_button(
        title=pgettext_lazy("proposal", "Dismiss"), permission=MAY_DECIDE, icon="block", form=ReasonForm, shown=is_open,
        danger=True, explanation=gettext_lazy(
            "Its line is taken out of the draft. The same need is not proposed again until the days to cover have passed."
        ),
        noted=lambda proposal, values: f"{proposal.units} → 0 · {values['reason']}",
    )  # fmt: skip
    def dismiss(self, request: HttpRequest, proposal: ReplenishmentProposal, values: dict[str, Any]) -> None:
        replenishment.dismiss(proposal_id=proposal.pk, actor=actor(request), at=clock.now(), **values)

    @operation_button(
        title=gettext_lazy("Change the service level"), permission=MAY_CHANGE, icon="tune", form=LevelForm,
        shown=lambda proposal: is_open(proposal) and policy_of(proposal) is not None, quiet=lambda proposal: True,
        explanation=gettext_lazy("Counts for this SKU in this warehouse from now on. What to buy is computed at once."),
        noted=lambda proposal, values: (
            f"{explaining.percent(proposal.explanation['terms']['service_level'])} → {told_level(values['level'])}"
            f" · {values['reason']}"
        ),
    )  # fmt: skip
    def change_level(self, request: HttpRequest, proposal: ReplenishmentProposal, values: dict[str, Any]) -> str:
        policy = policy_of(proposal)
        done = service_levels.change(
            policy_id=policy.pk if policy else 0, level=values["level"], reason=values["reason"], actor=actor(request),
            at=clock.now(),
        )  # fmt: skip
        return said_of(done)

    @operation_button(
        title=gettext_lazy("Back to the service level before"), permission=MAY_CHANGE, icon="settings_backup_restore",
        form=ReasonForm, shown=lambda proposal: last_change(proposal) is not None, quiet=lambda proposal: True,
        noted=lambda proposal, values: (
            f"{told_level(change.after)} → {told_level(change.before)} · {values['reason']}"
            if (change := last_change(proposal)) else ""
        ),
    )  # fmt: skip
    def undo_level(self, request: HttpRequest, proposal: ReplenishmentProposal, values: dict[str, Any]) -> str:
        policy = policy_of(proposal)
        done = service_levels.undo(
            policy_id=policy.pk if policy else 0, reason=values["reason"], actor=actor(request), at=clock.now()
        )
        return said_of(done)

    def get_urls(self) -> list[URLPattern]:
        propose = self.admin_site.admin_view(self.propose_view)
        suppliers = self.admin_site.admin_view(self.suppliers_view)
        return [
            path("propose/", propose, name="inventory_replenishmentproposal_propose"),
            path("suppliers/", suppliers, name="inventory_replenishmentproposal_suppliers"),
            path(
                "suppliers/<int:supplier_id>/<int:warehouse_id>/accept/",
                self.admin_site.admin_view(self.accept_all_view),
                name="inventory_replenishmentproposal_accept_all",
            ),
            *super().get_urls(),
        ]

    def suppliers_view(self, request: HttpRequest) -> HttpResponse:
        """What is proposed, by supplier and warehouse: each draft with what keeps it, and the suggestions beside it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Proposals by supplier"),
            "groups": grouping.groups(clock.now(), sees_costs=costs.sees(request)),
            "sees_costs": costs.sees(request),
            "may_decide": request.user.has_perm(MAY_DECIDE),
            "list_url": reverse("admin:inventory_replenishmentproposal_changelist") + "?state__exact=OPEN",
        }
        return TemplateResponse(request, "admin/inventory/replenishmentproposal/suppliers.html", context)

    def accept_all_view(self, request: HttpRequest, supplier_id: int, warehouse_id: int) -> HttpResponse:
        """Asks once, then takes all that is suggested for one supplier and warehouse into its draft."""
        if not request.user.has_perm(MAY_DECIDE):
            raise PermissionDenied
        supplier, warehouse = get_object_or_404(Supplier, pk=supplier_id), get_object_or_404(Warehouse, pk=warehouse_id)
        back = reverse("admin:inventory_replenishmentproposal_suppliers")
        if request.method == "POST":
            done = attempt(
                request,
                lambda: replenishment.accept_all(
                    supplier_id=supplier.pk, warehouse_id=warehouse.pk, actor=actor(request), at=clock.now()
                ),
            )
            if done is not None:
                told = ngettext(
                    "%(count)s suggestion stands in the draft now. Approve it there.",
                    "%(count)s suggestions stand in the draft now. Approve it there.",
                    done.value,
                )
                messages.success(request, told % {"count": done.value})
            return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": f"{supplier} → {warehouse}",
            "form": ButtonForm(row=None),
            "explanation": _(
                "All that is suggested here is put into the draft for this supplier, where it waits for approval."
            ),
            "submit": _("Take it into a purchase order"),
            "back": back,
        }
        return TemplateResponse(request, "admin/_form_page.html", context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        may = request.user.has_perm(MAY_DECIDE)
        more = {"propose_url": reverse("admin:inventory_replenishmentproposal_propose")} if may else {}
        page: HttpResponse = super().changelist_view(request, {**more, **(extra_context or {})})
        return page

    def propose_view(self, request: HttpRequest) -> HttpResponse:
        """Asks for a run of the nightly job; the proposals are there when a worker has done it."""
        if not request.user.has_perm(MAY_DECIDE):
            raise PermissionDenied
        back = reverse("admin:inventory_replenishmentproposal_changelist") + "?state__exact=OPEN"
        form = NightForm(request.POST or None, row=None)
        if request.method == "POST" and form.is_valid():
            day = form.cleaned_data["as_of"]
            arguments = {"as_of": day.isoformat()} if day else {}
            if attempt(request, lambda: jobs.request(name=JOB, arguments=arguments, actor=actor(request), at=clock.now())):
                messages.success(request, _("The proposals are computed within a minute."))
                return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Compute the proposals now"),
            "form": form,
            "explanation": _("This is done each night by itself. Where nothing has changed since, nothing changes."),
            "submit": _("Compute now"),
            "back": back,
        }
        return TemplateResponse(request, "admin/_form_page.html", context)
