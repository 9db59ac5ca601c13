"""Promotions: their list with states and bars, their form, their buttons, and a page to try one out."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from campaigns.admin import promotion_forms as forms
from campaigns.admin import wording as words
from campaigns.admin.coupons import link
from campaigns.models import Promotion, PromotionOccurrence
from campaigns.operations import coupons, promotions
from campaigns.queries import promotions as queries
from campaigns.queries import trials
from campaigns.queries.promotions import State
from config.kernel import clock
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonsAdmin, actor, attempt, operation_button
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import KeptAdmin, ReadOnlyAdmin
from inventory.admin.labels import variant_name

MAY_CHANGE = "campaigns.change_promotion"
MAY_ADD = "campaigns.add_promotion"
MAY_ISSUE = "campaigns.add_couponbatch"


class ByState(DropdownFilter):  # type: ignore[misc]
    title = gettext_lazy("state now")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, str(state.label)) for state in State]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Promotion]) -> QuerySet[Promotion]:
        return queries.in_state(queryset, self.value(), clock.now()) if self.value() else queryset


@admin.register(Promotion)
class PromotionAdmin(KeptAdmin, ButtonsAdmin):
    form = forms.PromotionForm
    change_form_outer_before_template = "admin/campaigns/promotion/_state.html"
    change_form_outer_after_template = "admin/campaigns/promotion/_story.html"
    empty_hint = gettext_lazy("Offers with a beginning and an end. They hold to the second, without anybody switching them.")
    list_display = ("name", "state_now", "benefit_words", "starts", "ends", "windows", "use_bar", "budget_bar")
    list_filter: tuple[Any, ...] = (
        ByState, ("benefit", ChoicesDropdownFilter), "needs_coupon", ("starts_at", BusinessDaysFilter),
    )  # fmt: skip
    search_fields = ("name",)
    search_help_text = gettext_lazy("Search by name")
    ordering = ("-starts_at", "-id")
    actions = None
    fieldsets = (
        (gettext_lazy("What"), {"fields": ("name", "campaign", "benefit", "percent", "amount", ("buy", "get"))}),
        (gettext_lazy("When"), {"fields": ("is_enabled", ("starts_at", "ends_at"), "weekdays", ("from_hour", "until_hour"))}),
        (
            gettext_lazy("On what and for whom"),
            {
                "fields": (
                    "covers", "skus", "categories", "minimum_amount", "segment", "first_order_only", "needs_coupon",
                )
            },
        ),
        (gettext_lazy("Together with others"), {"fields": ("priority", "stacking_group")}),
        (gettext_lazy("Limits"), {"fields": ("usage_limit", "usage_limit_per_customer", "budget")}),
        (gettext_lazy("Change"), {"fields": ("reason", "seen_version")}),
    )  # fmt: skip

    starts = wording.moment_column("starts_at", gettext_lazy("starts at"))
    ends = wording.moment_column("ends_at", gettext_lazy("ends at"))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only look is not asked for a reason."""
        fieldsets = super().get_fieldsets(request, obj)
        allowed = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return fieldsets if allowed else self.LOOK

    LOOK = (
        (gettext_lazy("What"), {"fields": ("name", "campaign", "benefit_words")}),
        (gettext_lazy("When"), {"fields": ("state_now", "starts", "ends", "windows")}),
        (
            gettext_lazy("On what and for whom"),
            {"fields": ("covers_words", "minimum", "segment", "first_order_only", "needs_coupon")},
        ),
        (gettext_lazy("Together with others"), {"fields": ("priority", "stacking_group")}),
        (gettext_lazy("Limits"), {"fields": ("use_bar", "usage_limit_per_customer", "budget_bar")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        allowed = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if allowed:
            return ()
        return ("benefit_words", "state_now", "starts", "ends", "windows", "covers_words", "minimum", "use_bar", "budget_bar")

    def version_of(self, row: Promotion) -> str:
        return str(row.version)

    @display(description=gettext_lazy("state now"))
    def state_now(self, promotion: Promotion) -> str:
        return words.state(queries.state_of(promotion, clock.now()))

    @display(description=gettext_lazy("benefit"))
    def benefit_words(self, promotion: Promotion) -> str:
        return words.benefit(promotion)

    @display(description=gettext_lazy("times"))
    def windows(self, promotion: Promotion) -> str:
        return words.times(promotion) or "-"

    @display(description=gettext_lazy("uses"))
    def use_bar(self, promotion: Promotion) -> str:
        limit = promotion.usage_limit
        return words.bar(promotion.used, limit, (f"{promotion.used:,}", f"{limit or 0:,}"))

    @display(description=gettext_lazy("budget"))
    def budget_bar(self, promotion: Promotion) -> str:
        return words.bar(promotion.spent, promotion.budget, (wording.amount(promotion.spent), wording.amount(promotion.budget)))

    @display(description=gettext_lazy("minimum amount"))
    def minimum(self, promotion: Promotion) -> str:
        return wording.amount(promotion.minimum_amount) if promotion.minimum_amount else "-"

    @display(description=gettext_lazy("applies to"))
    def covers_words(self, promotion: Promotion) -> str:
        settings = promotions.settings_of(promotion)
        if settings.covers == Promotion.Covers.EVERYTHING:
            return str(Promotion.Covers.EVERYTHING.label)
        names = [category.name for category in promotion.categories.order_by("name")]
        if settings.products:
            number = len(settings.products)
            names.append(ngettext("%(count)s product", "%(count)s products", number) % {"count": number})
        return ", ".join(names) or "-"

    # --- saving is the operation's

    def save_model(self, request: HttpRequest, obj: Promotion, form: Any, change: bool) -> None:
        told = {
            "settings": form.settings(), "reason": form.cleaned_data["reason"], "actor": actor(request), "at": clock.now(),
        }  # fmt: skip
        if change:
            promotions.change(promotion_id=obj.pk, seen_version=form.cleaned_data["seen_version"], **told)
        else:
            obj.pk = promotions.create(**told).pk

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Done by the operation."""

    # --- buttons

    @operation_button(
        title=gettext_lazy("Stop now"),
        permission=MAY_CHANGE,
        icon="stop_circle",
        shown=lambda row: row.is_enabled and (row.ends_at is None or row.ends_at > clock.now()),
        form=forms.StopForm,
        explanation=gettext_lazy("It ends at this moment. Orders placed from now on do not get it."),
        danger=True,
    )
    def stop_now(self, request: HttpRequest, promotion: Promotion, values: dict[str, Any]) -> str:
        promotions.stop_now(promotion_id=promotion.pk, reason=values["reason"], actor=actor(request), at=clock.now())
        return _("“%(promotion)s” has ended.") % {"promotion": promotion.name}

    @operation_button(
        title=gettext_lazy("Extend"),
        permission=MAY_CHANGE,
        icon="more_time",
        shown=lambda row: row.ends_at is not None,
        form=forms.ExtendForm,
    )
    def extend(self, request: HttpRequest, promotion: Promotion, values: dict[str, Any]) -> str:
        changed = promotions.extend(promotion_id=promotion.pk, actor=actor(request), at=clock.now(), **values)
        end = wording.plain_moment(changed.ends_at) if changed.ends_at else ""
        return _("“%(promotion)s” ends at %(end)s.") % {"promotion": promotion.name, "end": end}

    @operation_button(title=gettext_lazy("Copy"), permission=MAY_ADD, icon="content_copy")
    def copy(self, request: HttpRequest, promotion: Promotion) -> str:
        made = promotions.copy(promotion_id=promotion.pk, actor=actor(request), at=clock.now())
        address = reverse("admin:campaigns_promotion_change", args=[made.pk])
        told = _("The copy is switched off; open it to change it.")
        return format_html('<a href="{}">{}</a>', address, told)

    @operation_button(
        title=gettext_lazy("Make codes"),
        permission=MAY_ISSUE,
        icon="stacks",
        shown=lambda row: row.needs_coupon,
        form=forms.BatchForm,
        explanation=gettext_lazy("Random codes that nobody can guess, without letters that look like digits."),
    )
    def make_codes(self, request: HttpRequest, promotion: Promotion, values: dict[str, Any]) -> str:
        batch = coupons.issue_batch(
            promotion_id=promotion.pk,
            name=values["name"],
            size=values["size"],
            prefix=values["beginning"],
            usage_limit=values["usage_limit"],
            actor=actor(request),
            at=clock.now(),
        )
        address = reverse("admin:campaigns_couponbatch_change", args=[batch.pk])
        told = ngettext("%(count)s code is made.", "%(count)s codes are made.", batch.size) % {"count": f"{batch.size:,}"}
        return format_html('<a href="{}">{}</a>', address, told)

    @operation_button(
        title=gettext_lazy("Add a code"),
        permission=MAY_ISSUE,
        icon="confirmation_number",
        shown=lambda row: row.needs_coupon,
        form=forms.CodeForm,
        explanation=gettext_lazy("One code that people can remember, such as WELCOME10."),
    )
    def add_code(self, request: HttpRequest, promotion: Promotion, values: dict[str, Any]) -> str:
        coupon = coupons.issue_code(
            promotion_id=promotion.pk,
            code=values["written"],
            usage_limit=values["usage_limit"],
            actor=actor(request),
            at=clock.now(),
        )
        return _("The code %(code)s is made.") % {"code": coupon.code}

    def buttons_for(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        address = reverse("admin:campaigns_promotion_try", args=[row.pk])
        trial = {"title": _("Try it"), "icon": "science", "url": address, "asks": True}
        return [trial, *super().buttons_for(request, row)]

    # --- pages

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.try_view)
        return [path("<path:object_id>/try/", view, name="campaigns_promotion_try"), *super().get_urls()]

    def try_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Writes nothing, so the basket stands in the address and can be shared."""
        promotion = self.get_object(request, unquote(object_id))
        if promotion is None:
            raise Http404
        if not self.has_view_permission(request, promotion):
            raise PermissionDenied
        asked = "basket" in request.GET
        form = forms.TrialForm(
            request.GET if asked else None, row=promotion, initial={"at": max(clock.now(), promotion.starts_at)}
        )
        trial = None
        if asked and form.is_valid():
            values = form.cleaned_data
            answer = attempt(
                request,
                lambda: trials.try_out(
                    promotion,
                    quantities=values["basket"],
                    codes=values["codes"].replace(",", " ").split(),
                    customer_external_id=values["customer"].strip(),
                    is_first_order=values["is_first_order"],
                    at=values["at"],
                ),
            )
            trial = self._shown_trial(answer.value) if answer else None
        context = {
            **self.admin_site.each_context(request),
            "title": f"{promotion.name} · {_('Try it')}",
            "form": form,
            "trial": trial,
            "back": reverse("admin:campaigns_promotion_change", args=[promotion.pk]),
        }
        return TemplateResponse(request, "admin/campaigns/promotion/try.html", context)

    @staticmethod
    def _shown_trial(trial: trials.Trial) -> dict[str, Any]:
        quote = trial.quote
        return {
            "given": wording.amount(trial.given.amount) if trial.given else "",
            "refused": words.refusal(trial.refused) if trial.refused else "",
            "at": quote.at,
            "lines": [
                {"line": line, "name": variant_name(trial.goods[line.sku]), "list_price": wording.amount(line.list_price),
                 "gross": wording.amount(line.gross), "discount": wording.amount(line.discount),
                 "total": wording.amount(line.total)}
                for line in quote.lines
            ],
            "discounts": [(one, wording.amount(one.amount)) for one in quote.discounts],
            "refusals": [(one.code, words.refusal(one)) for one in quote.refusals if one.code],
            "shipping": wording.amount(quote.shipping_fee - quote.shipping_discount),
            "shipping_before": wording.amount(quote.shipping_fee) if quote.shipping_discount else "",
            "total": wording.amount(quote.total),
        }  # fmt: skip

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        promotion = kwargs.get("obj")
        if promotion is not None:
            at = clock.now()
            story = queries.story(promotion, at=at)
            context |= {
                "state_now": words.state(queries.state_of(promotion, at)),
                "next_change_at": story.next_change_at,
                "uses": f"{story.uses.number:,}",
                "given": wording.amount(story.uses.amount),
                "bars": [
                    (gettext_lazy("uses"), self.use_bar(promotion)), (gettext_lazy("budget"), self.budget_bar(promotion)),
                ],
                "occurrences": [(one, wording.amount(one.amount)) for one in story.occurrences],
                "changes": [(one, words.differences(one.before, one.after)) for one in story.changes],
                "batches": story.batches,
                "redemptions_url": f"{reverse('admin:campaigns_redemption_changelist')}?promotion={promotion.pk}",
                "coupons_url": f"{reverse('admin:campaigns_coupon_changelist')}?promotion={promotion.pk}",
            }  # fmt: skip
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(PromotionOccurrence)
class OccurrenceAdmin(ReadOnlyAdmin):
    empty_hint = gettext_lazy("Each window in which a promotion held, with its uses, written when it has ended.")
    list_display = ("promotion_name", "started", "ended", "uses", "given")
    list_filter: tuple[Any, ...] = (("started_at", BusinessDaysFilter),)
    list_select_related = ("promotion",)
    ordering = ("-started_at", "-id")
    fields = ("promotion_name", "started", "ended", "uses", "given")
    readonly_fields = ("promotion_name", "started", "ended", "given")
    actions = None

    started = wording.moment_column("started_at", gettext_lazy("started at"))
    ended = wording.moment_column("ended_at", gettext_lazy("ended at"))

    def title_of(self, occurrence: PromotionOccurrence) -> str:
        return f"{occurrence.promotion.name} · {wording.plain_moment(occurrence.started_at)}"

    @display(description=gettext_lazy("promotion"))
    def promotion_name(self, occurrence: PromotionOccurrence) -> str:
        return link("campaigns_promotion", occurrence.promotion_id, occurrence.promotion.name)

    @display(description=gettext_lazy("given away"))
    def given(self, occurrence: PromotionOccurrence) -> str:
        return wording.amount(occurrence.amount)
