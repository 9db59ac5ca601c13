"""Whom the shop knows. The storefront writes customers; staff look them up, correct them and write down what they agreed to."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import validate_email
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from unfold.decorators import display

from campaigns.models import Consent, Customer
from campaigns.models.customer import SEES_PERSONAL
from campaigns.operations import customers
from campaigns.queries import customers as queries
from config.kernel import clock
from config.kernel.accesses import Deed
from config.kernel.admin import downloading, wording
from config.kernel.admin.buttons import ButtonForm, ButtonsAdmin, actor, operation_button
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import ReadOnlyAdmin
from config.kernel.admin.seeing import TellsOfPeople, seen
from config.kernel.admin.tables import TableAdmin, narrowed

PERSONAL = ("name", "phone", "email")
MAY_CORRECT = "campaigns.change_customer"
MAY_STATE = "campaigns.add_consent"


class CorrectForm(ButtonForm):
    name = forms.CharField(label=gettext_lazy("name"), max_length=100, required=False)
    phone = forms.CharField(label=gettext_lazy("phone"), max_length=20, required=False)
    email = forms.CharField(label=gettext_lazy("email"), max_length=254, required=False, validators=[validate_email])

    def prepare(self, row: Customer) -> None:
        for name, field in self.fields.items():
            field.initial = getattr(row, name)


class ConsentForm(ButtonForm):
    channel = forms.ChoiceField(label=pgettext_lazy("consent", "channel"), choices=Consent.Channel.choices)
    purpose = forms.ChoiceField(label=gettext_lazy("purpose"), choices=Consent.Purpose.choices)
    is_given = forms.TypedChoiceField(
        label=gettext_lazy("consent"),
        choices=[("yes", pgettext_lazy("consent", "given")), ("no", pgettext_lazy("consent", "withdrawn"))],
        coerce=lambda value: value == "yes",
    )
    text_version = forms.CharField(
        label=gettext_lazy("version of the text"), max_length=40, help_text=gettext_lazy("The words the customer agreed to.")
    )
    source = forms.CharField(
        label=gettext_lazy("source"), max_length=40, help_text=gettext_lazy("Where it was said: sign-up, checkout, phone.")
    )


def is_known(customer: Customer) -> bool:
    return customer.erased_at is None


@admin.register(Customer)
class CustomerAdmin(TellsOfPeople, TableAdmin, ReadOnlyAdmin, ButtonsAdmin):
    """Roles that neither speak nor send to customers see who is who, and no address in full."""

    personal_permission = SEES_PERSONAL
    change_form_outer_after_template = "admin/campaigns/customer/_history.html"
    empty_hint = gettext_lazy("Customers come from the storefront, with their first order or when it makes them known.")
    list_display = ("external_id", "name", "phone", "email", "joined")
    list_filter: tuple[Any, ...] = (("created_at", BusinessDaysFilter),)
    search_fields = ("external_id",)
    search_help_text = gettext_lazy("Search by the beginning of the customer id, name, phone or e-mail")
    ordering = ("-created_at", "-id")
    actions = None

    joined = wording.moment_column("created_at", pgettext_lazy("customer", "known since"))
    erased = wording.moment_column("erased_at", pgettext_lazy("customer", "erased at"))

    def title_of(self, customer: Customer) -> str:
        return customer.external_id

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        shown = super().get_changelist_instance(request)
        if not request.user.has_perm(SEES_PERSONAL):
            shown.search_help_text = _("Search by customer id")
        return shown

    def table_heading(self, request: HttpRequest) -> list[Any]:
        return [
            _("customer id"), pgettext("person", "name"), _("phone"), _("email"), pgettext("customer", "known since"),
        ]  # fmt: skip

    def table_row(self, request: HttpRequest, customer: Customer) -> list[Any]:
        if request.user.has_perm(SEES_PERSONAL):
            told = (customer.name, customer.phone, customer.email)
        else:
            told = (self.masked_name(customer), self.masked_phone(customer), self.masked_email(customer))
        return [customer.external_id, *told, wording.plain_moment(customer.created_at)]

    def get_list_display(self, request: HttpRequest) -> Any:
        return self._shown(request, super().get_list_display(request))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self._shown(
            request, ("external_id", "name", "phone", "email", "joined", *(("erased",) if obj and obj.erased_at else ()))
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("joined", "erased", "masked_name", "masked_phone", "masked_email")

    def _shown(self, request: HttpRequest, fields: Any) -> list[str]:
        if request.user.has_perm(SEES_PERSONAL):
            return list(fields)
        return [f"masked_{name}" if name in PERSONAL else name for name in fields]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Customer], search_term: str
    ) -> tuple[QuerySet[Customer], bool]:
        asked = search_term.strip()
        if not asked or "\0" in asked:
            return queryset, False
        return queries.searched(queryset, asked, also_personal=request.user.has_perm(SEES_PERSONAL)), False

    @display(description=gettext_lazy("name"))
    def masked_name(self, customer: Customer) -> str:
        return wording.masked(customer.name)

    @display(description=gettext_lazy("phone"))
    def masked_phone(self, customer: Customer) -> str:
        return wording.masked(customer.phone, kept=3)

    @display(description=gettext_lazy("email"))
    def masked_email(self, customer: Customer) -> str:
        return wording.masked(customer.email)

    def table_view(self, request: HttpRequest) -> HttpResponseBase:
        answer = super().table_view(request)
        if answer.streaming and self.sees_people(request):
            people = downloading.length(self.get_changelist_instance(request).queryset)
            seen(request, Deed.DOWNLOADED, Customer, people=people, details=narrowed(request))
        return answer

    @operation_button(
        title=gettext_lazy("Correct"), permission=MAY_CORRECT, icon="edit", form=CorrectForm, shown=is_known
    )  # fmt: skip
    def correct(self, request: HttpRequest, customer: Customer, values: dict[str, Any]) -> str:
        customers.upsert(external_id=customer.external_id, at=clock.now(), **values)
        return _("The customer is corrected.")

    @operation_button(
        title=gettext_lazy("Write down a consent"),
        permission=MAY_STATE,
        icon="fact_check",
        form=ConsentForm,
        shown=is_known,
        explanation=gettext_lazy(
            "What the customer said stays on record for good. A change of mind is a statement of its own."
        ),
    )
    def state_consent(self, request: HttpRequest, customer: Customer, values: dict[str, Any]) -> str:
        customers.state_consent(external_id=customer.external_id, actor=actor(request), at=clock.now(), **values)
        return _("The consent is written down.")

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        customer = kwargs.get("obj")
        if customer is not None:
            history = queries.history(customer)
            context |= {
                "history": history,
                "redemptions": [(one, wording.amount(one.amount)) for one in history.redemptions],
                "sees_promotions": request.user.has_perm("campaigns.view_promotion"),
            }
        return super().render_change_form(request, context, *args, **kwargs)
