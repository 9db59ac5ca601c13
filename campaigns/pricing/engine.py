"""Prices a basket: keys, then promotions in order of priority, each on what the earlier ones left, then tax inside the total.

Pure: the same basket, rules and moment always give the same quote, whatever order the rules come in.
docs/algorithms/pricing.md holds the guarantees and a worked table.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from campaigns.pricing import benefits, conditions, schedule
from campaigns.pricing.values import Basket, Benefit, Discount, Key, PricedLine, Quote, Refusal, Rule
from config.kernel.money import Money, round_half_up, tax_included

NOTHING = Decimal(0)


@dataclass
class _Till:
    """What is left to pay while promotions are given one after the other."""

    gross: Sequence[Decimal]
    left: list[Decimal]
    quantities: Sequence[int]
    shipping_left: Decimal
    currency: str
    # By stacking group: the lines that one of its promotions has served.
    claimed: dict[str, set[int]] = field(default_factory=dict)


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
    """`keys` holds the coupons found for the basket's codes, by code as the basket has it."""
    gross = [round_half_up(line.list_price * line.quantity, currency) for line in basket.lines]
    till = _Till(gross, list(gross), [line.quantity for line in basket.lines], basket.shipping_fee, currency)
    good, refusals = _usable_keys(basket, keys)
    discounts: list[Discount] = []
    by_id = {rule.promotion_id: rule for rule in rules}

    for rule in sorted(by_id.values(), key=lambda one: (one.priority, one.promotion_id)):
        key = good.get(rule.promotion_id)
        if rule.needs_coupon and key is None:
            continue
        answer = _offer(rule, key, basket, till, at, zone)
        if isinstance(answer, Discount):
            discounts.append(answer)
        elif key is not None:
            refusals.append(answer)

    refusals += [Refusal(key.code, "not_in_force") for pk, key in good.items() if pk not in by_id]
    # In the order in which the codes were given, whatever the priority of their promotions.
    position = {code: number for number, code in enumerate(basket.codes)}
    refusals.sort(key=lambda one: position.get(one.code, -1))
    return _total(basket, till, discounts, refusals, at, shipping_tax_rate)


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
        elif key.left is not None and key.left <= 0:
            reason = "used_up"
        elif key.promotion_id in good:
            reason = "not_combinable"
        if key is None or reason:
            refusals.append(Refusal(code, reason))
        else:
            good[key.promotion_id] = key
    return good, refusals


def _offer(rule: Rule, key: Key | None, basket: Basket, till: _Till, at: datetime, zone: ZoneInfo) -> Discount | Refusal:
    """Gives one promotion and takes its discount off the till, or tells why it is not given."""
    code = key.code if key else ""
    if not schedule.in_force(rule, at, zone):
        return Refusal(code, "not_in_force")
    match = conditions.match(rule, basket)
    if match.reason:
        return Refusal(code, match.reason)
    if not conditions.reaches_minimum(rule, match.lines, till.gross):
        amount = sum((till.gross[number] for number in match.lines), NOTHING)
        figures = {
            "minimum_amount": Money(rule.minimum_amount, till.currency).as_text(),
            "amount": Money(amount, till.currency).as_text(),
        }
        return Refusal(code, "below_minimum", figures)
    claimed = till.claimed.get(rule.stacking_group) if rule.stacking_group else None
    lines = [number for number in match.lines if number not in claimed] if claimed else match.lines
    # Lines that another promotion of the group has served do not help this one over its minimum, either.
    if not lines or not conditions.reaches_minimum(rule, lines, till.gross):
        return Refusal(code, "not_combinable")
    discount = _grant(rule, key, lines, till)
    if not discount.amount:
        return Refusal(code, "nothing_to_discount")
    if rule.budget_left is not None and discount.amount > rule.budget_left:
        return Refusal(code, "budget_spent")
    if discount.on_shipping:
        till.shipping_left -= discount.amount
    else:
        till.left = [one - share for one, share in zip(till.left, discount.shares, strict=True)]
    if rule.stacking_group:
        served = benefits.claimed(rule, lines, discount.shares)
        till.claimed.setdefault(rule.stacking_group, set()).update(served)
    return discount


def _grant(rule: Rule, key: Key | None, lines: Sequence[int], till: _Till) -> Discount:
    on_shipping = rule.benefit is Benefit.FREE_SHIPPING
    shares = benefits.shares(rule, lines, till.left, till.quantities, till.currency)
    return Discount(
        promotion_id=rule.promotion_id,
        version=rule.version,
        name=rule.name,
        amount=till.shipping_left if on_shipping else sum(shares, NOTHING),
        shares=tuple(shares),
        on_shipping=on_shipping,
        coupon_id=key.coupon_id if key else None,
        code=key.code if key else "",
        is_counted=rule.is_limited,
        is_for_first_order=rule.first_order_only,
    )


def _total(
    basket: Basket,
    till: _Till,
    discounts: Sequence[Discount],
    refusals: Sequence[Refusal],
    at: datetime,
    shipping_tax_rate: Decimal,
) -> Quote:
    currency = till.currency
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
        for line, before, after in zip(basket.lines, till.gross, till.left, strict=True)
    )
    shipping_tax = tax_included(Money(till.shipping_left, currency), shipping_tax_rate).amount
    return Quote(
        at=at,
        currency=currency,
        lines=lines,
        discounts=tuple(discounts),
        refusals=tuple(refusals),
        shipping_fee=basket.shipping_fee,
        shipping_discount=basket.shipping_fee - till.shipping_left,
        shipping_tax=shipping_tax,
        total=sum((line.total for line in lines), NOTHING) + till.shipping_left,
        tax=sum((line.tax for line in lines), NOTHING) + shipping_tax,
    )
