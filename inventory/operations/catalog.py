"""Changes of the catalog that carry a rule: prices leave a trace, categories stay shallow. The rest is plain master data."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from config.kernel.errors import Invalid, Missing
from config.kernel.models import User
from config.kernel.money import round_half_up
from inventory.models import Category, PriceChange, Variant
from inventory.queries import categories

# The most that fits a price column with its four decimals.
HIGHEST = Decimal(10) ** 12
LONGEST_REASON = 200


class PriceInvalid(Invalid):
    code = "price_invalid"


class ReasonMissing(Invalid):
    """A price changes only with a reason."""

    code = "reason_missing"


class UnknownVariant(Missing):
    code = "unknown_variant"


class CategoryTooDeep(Invalid):
    """Categories lie at most three deep, and never within themselves."""

    code = "category_too_deep"


@transaction.atomic
def change_price(*, variant_id: int, list_price: Decimal, reason: str, actor: User | None, at: datetime) -> PriceChange | None:
    """Sets the list price from now on; None when it is the price already. Orders keep the price they were placed with."""
    if list_price.is_finite() and list_price != round_half_up(list_price, settings.SHOP_CURRENCY):
        raise PriceInvalid(
            _("A list price has no more decimals than the currency."),
            details={"field": "list_price", "amount": str(list_price), "currency": settings.SHOP_CURRENCY},
        )
    made = _change(PriceChange.Kind.LIST_PRICE, {variant_id: list_price}, reason, actor, at)
    return made[0] if made else None


@transaction.atomic
def change_cost(*, variant_id: int, cost: Decimal, reason: str, actor: User | None, at: datetime) -> PriceChange | None:
    """Sets the unit cost from now on; None when it is the cost already."""
    made = _change(PriceChange.Kind.COST, {variant_id: cost}, reason, actor, at)
    return made[0] if made else None


@transaction.atomic
def change_costs(*, costs: Mapping[int, Decimal], reason: str, actor: User | None, at: datetime) -> list[PriceChange]:
    """The same for many SKUs at once, by variant id; locks them in key order, after whatever the caller has locked."""
    return _change(PriceChange.Kind.COST, costs, reason, actor, at)


def _change(
    kind: PriceChange.Kind, amounts: Mapping[int, Decimal], reason: str, actor: User | None, at: datetime
) -> list[PriceChange]:
    field = "list_price" if kind == PriceChange.Kind.LIST_PRICE else "cost"
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise ReasonMissing(
            _("Say why the price changes, in at most %(most)s characters.") % {"most": LONGEST_REASON},
            details={"field": "reason"},
        )
    for amount in amounts.values():
        if not amount.is_finite() or not 0 <= amount < HIGHEST:
            raise PriceInvalid(_("A price is zero or more."), details={"field": field, "amount": str(amount)})
    variants = Variant.objects.filter(pk__in=amounts).order_by("pk").select_for_update(no_key=True).in_bulk()
    if unknown := set(amounts) - set(variants):
        raise UnknownVariant(_("There is no such SKU."), details={"variants": sorted(unknown)})
    changed = {pk: (getattr(variants[pk], field), amount) for pk, amount in amounts.items()}
    changed = {pk: pair for pk, pair in changed.items() if pair[0] != pair[1]}
    for pk, (_before, after) in changed.items():
        setattr(variants[pk], field, after)
    Variant.objects.bulk_update([variants[pk] for pk in changed], [field])
    return PriceChange.objects.bulk_create(
        PriceChange(variant_id=pk, kind=kind, before=before, after=after, reason=reason, actor=actor, occurred_at=at)
        for pk, (before, after) in changed.items()
    )


@transaction.atomic
def save_category(*, category: Category) -> Category:
    """Writes a category where it fits: at most three deep, and not below itself."""
    with connection.cursor() as cursor:
        # Two moves at once could each fit alone and be too deep together. The number is this operation's own.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('inventory.save_category'))")
    refusal = categories.refusal(category_id=category.pk, parent_id=category.parent_id)
    if refusal:
        raise CategoryTooDeep(refusal, details={"field": "parent"})
    category.save()
    return category
