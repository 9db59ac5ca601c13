"""Webhooks: where they lead, whether they work, and what was posted to them. A secret is shown once, right after it is made."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.decorators import display

from analytics.admin.lines import LabeledForm
from analytics.models import Webhook
from analytics.operations import webhooks
from analytics.operations.webhooks import BadWebhook, Checked
from analytics.words import alerts as words
from config.kernel import clock
from config.kernel.admin import slips, wording
from config.kernel.admin.buttons import ButtonsAdmin, actor, attempt, operation_button
from config.kernel.admin.house import KeptAdmin

MAY_CHANGE = "analytics.change_webhook"
SHOWN = 50
RENEW = gettext_lazy("Make a new secret")


class WebhookForm(LabeledForm):
    class Meta:
        model = Webhook
        fields = ("name", "url")

    # What became of the address that was sent: it was asked about before any transaction began.
    asked: tuple[str, Checked | BadWebhook] | None = None

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if url == self.instance.url:
            return url
        sent, told = self.asked or ("", None)
        if isinstance(told, BadWebhook):
            raise forms.ValidationError(str(told))
        if sent != url:
            raise forms.ValidationError(
                _("Somebody else has changed this meanwhile. Look at it once more and repeat what is still needed.")
            )
        return url


@admin.register(Webhook)
class WebhookAdmin(KeptAdmin, ButtonsAdmin):
    form = WebhookForm
    change_form_outer_after_template = "admin/analytics/webhook/_after.html"
    empty_hint = gettext_lazy(
        "Another system that is to be told of incidents, such as a chat or a pager. Alert rules name the webhooks they tell."
    )
    list_display = ("name", "host", "state_label", "taken", "trouble")
    ordering = ("name",)
    sortable_by = ()
    actions = None

    taken = wording.moment_column("taken_at", pgettext_lazy("webhook", "last taken at"))
    tried = wording.moment_column("tried_at", pgettext_lazy("webhook", "last tried at"))

    def get_fields(self, request: HttpRequest, obj: Webhook | None = None) -> Any:
        told = () if obj is None else ("state_label", "taken", "tried", "trouble")
        # Addresses of chats let whoever knows them post there.
        where = "url" if obj is None or self.has_change_permission(request, obj) else "host"
        return ("name", where, *told)

    def get_readonly_fields(self, request: HttpRequest, obj: Webhook | None = None) -> Any:
        return ("host", "state_label", "taken", "tried", "trouble")

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Webhook:
        """The operation writes it."""
        webhook: Webhook = form.instance
        return webhook

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: bool) -> None:
        name, url = form.cleaned_data["name"], Checked(form.cleaned_data["url"])
        if change:
            given = url if "url" in form.changed_data else None
            webhooks.change(webhook_id=obj.pk, name=name, url=given, actor=actor(request))
        else:
            made = webhooks.add(name=name, url=url, at=clock.now())
            obj.pk, obj.secret = made.pk, made.secret

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """There is nothing beside it."""

    def response_add(self, request: HttpRequest, obj: Webhook, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._secret(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        made = super().get_form(request, obj, change, **kwargs)
        return type(made.__name__, (made,), {"asked": getattr(request, "asked_address", None)})

    def _ask_about(self, request: HttpRequest, object_id: str | None) -> None:
        """Asks about the address that was sent, unless it is the one that stands: resolvers take their time."""
        row = self.get_object(request, unquote(object_id)) if object_id is not None else None
        may = self.has_add_permission(request) if object_id is None else self.has_change_permission(request, row)
        url = request.POST.get("url", "").strip()
        if not may or not url or (row is not None and row.url == url):
            return
        try:
            told: Checked | BadWebhook = webhooks.check_url(url)
        except BadWebhook as refusal:
            told = refusal
        request.asked_address = (url, told)  # type: ignore[attr-defined]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method == "POST":
            self._ask_about(request, object_id)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        webhook: Webhook | None = kwargs.get("obj")
        if webhook is not None:
            may = self.has_change_permission(request, webhook)
            context |= {
                "secret_url": reverse("admin:analytics_webhook_secret", args=[webhook.pk]) if may else "",
                "posts": [
                    {
                        "at": wording.plain_moment(one.sent_at or one.begun_at or one.due_at),
                        "incident": f"#{one.incident_id}",
                        "url": reverse("admin:analytics_incident_change", args=[one.incident_id]),
                        "occasion": one.get_occasion_display(),
                        "state": one.get_state_display(),
                        "attempts": one.attempts,
                        "trouble": words.trouble(one),
                        "delivery": str(one.delivery),
                    }
                    for one in webhook.notices.order_by("-incident_id", "-occasion")[:SHOWN]
                ],
            }
        return super().render_change_form(request, context, *args, **kwargs)

    # --- the secret

    def get_urls(self) -> list[URLPattern]:
        page = path("<path:object_id>/secret/", self.admin_site.admin_view(self.secret_view), name="analytics_webhook_secret")
        return [page, *super().get_urls()]

    def secret_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks first; the answer holds the new secret in clear."""
        webhook = self.get_object(request, unquote(object_id))
        if webhook is None:
            raise Http404
        if not self.has_change_permission(request, webhook):
            raise PermissionDenied
        back = reverse("admin:analytics_webhook_change", args=[webhook.pk])

        def renew() -> Webhook:
            """With its entry in the audit, both or neither."""
            made = webhooks.renew_secret(webhook_id=webhook.pk, actor=actor(request))
            self.log_change(request, webhook, wording.noted(RENEW, ""))
            return made

        if request.method == "POST":
            try:
                made = attempt(request, lambda: slips.spend(request, renew))
            except slips.Spent as spent:
                messages.warning(request, str(spent))
                return HttpResponseRedirect(back)
            if made is not None:
                return self._secret(request, made.value)
        context = {
            **self.admin_site.each_context(request),
            "title": _("A new secret"),
            "explanation": _("The old one stops at once: everything is signed with the new one from then on."),
            "submit": RENEW,
            "danger": True,
            "hidden": {slips.FIELD: slips.kept(request)},
            "back": back,
        }
        return TemplateResponse(request, "admin/_form_page.html", context)

    def _secret(self, request: HttpRequest, webhook: Webhook) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("The secret of the webhook"),
            "webhook": webhook.name,
            "secret": webhook.secret,
            "back": reverse("admin:analytics_webhook_change", args=[webhook.pk]),
        }
        page = TemplateResponse(request, "admin/analytics/webhook/secret.html", context)
        page["Cache-Control"] = "no-store"
        return page

    # --- columns

    @display(description=pgettext_lazy("webhook", "host"))
    def host(self, webhook: Webhook) -> str:
        return urlsplit(webhook.url).netloc

    @display(description=gettext_lazy("state"))
    def state_label(self, webhook: Webhook) -> str:
        if webhook.paused_because == Webhook.Pause.FAILURES:
            return wording.label(webhook.get_paused_because_display(), "danger")
        if webhook.paused_because:
            return wording.label(webhook.get_paused_because_display(), "warning")
        return wording.label(pgettext_lazy("webhook", "active"), "success")

    @display(description=gettext_lazy("last error"))
    def trouble(self, webhook: Webhook) -> str:
        return words.post_trouble(webhook.last_error) or "-"

    # --- buttons

    @operation_button(title=gettext_lazy("Send a test"), permission=MAY_CHANGE, icon="send", outside=True)
    def ping(self, request: HttpRequest, webhook: Webhook) -> str:
        answer = webhooks.ping(webhook_id=webhook.pk, at=clock.now())
        if answer.is_taken:
            return _("The test was taken with status %(status)s.") % {"status": answer.status}
        return _("The test was not taken: %(why)s.") % {"why": words.post_trouble(answer.error)}

    @operation_button(
        title=pgettext_lazy("webhook", "Pause"), permission=MAY_CHANGE, icon="pause",
        shown=lambda webhook: webhook.paused_because != Webhook.Pause.STAFF,
    )  # fmt: skip
    def pause(self, request: HttpRequest, webhook: Webhook) -> str:
        webhooks.pause(webhook_id=webhook.pk, actor=actor(request), at=clock.now())
        return _("What it should be told waits until it is resumed.")

    @operation_button(
        title=pgettext_lazy("webhook", "Resume"), permission=MAY_CHANGE, icon="play_arrow",
        shown=lambda webhook: webhook.paused_at is not None,
    )  # fmt: skip
    def resume(self, request: HttpRequest, webhook: Webhook) -> str:
        webhooks.resume(webhook_id=webhook.pk, actor=actor(request), at=clock.now())
        return _("What waits is sent within a minute or two, and what failed in the last three days as well.")
