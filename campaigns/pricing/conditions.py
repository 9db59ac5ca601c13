"""When a promotion applies: by the clock, to which lines, for whom. Each answer comes with its reason."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from campaigns.pricing.values import Basket, Rule


def in_force(rule: Rule, at: datetime, zone: ZoneInfo) -> bool:
    """Inside `[starts_at, ends_at)` and at one of its weekdays and hours, by the shop's own clock."""
    if at < rule.starts_at or (rule.ends_at is not None and at >= rule.ends_at):
        return False
    local = at.astimezone(zone)
    if rule.weekdays and local.weekday() not in rule.weekdays:
        return False
    return rule.hours is None or rule.hours[0] <= local.hour < rule.hours[1]


@dataclass(frozen=True)
class Match:
    """The lines a rule may touch, by position; or, when it may touch none, the reason and its figures."""

    lines: tuple[int, ...] = ()
    reason: str = ""
    figures: tuple[tuple[str, str], ...] = ()


def match(rule: Rule, basket: Basket) -> Match:
    """Everything but the clock and the coupon. A rule without products and categories matches every line."""
    if rule.segment is not None and rule.segment not in basket.segments:
        return Match(reason="not_in_segment")
    if rule.first_order_only and not basket.is_first_order:
        return Match(reason="not_first_order")
    if rule.left == 0:
        return Match(reason="used_up")
    if rule.left_for_customer == 0:
        return Match(reason="used_up_by_customer")
    if rule.left_for_customer is not None and basket.customer_id is None:
        return Match(reason="needs_customer")
    lines = tuple(
        number
        for number, line in enumerate(basket.lines)
        if not (rule.products or rule.categories) or line.product_id in rule.products or line.category_path & rule.categories
    )
    if not lines:
        return Match(reason="no_matching_product")
    amount = sum((basket.lines[number].list_price * basket.lines[number].quantity for number in lines), Decimal(0))
    if amount < rule.minimum_amount:
        return Match(reason="below_minimum", figures=(("minimum_amount", str(rule.minimum_amount)), ("amount", str(amount))))
    return Match(lines)
