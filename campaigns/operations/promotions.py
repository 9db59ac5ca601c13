"""The one door through which a promotion changes: its version goes up, its story goes on, and who, what and why is kept."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.models import Promotion, PromotionChange
from campaigns.operations import occurrences
from campaigns.pricing.settings import Objection, Settings
from campaigns.queries import promotions as queries
from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User


class NoSuchPromotion(Missing):
    code = "promotion_not_found"


class SettingsRefused(Invalid):
    """The settings contradict each other; `details` names each field with its reason."""

    code = "promotion_settings_invalid"


class ChangedMeanwhile(Conflict):
    code = "promotion_changed_meanwhile"


class Ended(Conflict):
    code = "promotion_ended"


WORDS = {
    "required": _("This is needed."),
    "too_long": _("This is too long."),
    "ends_before_start": _("It must end after it starts."),
    "unknown_weekday": _("Weekdays are Monday to Sunday."),
    "hours_go_together": _("Give both hours, or neither."),
    "unknown_hour": _("Hours are 0 to 24."),
    "no_hours": _("These hours leave no time. For the whole day leave both empty."),
    "not_with_this_benefit": _("This does not belong to the chosen benefit; leave it empty."),
    "too_small": _("This must be more than zero."),
    "too_large": _("This number is too large."),
    "above_hundred": _("No more than 100 percent can be taken off."),
    "too_fine": _("At most two decimals."),
    "nothing_chosen": _("Choose at least one product or category, or let it apply to everything."),
    "chosen_beside_everything": _("It applies to everything; choose “chosen products and categories”, or leave this empty."),
    "not_whole_units": _("This is finer than the smallest coin of the shop's currency."),
    "unknown": _("Something chosen here does not exist any more."),
    "below_used": _("It has been used more often than that."),
    "below_spent": _("More than that has been given away."),
    "below_used_by_customer": _("A customer has used it more often than that."),
    "has_coupons": _("There are coupons for it; without them it needs a promotion of its own."),
}
LISTS = ("products", "categories")


def settings_of(promotion: Promotion) -> Settings:
    """What people decided about it, as plain values."""
    columns = {name: getattr(promotion, name) for name in Settings.__dataclass_fields__ if name not in (*LISTS, "weekdays")}
    settings = Settings(
        **columns,
        weekdays=tuple(promotion.weekdays),
        products=tuple(promotion.products.order_by("pk").values_list("pk", flat=True)),
        categories=tuple(promotion.categories.order_by("pk").values_list("pk", flat=True)),
    )
    # As pricing reads it: what is chosen wins.
    chosen = settings.products or settings.categories
    return replace(settings, covers=Promotion.Covers.CHOSEN) if chosen else settings


@transaction.atomic
def create(*, settings: Settings, reason: str = "", actor: User | None, at: datetime) -> Promotion:
    settings = _tidy(settings)
    _refuse(queries.objections(settings))
    # A start in the past is only the start of its period: it holds from now on.
    promotion = Promotion(settled_until=max(at, settings.starts_at) if settings.starts_at < at else None)
    _write(promotion, settings)
    _record(promotion, PromotionChange.Kind.CREATED, {}, asdict(settings), reason, actor, at)
    occurrences.settle(promotion, at=at)
    return promotion


@transaction.atomic
def change(
    *,
    promotion_id: int,
    settings: Settings,
    seen_version: int | None = None,
    reason: str = "",
    actor: User | None,
    at: datetime,
) -> Promotion:
    """Gives the promotion these settings. `seen_version` is the one the person looked at: another one since is a conflict.

    Settings that are what they were change nothing, not even the version.
    """

    def decide(promotion: Promotion, before: Settings) -> Settings:
        if seen_version is not None and promotion.version != seen_version:
            raise ChangedMeanwhile(_("Somebody else has changed this promotion meanwhile. Look at it once more."))
        return _tidy(settings)

    return _change(promotion_id, PromotionChange.Kind.CHANGED, decide, reason, actor, at)


@transaction.atomic
def stop_now(*, promotion_id: int, reason: str = "", actor: User | None, at: datetime) -> Promotion:
    """Ends it at this moment. One that has not begun is switched off instead, for it has no time to end."""

    def decide(promotion: Promotion, before: Settings) -> Settings:
        if not before.is_enabled or (before.ends_at is not None and before.ends_at <= at):
            raise Ended(_("“%(promotion)s” is not going on any more.") % {"promotion": promotion.name})
        return replace(before, ends_at=at) if before.starts_at < at else replace(before, is_enabled=False)

    return _change(promotion_id, PromotionChange.Kind.STOPPED, decide, reason, actor, at)


@transaction.atomic
def extend(*, promotion_id: int, ends_at: datetime, reason: str = "", actor: User | None, at: datetime) -> Promotion:
    """Lets it end later, also when it has ended already."""

    def decide(promotion: Promotion, before: Settings) -> Settings:
        if before.ends_at is None or ends_at <= max(before.ends_at, at):
            raise SettingsRefused(
                _("The new end must lie after the present one and after now."), details={"ends_at": ["not_later"]}
            )
        return replace(before, ends_at=ends_at)

    return _change(promotion_id, PromotionChange.Kind.EXTENDED, decide, reason, actor, at)


@transaction.atomic
def copy(*, promotion_id: int, actor: User | None, at: datetime) -> Promotion:
    """A new one with the same settings, switched off and without coupons, to be changed before it is switched on."""
    original = Promotion.objects.filter(pk=promotion_id).first()
    if original is None:
        raise NoSuchPromotion(_("There is no such promotion."), details={"promotion": promotion_id})
    return create(settings=replace(settings_of(original), is_enabled=False), actor=actor, at=at)


def _change(
    promotion_id: int,
    kind: PromotionChange.Kind,
    decide: Callable[[Promotion, Settings], Settings],
    reason: str,
    actor: User | None,
    at: datetime,
) -> Promotion:
    # no_key would let orders record uses meanwhile, which a recount for a first limit would miss.
    promotion = Promotion.objects.select_for_update().filter(pk=promotion_id).first()
    if promotion is None:
        raise NoSuchPromotion(_("There is no such promotion."), details={"promotion": promotion_id})
    before = settings_of(promotion)
    after = decide(promotion, before)
    if after == before:
        return promotion
    _refuse(queries.objections(after, promotion=promotion))
    # What was true until now is told under the settings under which it was true.
    occurrences.settle(promotion, at=at)
    was_limited = promotion.is_limited
    _assign(promotion, after)
    if promotion.is_limited != was_limited:
        _recount(promotion)
    promotion.version += 1
    _write(promotion, after)
    told = {name: (old, new) for name, old, new in _differences(before, after)}
    _record(
        promotion, kind, {name: old for name, (old, _new) in told.items()}, {name: new for name, (_old, new) in told.items()},
        reason, actor, at,
    )  # fmt: skip
    occurrences.settle(promotion, at=max(at, promotion.settled_until or at))
    return promotion


def _tidy(settings: Settings) -> Settings:
    """The same in one spelling: all seven weekdays are every day, and a whole day has no hours."""
    weekdays = tuple(sorted(set(settings.weekdays)))
    hours = (settings.from_hour, settings.until_hour)
    whole_day = hours == (0, 24)
    return replace(
        settings,
        name=settings.name.strip(),
        stacking_group=settings.stacking_group.strip(),
        weekdays=() if weekdays == tuple(range(7)) else weekdays,
        from_hour=None if whole_day else settings.from_hour,
        until_hour=None if whole_day else settings.until_hour,
        products=tuple(sorted(set(settings.products))),
        categories=tuple(sorted(set(settings.categories))),
    )


def _recount(promotion: Promotion) -> None:
    """Uses are counted for promotions with a limit only; one that is given its first limit begins with what was recorded."""
    so_far = queries.recounted(promotion)
    promotion.used = so_far.number if promotion.is_limited else 0
    promotion.spent = so_far.amount if promotion.is_limited else Decimal(0)


def _refuse(found: Sequence[Objection]) -> None:
    if not found:
        return
    fields: dict[str, list[str]] = {}
    for one in found:
        fields.setdefault(one.field, []).append(one.reason)
    raise SettingsRefused(WORDS[found[0].reason], details=fields)


def _assign(promotion: Promotion, settings: Settings) -> None:
    for name in Settings.__dataclass_fields__:
        if name not in LISTS:
            value = getattr(settings, name)
            setattr(promotion, name, list(value) if name == "weekdays" else value)


def _write(promotion: Promotion, settings: Settings) -> None:
    _assign(promotion, settings)
    promotion.save()
    promotion.products.set(settings.products)
    promotion.categories.set(settings.categories)


def _differences(before: Settings, after: Settings) -> Iterable[tuple[str, Any, Any]]:
    for name in Settings.__dataclass_fields__:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield name, old, new


def _record(
    promotion: Promotion,
    kind: PromotionChange.Kind,
    before: dict[str, Any],
    after: dict[str, Any],
    reason: str,
    actor: User | None,
    at: datetime,
) -> None:
    PromotionChange.objects.create(
        promotion=promotion,
        version=promotion.version,
        kind=kind,
        before=before,
        after=after,
        reason=reason.strip()[:300],
        actor=actor,
        changed_at=at,
    )
