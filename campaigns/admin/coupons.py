"""Codes, the batches they were made in, and every use of them. Codes are made on the page of their promotion."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from campaigns.admin import wording as words
from campaigns.models import Coupon, CouponBatch, Redemption
from campaigns.operations import coupons
from campaigns.queries import coupons as queries
from config.kernel import clock
from config.kernel.admin import downloading, wording
from config.kernel.admin.buttons import ButtonsAdmin, actor, operation_button
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import ReadOnlyAdmin, once_per_row
from config.kernel.admin.tables import TableAdmin
from inventory.admin import documents

MAY_SWITCH = "campaigns.change_coupon"
MAY_DOWNLOAD = "campaigns.add_couponbatch"


def link(address: str, pk: int | None, text: Any) -> str:
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{address}_change", args=[pk]), text) if pk else "-"


@admin.register(Coupon)
class CouponAdmin(TableAdmin, ReadOnlyAdmin, ButtonsAdmin):
    empty_hint = gettext_lazy("Codes for promotions that need one, made on the page of the promotion.")
    list_display = ("code", "promotion_name", "is_enabled", "use_bar", "batch_name", "only_for")
    list_filter: tuple[Any, ...] = ("is_enabled",)
    also_narrowed_by = ("batch", "promotion")
    search_fields = ("code",)
    search_help_text = gettext_lazy("Search by the beginning of the code")
    list_select_related = ("promotion", "batch", "customer")
    ordering = ("-id",)
    fields = ("code", "promotion_name", "is_enabled", "use_bar", "batch_name", "only_for", "made", "maker", "switched")
    readonly_fields = ("promotion_name", "use_bar", "batch_name", "only_for", "made", "maker", "switched")
    actions = None

    # A code is worth money to whoever reads it.
    table_permission = MAY_DOWNLOAD

    made = wording.moment_column("made_at", gettext_lazy("made at"))

    def table_heading(self, request: HttpRequest) -> list[Any]:
        return [
            _("code"), _("promotion"), _("enabled"), _("used"), _("usage limit"), _("batch"), _("only for"), _("made at"),
        ]  # fmt: skip

    def table_row(self, request: HttpRequest, coupon: Coupon) -> list[Any]:
        return [
            coupon.code, coupon.promotion.name, _("yes") if coupon.is_enabled else _("no"), coupon.used,
            "" if coupon.usage_limit is None else coupon.usage_limit, coupon.batch.name if coupon.batch else "",
            coupon.customer.external_id if coupon.customer else "", wording.plain_moment(coupon.made_at),
        ]  # fmt: skip

    @display(description=gettext_lazy("made by"))
    def maker(self, coupon: Coupon) -> str:
        return str(coupon.made_by) if coupon.made_by else "-"

    @display(description=gettext_lazy("switched on and off"))
    def switched(self, coupon: Coupon) -> str:
        said = {True: pgettext("coupon", "switched on"), False: pgettext("coupon", "switched off")}
        rows = ((wording.moment(one.switched_at), said[one.is_enabled], wording.actor(one)) for one in queries.switches(coupon))
        return format_html_join("", '<div class="fact"><span>{}</span><b>{} · {}</b></div>', rows) or "-"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Coupon], search_term: str
    ) -> tuple[QuerySet[Coupon], bool]:
        asked = search_term.strip().upper()
        return (queryset.filter(code__startswith=asked) if asked and "\0" not in asked else queryset), False

    @display(description=gettext_lazy("promotion"))
    def promotion_name(self, coupon: Coupon) -> str:
        return link("campaigns_promotion", coupon.promotion_id, coupon.promotion.name)

    @display(description=gettext_lazy("batch"))
    def batch_name(self, coupon: Coupon) -> str:
        return link("campaigns_couponbatch", coupon.batch_id, coupon.batch)

    @display(description=gettext_lazy("only for"))
    def only_for(self, coupon: Coupon) -> str:
        return link("campaigns_customer", coupon.customer_id, coupon.customer)

    @display(description=gettext_lazy("uses"))
    def use_bar(self, coupon: Coupon) -> str:
        if coupon.usage_limit is None:
            return _("%(number)s times") % {"number": f"{coupon.used:,}"}
        return words.bar(coupon.used, coupon.usage_limit, (f"{coupon.used:,}", f"{coupon.usage_limit:,}"))

    @operation_button(
        title=gettext_lazy("Switch off"),
        permission=MAY_SWITCH,
        icon="block",
        shown=lambda coupon: coupon.is_enabled,
        danger=True,
    )
    def switch_off(self, request: HttpRequest, coupon: Coupon) -> str:
        coupons.switch(coupon_id=coupon.pk, on=False, actor=actor(request), at=clock.now())
        return _("The code is refused from now on.")

    @operation_button(
        title=gettext_lazy("Switch on"),
        permission=MAY_SWITCH,
        icon="check_circle",
        shown=lambda coupon: not coupon.is_enabled,
    )
    def switch_on(self, request: HttpRequest, coupon: Coupon) -> str:
        coupons.switch(coupon_id=coupon.pk, on=True, actor=actor(request), at=clock.now())
        return _("The code can be used again.")


@admin.register(CouponBatch)
class CouponBatchAdmin(ReadOnlyAdmin, ButtonsAdmin):
    empty_hint = gettext_lazy("Codes that were made many at a time, on the page of a promotion.")
    list_display = ("name", "promotion_name", "size", "made", "maker")
    search_fields = ("name",)
    search_help_text = gettext_lazy("Search by name")
    list_select_related = ("promotion", "made_by")
    ordering = ("-id",)
    fields = ("name", "promotion_name", "size", "used_so_far", "made", "maker", "codes")
    readonly_fields = ("promotion_name", "used_so_far", "made", "maker", "codes")
    actions = None

    made = wording.moment_column("made_at", gettext_lazy("made at"))

    @display(description=gettext_lazy("promotion"))
    def promotion_name(self, batch: CouponBatch) -> str:
        return link("campaigns_promotion", batch.promotion_id, batch.promotion.name)

    @display(description=gettext_lazy("made by"))
    def maker(self, batch: CouponBatch) -> str:
        return str(batch.made_by) if batch.made_by else "-"

    @display(description=gettext_lazy("used so far"))
    @once_per_row
    def used_so_far(self, batch: CouponBatch) -> str:
        used = queries.used_of(batch)
        return words.bar(used, batch.size, (f"{used:,}", f"{batch.size:,}"))

    @display(description=gettext_lazy("codes"))
    def codes(self, batch: CouponBatch) -> str:
        address = f"{reverse('admin:campaigns_coupon_changelist')}?batch={batch.pk}"
        return format_html('<a href="{}">{}</a>', address, _("Show the codes"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.download_view)
        return [path("<path:object_id>/codes.csv", view, name="campaigns_couponbatch_download"), *super().get_urls()]

    def buttons_for(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        buttons = super().buttons_for(request, row)
        if request.user.has_perm(MAY_DOWNLOAD):
            address = reverse("admin:campaigns_couponbatch_download", args=[row.pk])
            buttons.append({"title": _("Download the codes"), "icon": "download", "url": address, "asks": True})
        return buttons

    def download_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        batch = self.get_object(request, unquote(object_id))
        if batch is None:
            raise Http404
        if not (self.has_view_permission(request, batch) and request.user.has_perm(MAY_DOWNLOAD)):
            raise PermissionDenied
        heading = (_("code"), _("usage limit"), _("used"), _("enabled"))
        rows = ((code, limit, used, _("yes") if on else _("no")) for code, limit, used, on in queries.codes_of(batch))
        return downloading.as_csv(
            request,
            name=f"coupons-{batch.pk}",
            heading=heading,
            rows=rows,
            number=batch.size,
            of=batch,
            called=str(batch),
            most=coupons.LARGEST_BATCH,
        )


@admin.register(Redemption)
class RedemptionAdmin(ReadOnlyAdmin):
    empty_hint = gettext_lazy("Each use of a promotion or a coupon by an order.")
    list_display = ("document_number", "promotion_name", "coupon_code", "who", "given", "state_label", "redeemed")
    list_filter: tuple[Any, ...] = (("state", ChoicesDropdownFilter), ("redeemed_at", BusinessDaysFilter))
    also_narrowed_by = ("promotion", "customer", "coupon")
    search_fields = ("document_number",)
    search_help_text = gettext_lazy("Search by the beginning of the document's number")
    list_select_related = ("promotion", "coupon", "customer")
    ordering = ("-redeemed_at", "-id")
    fields = ("document", "promotion_name", "coupon_code", "who", "given", "state_label", "redeemed")
    readonly_fields = fields
    actions = None

    redeemed = wording.moment_column("redeemed_at", gettext_lazy("redeemed at"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Redemption], search_term: str
    ) -> tuple[QuerySet[Redemption], bool]:
        asked = search_term.strip()
        return (queryset.filter(document_number__startswith=asked) if asked and "\0" not in asked else queryset), False

    def title_of(self, use: Redemption) -> str:
        return f"{use.document_number} · {use.promotion.name}"

    @display(description=gettext_lazy("document"))
    def document(self, use: Redemption) -> str:
        return documents.link(use.document_kind, use.document_number)

    @display(description=gettext_lazy("promotion"))
    def promotion_name(self, use: Redemption) -> str:
        return link("campaigns_promotion", use.promotion_id, use.promotion.name)

    @display(description=gettext_lazy("code"))
    def coupon_code(self, use: Redemption) -> str:
        return link("campaigns_coupon", use.coupon_id, use.coupon)

    @display(description=gettext_lazy("customer"))
    def who(self, use: Redemption) -> str:
        return link("campaigns_customer", use.customer_id, use.customer)

    @display(description=gettext_lazy("given away"))
    def given(self, use: Redemption) -> str:
        return wording.amount(use.amount)

    @display(description=gettext_lazy("state"))
    def state_label(self, use: Redemption) -> str:
        return wording.label(use.get_state_display(), "success" if use.state == Redemption.State.COUNTED else "")
