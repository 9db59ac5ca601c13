"""What is kept of a person: taken out for them, and erased when they ask for it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from analytics.models import Erasure
from analytics.operations import erasing, persons
from campaigns.models import Customer
from config.kernel import clock
from config.kernel.admin import slips, wording
from config.kernel.admin.buttons import actor, attempt
from config.kernel.admin.house import ReadOnlyAdmin
from config.kernel.admin.row_links import RowLink, add_row_link
from config.kernel.admin.seeing import address_of

MAY_EXPORT = "analytics.export_person"
MAY_ERASE = "analytics.erase_person"


class ErasureForm(forms.Form):
    reason = forms.CharField(
        label=pgettext_lazy("why", "Reason"),
        max_length=erasing.LONGEST_REASON,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Kept for good: say when and how it was asked for, not who asked."),
    )
    confirmation = forms.CharField(
        label=gettext_lazy("customer id"),
        max_length=64,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Type the id of the customer to erase."),
    )

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._customer = customer

    def clean_confirmation(self) -> str:
        typed = str(self.cleaned_data["confirmation"]).strip()
        if typed != self._customer.external_id:
            raise forms.ValidationError(_("This is not the id of this customer."))
        return typed


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    list_display = ("erased", "who", "reason", "orders", "visits", "events", "swept", "by")
    list_display_links = ("erased",)
    list_select_related = ("customer", "actor")
    ordering = ("-erased_at", "-id")
    sortable_by = ()
    actions = None
    empty_hint = gettext_lazy("Persons who asked to be erased. An owner does it from the page of the customer.")
    fields = ("erased", "who", "reason", "orders", "visits", "events", "swept", "by")
    readonly_fields = fields

    erased = wording.moment_column("erased_at", pgettext_lazy("customer", "erased at"))
    swept = wording.moment_column("swept_at", gettext_lazy("all events reached at"))

    def title_of(self, erasure: Erasure) -> str:
        return erasure.customer.external_id

    @display(description=gettext_lazy("customer"))
    def who(self, erasure: Erasure) -> str:
        address = reverse("admin:campaigns_customer_change", args=[erasure.customer_id])
        return format_html('<a href="{}">{}</a>', address, erasure.customer.external_id)

    @display(description=gettext_lazy("actor"))
    def by(self, erasure: Erasure) -> str:
        return str(erasure.actor or "-")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("export/<int:customer_id>/", wrap(self.export_view), name="analytics_erasure_export"),
            path("erase/<int:customer_id>/", wrap(self.erase_view), name="analytics_erasure_erase"),
            *super().get_urls(),
        ]

    def export_view(self, request: HttpRequest, customer_id: int) -> HttpResponse:
        if not request.user.has_perms(("campaigns.view_customer", MAY_EXPORT)):
            raise PermissionDenied
        customer = get_object_or_404(Customer, pk=customer_id)
        if request.method == "POST":
            packed = persons.export(customer_id=customer.pk, actor=actor(request), at=clock.now(), address=address_of(request))
            answer = HttpResponse(packed, content_type="application/zip")
            answer["Content-Disposition"] = f'attachment; filename="customer-{customer.pk}.zip"'
            answer["Cache-Control"] = "no-store"
            return answer
        return self._asked(
            request,
            customer,
            title=_("All that is known of %(customer)s"),
            explanation=_(
                "A ZIP of JSON files for the customer: name and addresses, consents, orders with payments and returns, visits "
                "and what was done in them. Staff are left out. The access log keeps that you took it out."
            ),
            submit=_("Download"),
        )

    def erase_view(self, request: HttpRequest, customer_id: int) -> HttpResponse:
        if not request.user.has_perms(("campaigns.view_customer", MAY_ERASE)):
            raise PermissionDenied
        customer = get_object_or_404(Customer, pk=customer_id)
        back = reverse("admin:campaigns_customer_change", args=[customer.pk])
        if customer.erased_at is not None:
            messages.info(request, _("This customer was erased before."))
            return HttpResponseRedirect(back)
        form = ErasureForm(request.POST or None, customer=customer)
        if request.method == "POST" and form.is_valid():

            def deed() -> Erasure:
                return erasing.erase(
                    customer_id=customer.pk,
                    reason=form.cleaned_data["reason"],
                    actor=actor(request),
                    at=clock.now(),
                    address=address_of(request),
                )

            try:
                done = attempt(request, lambda: slips.spend(request, deed))
            except slips.Spent as spent:
                messages.warning(request, str(spent))
                return HttpResponseRedirect(back)
            if done is not None:
                messages.success(request, _("The customer is erased."))
                return HttpResponseRedirect(back)
        return self._asked(
            request,
            customer,
            title=_("Erase %(customer)s"),
            explanation=_(
                "For good: name, phone, e-mail, addresses and notes go, segments are left, visits belong to nobody. Numbers, "
                "goods and amounts of orders, payments and consents stay, as the law asks for. Nothing brings the person back."
            ),
            submit=pgettext("person", "Erase"),
            danger=True,
            form=form,
            hidden={slips.FIELD: slips.kept(request)},
        )

    def _asked(self, request: HttpRequest, customer: Customer, *, title: str, **shown: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title % {"customer": customer.external_id},
            "back": reverse("admin:campaigns_customer_change", args=[customer.pk]),
            **shown,
        }
        return TemplateResponse(request, "admin/_form_page.html", context)


def _link(title: Any, icon: str, permission: str, name: str) -> RowLink:
    return RowLink(title, icon, ("campaigns.view_customer", permission), lambda customer: reverse(name, args=[customer.pk]))


add_row_link(
    "campaigns.customer",
    _link(gettext_lazy("Take out all that is known"), "folder_zip", MAY_EXPORT, "admin:analytics_erasure_export"),
)
add_row_link(
    "campaigns.customer", _link(pgettext_lazy("person", "Erase"), "person_off", MAY_ERASE, "admin:analytics_erasure_erase")
)
