"""Segments, and who is in them: pasted, or from a file."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminFileFieldWidget

from campaigns.models import Campaign, Segment
from campaigns.operations import segments
from campaigns.queries import segments as queries
from config.kernel import clock
from config.kernel.admin.buttons import ButtonForm, ButtonsAdmin, actor, operation_button
from config.kernel.admin.house import HouseAdmin

MAY_CHANGE = "campaigns.change_segment"
LARGEST_FILE = 4_000_000
LARGEST_TEXT = 1_000_000


class MembersForm(ButtonForm):
    """Customer ids, one a line, typed or in a text file of one column."""

    pasted = forms.CharField(
        label=gettext_lazy("Customer ids"),
        required=False,
        max_length=LARGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy("One a line."),
    )
    file = forms.FileField(
        label=gettext_lazy("or a file"),
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text=gettext_lazy("Text in UTF-8 with one customer id a line, at most 4 MB."),
    )

    def clean_file(self) -> str:
        file = self.cleaned_data["file"]
        if file is None:
            return ""
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(_("The file is larger than 4 MB."))
        try:
            read: str = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError(_("The file is not text in UTF-8. Save it anew as CSV UTF-8.")) from None
        if "\0" in read:
            raise forms.ValidationError(_("The file is not text in UTF-8. Save it anew as CSV UTF-8."))
        return read

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        lines = f"{values.get('pasted', '')}\n{values.get('file', '')}".splitlines()
        # A spreadsheet puts quotation marks around text, and commas behind a first column.
        ids = {line.strip().rstrip(",").strip('"').strip() for line in lines} - {""}
        if not ids and not self.errors:
            raise forms.ValidationError(_("Name at least one customer."))
        long = sorted(one for one in ids if len(one) > 64)
        if long:
            self.add_error("pasted", _("“%(id)s…” is longer than a customer id can be.") % {"id": long[0][:20]})
        return {**values, "external_ids": ids}


@admin.register(Segment)
class SegmentAdmin(ButtonsAdmin):
    change_form_outer_after_template = "admin/campaigns/segment/_members.html"
    empty_hint = gettext_lazy("Groups of customers that promotions can be limited to.")
    list_display = ("name", "code", "description")
    search_fields = ("name", "code")
    search_help_text = gettext_lazy("Search by name or code")
    ordering = ("name", "id")
    fields = ("name", "code", "description")
    actions = None

    @operation_button(
        title=gettext_lazy("Add members"),
        permission=MAY_CHANGE,
        icon="group_add",
        form=MembersForm,
        explanation=gettext_lazy("All of them are added, or nobody: an id the shop does not know is named."),
    )
    def add_members(self, request: HttpRequest, segment: Segment, values: dict[str, Any]) -> str:
        joined = segments.add_named(
            segment_id=segment.pk, external_ids=values["external_ids"], actor=actor(request), at=clock.now()
        )
        return ngettext("%(count)s customer joined.", "%(count)s customers joined.", joined) % {"count": joined}

    @operation_button(
        title=gettext_lazy("Replace members"),
        permission=MAY_CHANGE,
        icon="published_with_changes",
        form=MembersForm,
        explanation=gettext_lazy("These become the members, and nobody else."),
        danger=True,
    )
    def replace_members(self, request: HttpRequest, segment: Segment, values: dict[str, Any]) -> str:
        joined, left = segments.replace_named(
            segment_id=segment.pk, external_ids=values["external_ids"], actor=actor(request), at=clock.now()
        )
        return _("%(joined)s joined, %(left)s left.") % {"joined": joined, "left": left}

    @operation_button(title=gettext_lazy("Remove members"), permission=MAY_CHANGE, icon="group_remove", form=MembersForm)
    def remove_members(self, request: HttpRequest, segment: Segment, values: dict[str, Any]) -> str:
        left = segments.remove_named(
            segment_id=segment.pk, external_ids=values["external_ids"], actor=actor(request), at=clock.now()
        )
        return ngettext("%(count)s customer left.", "%(count)s customers left.", left) % {"count": left}

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        segment = kwargs.get("obj")
        if segment is not None:
            context |= {"members": queries.members(segment), "sees_customers": request.user.has_perm("campaigns.view_customer")}
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Campaign)
class CampaignAdmin(HouseAdmin):
    empty_hint = gettext_lazy("Plans that hold promotions of one purpose together.")
    list_display = ("name", "goal")
    search_fields = ("name",)
    search_help_text = gettext_lazy("Search by name")
    ordering = ("-id",)
    fields = ("name", "goal")
    actions = None
