"""Prices a basket: keys, then promotions in order of priority, each on what the earlier ones left, then tax inside the total.

Pure: the same basket, rules and moment always give the same quote, whatever order the rules come in.
docs/algorithms/pricing.md holds the guarantees and a worked table.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from campaigns.pricing import benefits, conditions
from campaigns.pricing.values import Basket, Benefit, Discount, Key, PricedLine, Quote, Refusal, Rule
from config.kernel.money import Money, round_half_up, tax_included


def quote(
    basket: Basket,
    rules: Iterable[Rule],
    keys: Mapping[str, Key],
    *,
    at: datetime,
    zone: ZoneInfo,
    currency: str,
    shipping_tax_rate: Decimal,
) -> Quote:
    """`keys` holds the coupons found for the basket's codes, by code as the customer wrote it."""
    gross = [round_half_up(line.list_price * line.quantity, currency) for line in basket.lines]
    left = list(gross)
    quantities = [line.quantity for line in basket.lines]
    shipping_left = basket.shipping_fee
    good, refusals = _usable_keys(basket, keys)
    used_groups: dict[str, set[int]] = {}
    discounts: list[Discount] = []
    by_id = {rule.promotion_id: rule for rule in rules}

    for rule in sorted(by_id.values(), key=lambda one: (one.priority, one.promotion_id)):
        key = good.get(rule.promotion_id)
        if rule.needs_coupon and key is None:
            continue
        reason = ""
        figures: tuple[tuple[str, str], ...] = ()
        if not conditions.in_force(rule, at, zone):
            reason = "not_in_force"
        else:
            match = conditions.match(rule, basket)
            reason, figures = match.reason, match.figures
        if not reason:
            taken = used_groups.get(rule.stacking_group, set()) if rule.stacking_group else set()
            lines = [number for number in match.lines if number not in taken]
            discount = _grant(rule, key, lines, left, quantities, shipping_left, currency)
            if discount is None:
                reason = "not_combinable" if len(lines) < len(match.lines) else "nothing_to_discount"
            elif rule.budget_left is not None and discount.amount > rule.budget_left:
                reason = "budget_spent"
            else:
                discounts.append(discount)
                left = [one - share for one, share in zip(left, discount.shares, strict=True)]
                if discount.on_shipping:
                    shipping_left -= discount.amount
                if rule.stacking_group:
                    used_groups.setdefault(rule.stacking_group, set()).update(lines)
        if reason and key is not None:
            refusals.append(Refusal(key.code, reason, dict(figures)))

    refusals += [Refusal(key.code, "not_in_force") for pk, key in good.items() if pk not in by_id]
    return _total(basket, gross, left, shipping_left, discounts, refusals, at, currency, shipping_tax_rate)


def _usable_keys(basket: Basket, keys: Mapping[str, Key]) -> tuple[dict[int, Key], list[Refusal]]:
    """One key for each promotion, the first that fits, and the reason for every other code."""
    good: dict[int, Key] = {}
    refusals: list[Refusal] = []
    for code in dict.fromkeys(basket.codes):
        key = keys.get(code)
        reason = ""
        if key is None or not key.is_enabled:
            reason = "unknown_code"
        elif key.only_for is not None and key.only_for != basket.customer_id:
            # The same answer as for a code that does not exist: codes must not be guessable by their errors.
            reason = "unknown_code"
        elif key.left == 0:
            reason = "used_up"
        elif key.promotion_id in good:
            reason = "not_combinable"
        if key is None or reason:
            refusals.append(Refusal(code, reason))
        else:
            good[key.promotion_id] = key
    return good, refusals


def _grant(
    rule: Rule,
    key: Key | None,
    lines: Sequence[int],
    left: Sequence[Decimal],
    quantities: Sequence[int],
    shipping_left: Decimal,
    currency: str,
) -> Discount | None:
    on_shipping = rule.benefit is Benefit.FREE_SHIPPING
    if on_shipping:
        parts = [Decimal(0)] * len(left)
        amount = shipping_left if lines else Decimal(0)
    else:
        parts = benefits.shares(rule, lines, left, quantities, currency)
        amount = sum(parts, Decimal(0))
    if amount <= 0:
        return None
    return Discount(
        promotion_id=rule.promotion_id,
        version=rule.version,
        name=rule.name,
        amount=amount,
        shares=tuple(parts),
        on_shipping=on_shipping,
        coupon_id=key.coupon_id if key else None,
        code=key.code if key else "",
    )


def _total(
    basket: Basket,
    gross: Sequence[Decimal],
    left: Sequence[Decimal],
    shipping_left: Decimal,
    discounts: Sequence[Discount],
    refusals: Sequence[Refusal],
    at: datetime,
    currency: str,
    shipping_tax_rate: Decimal,
) -> Quote:
    lines = tuple(
        PricedLine(
            sku=line.sku,
            quantity=line.quantity,
            list_price=line.list_price,
            gross=before,
            discount=before - after,
            total=after,
            tax=tax_included(Money(after, currency), line.tax_rate).amount,
        )
        for line, before, after in zip(basket.lines, gross, left, strict=True)
    )
    shipping_tax = tax_included(Money(shipping_left, currency), shipping_tax_rate).amount
    return Quote(
        at=at,
        currency=currency,
        lines=lines,
        discounts=tuple(discounts),
        refusals=tuple(refusals),
        shipping_fee=basket.shipping_fee,
        shipping_discount=basket.shipping_fee - shipping_left,
        shipping_tax=shipping_tax,
        total=sum((line.total for line in lines), Decimal(0)) + shipping_left,
        tax=sum((line.tax for line in lines), Decimal(0)) + shipping_tax,
    )
