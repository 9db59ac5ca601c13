"""API tokens: who holds one, what it may do, and the one moment in which a new one can be read."""

from datetime import timedelta
from typing import Any

import knox.admin  # noqa: F401  registers AuthToken, which is taken over below
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from knox.models import AuthToken
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from config.kernel import clock, tokens
from config.kernel.admin import slips, wording
from config.kernel.admin.buttons import actor, attempt
from config.kernel.admin.house import ReadOnlyAdmin
from config.kernel.models import TokenScope

MAY_ISSUE = "knox.add_authtoken"
MAY_REVOKE = "knox.delete_authtoken"


class IssueForm(forms.Form):
    account = forms.CharField(
        label=gettext_lazy("Service account"),
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Made when it does not exist. A member of staff gets no token."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"),
        choices=TokenScope.Scope.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy(
            "Storefront: quotes, places and reads orders. Integration: reads and writes everything. "
            "Read-only: reads everything, writes nothing. Feeds: figures for spreadsheets and reports, nothing else."
        ),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Days until it expires"),
        required=False,
        min_value=1,
        max_value=3650,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=gettext_lazy("Empty: it does not expire."),
    )


admin.site.unregister(AuthToken)


@admin.register(AuthToken)
class TokenAdmin(ReadOnlyAdmin):
    """Tokens are named by their first characters; the digest, which is their key, stays out of pages and addresses."""

    called = (gettext_lazy("API token"), gettext_lazy("API tokens"))
    list_display = ("account", "begins_with", "scope_labels", "issued", "expires_at", "revoke")
    list_display_links = ("account",)
    search_fields = ("user__username",)
    search_help_text = gettext_lazy("Search by account")
    list_select_related = ("user",)
    ordering = ("-created",)
    empty_hint = gettext_lazy("Tokens that let programs use the shop: the storefront, or a connection to another system.")
    actions = None

    issued = wording.moment_column("created", gettext_lazy("created at"))

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("scopes")

    def get_list_display(self, request: HttpRequest) -> Any:
        return [one for one in super().get_list_display(request) if one != "revoke" or request.user.has_perm(MAY_REVOKE)]

    @display(description=gettext_lazy("account"), ordering="user__username")
    def account(self, token: AuthToken) -> str:
        return str(token.user.get_username())

    @display(description=gettext_lazy("begins with"))
    def begins_with(self, token: AuthToken) -> str:
        return format_html("<code>{}…</code>", token.token_key[:8])

    @display(description=gettext_lazy("scopes"), label=True)
    def scope_labels(self, token: Any) -> list[str] | None:
        return sorted(str(scope.get_scope_display()) for scope in token.scopes.all()) or None

    @display(description=gettext_lazy("expires at"), ordering="expiry")
    def expires_at(self, token: AuthToken) -> str:
        if token.expiry is None:
            return _("never")
        return wording.moment(token.expiry) if token.expiry > clock.now() else _("expired")

    @display(description="")
    def revoke(self, token: AuthToken) -> str:
        url = reverse("admin:knox_authtoken_revoke", args=[token.token_key])
        return format_html('<a class="row-button danger" href="{}">{}</a>', url, _("Revoke"))

    def get_urls(self) -> list[URLPattern]:
        own = [one for one in super().get_urls() if one.name == "knox_authtoken_changelist"]
        return [
            path("issue/", self.admin_site.admin_view(self.issue_view), name="knox_authtoken_issue"),
            path("<slug:token_key>/revoke/", self.admin_site.admin_view(self.revoke_view), name="knox_authtoken_revoke"),
            *own,
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {"issue_url": reverse("admin:knox_authtoken_issue")} if request.user.has_perm(MAY_ISSUE) else {}
        page: HttpResponse = super().changelist_view(request, {**more, **(extra_context or {})})
        return page

    def issue_view(self, request: HttpRequest) -> HttpResponse:
        """The answer to the form holds the token in clear; nothing keeps it."""
        if not request.user.has_perm(MAY_ISSUE):
            raise PermissionDenied
        back = reverse("admin:knox_authtoken_changelist")
        form = IssueForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                issued = attempt(request, lambda: slips.spend(request, lambda: issue(request, form.cleaned_data)))
            except slips.Spent as spent:
                messages.warning(request, str(spent))
                return HttpResponseRedirect(back)
            if issued is not None:
                shown = {
                    **self.admin_site.each_context(request),
                    "title": _("The new API token"),
                    "token": issued.value,
                    "account": form.cleaned_data["account"],
                    "back": back,
                }
                return self._secret(TemplateResponse(request, "admin/kernel/token_issued.html", shown))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Issue an API token"),
            "form": form,
            "hidden": {slips.FIELD: slips.kept(request)},
            "explanation": _("The token is shown once, right after it is issued. Only its fingerprint is kept."),
            "submit": _("Issue the token"),
            "back": back,
        }
        return TemplateResponse(request, "admin/_form_page.html", context)

    def revoke_view(self, request: HttpRequest, token_key: str) -> HttpResponse:
        if not request.user.has_perm(MAY_REVOKE):
            raise PermissionDenied
        token = self.get_queryset(request).filter(token_key=token_key).first()
        if token is None:
            raise Http404
        back = reverse("admin:knox_authtoken_changelist")
        account = token.user.get_username()
        if request.method == "POST":
            if attempt(request, lambda: tokens.revoke(token=token, actor=actor(request), at=clock.now())):
                messages.success(request, _("The token of %(account)s is revoked.") % {"account": account})
            return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Revoke an API token"),
            "explanation": _("The token of “%(account)s” is refused from the next request on. This cannot be undone.")
            % {"account": account},
            "submit": _("Revoke"),
            "danger": True,
            "back": back,
        }
        return TemplateResponse(request, "admin/_form_page.html", context)

    @staticmethod
    def _secret(response: HttpResponse) -> HttpResponse:
        response["Cache-Control"] = "no-store"
        return response


def issue(request: HttpRequest, wanted: dict[str, Any]) -> str:
    return tokens.issue(
        account=wanted["account"],
        scopes=[TokenScope.Scope(scope) for scope in wanted["scopes"]],
        expires_in=timedelta(days=wanted["days"]) if wanted["days"] else None,
        actor=actor(request),
        at=clock.now(),
    )
