"""The page on which a supplier confirms a purchase order: no login, a signed link that ends, and few requests a minute."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import override

from config.kernel import clock, throttling, waits
from config.kernel.accounts import client_address
from config.kernel.errors import DomainError
from inventory import lifecycle
from inventory.admin.purchase_forms import ConfirmedLines
from inventory.lifecycle import Step
from inventory.models import PurchaseOrder, SupplierConfirmation
from inventory.operations import confirming
from inventory.queries import purchases, supplier_links
from inventory.queries.supplier_links import BadLink

REQUESTS_PER_ADDRESS = 30


class SupplierForm(ConfirmedLines, forms.Form):
    def __init__(self, *args: Any, order: PurchaseOrder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask(order)


def confirm_purchase(request: HttpRequest, token: str) -> HttpResponse:
    """Shows what is still to come, and keeps what the supplier says about it. In the supplier's language."""
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    at = clock.now()
    if not throttling.within(f"confirm:{client_address(request)}", REQUESTS_PER_ADDRESS, moment=at.timestamp()):
        return _page(request, {"refusal": _("Too many requests. Please try again in a minute.")}, status=429)
    try:
        number = supplier_links.number_of(token=token, at=at)
    except BadLink as refusal:
        return _page(request, {"refusal": str(refusal)}, status=404)
    order = purchases.by_number(number)
    if order is None:
        return _page(request, {"refusal": _("This link is not valid any more. Please ask for a new one.")}, status=404)
    with override(order.supplier.language):
        return _confirm(request, order)


def _confirm(request: HttpRequest, order: PurchaseOrder) -> HttpResponse:
    if not lifecycle.allows(order.state, Step.CONFIRMED):
        return _page(request, {"order": order, "refusal": _("There is nothing to confirm at present.")}, status=409)
    form = SupplierForm(request.POST or None, order=order)
    if request.method == "POST" and form.is_valid():
        try:
            with waits.refusing():
                confirming.confirm(
                    number=order.number,
                    lines=form.confirmed(form.cleaned_data),
                    note=form.cleaned_data["note"],
                    source=SupplierConfirmation.Source.LINK,
                    actor=None,
                    at=clock.now(),
                )
            return _page(request, {"order": order, "is_done": True})
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    return _page(request, {"order": order, "form": form}, status=400 if form.errors else 200)


def _page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    answer = render(request, "inventory/confirm.html", context, status=status)
    # The address is the key: it is kept by nobody on the way, and told to no other site. To this one it has to be: where a page
    # tells nobody, browsers send its form with the origin `null`, and that is refused as a forgery.
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "same-origin"
    answer["X-Robots-Tag"] = "noindex"
    return answer
