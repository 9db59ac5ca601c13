"""What a promotion applies to, and for whom. Each answer comes with its reason. When it applies is `schedule`'s."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from campaigns.pricing.values import Basket, Rule


@dataclass(frozen=True)
class Match:
    """The lines a rule may touch, by position; or, when it may touch none, the reason."""

    lines: tuple[int, ...] = ()
    reason: str = ""


def match(rule: Rule, basket: Basket) -> Match:
    """Everything but the clock, the coupon and the minimum amount."""
    reason = _refused_to(rule, basket)
    if reason:
        return Match(reason=reason)
    if rule.covers_everything:
        return Match(tuple(range(len(basket.lines))))
    lines = tuple(
        number
        for number, line in enumerate(basket.lines)
        if line.product_id in rule.products or not rule.categories.isdisjoint(line.category_path)
    )
    return Match(lines, "" if lines else "no_matching_product")


def _refused_to(rule: Rule, basket: Basket) -> str:
    if rule.segment is not None and rule.segment not in basket.segments:
        return "not_in_segment"
    if rule.first_order_only and not basket.is_first_order:
        return "not_first_order"
    if rule.left is not None and rule.left <= 0:
        return "used_up"
    if basket.is_guest and (rule.first_order_only or rule.left_for_customer is not None):
        # A guest has neither a first order nor a share of a limit; whoever left the name out would have both each time.
        return "needs_customer"
    if rule.left_for_customer is not None and rule.left_for_customer <= 0:
        return "used_up_by_customer"
    return ""


def reaches_minimum(rule: Rule, lines: Sequence[int], gross: Sequence[Decimal]) -> bool:
    return not rule.minimum_amount or sum((gross[number] for number in lines), Decimal(0)) >= rule.minimum_amount
