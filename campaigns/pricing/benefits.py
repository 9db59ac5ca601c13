"""What a promotion grants: from what is left to pay of each line to the share each line is let off.

Every share is a whole number of the currency's units, and no share exceeds what is left to pay of its line.
"""

from collections.abc import Sequence
from decimal import Decimal

from campaigns.pricing.values import Benefit, Rule
from config.kernel.money import Money, round_half_up


def shares(
    rule: Rule, lines: Sequence[int], left: Sequence[Decimal], quantities: Sequence[int], currency: str
) -> list[Decimal]:
    """The amount each basket line is let off; zero for lines not in `lines`. `left` is what each line still costs."""
    granted = [Decimal(0)] * len(left)
    if rule.benefit is Benefit.FIXED_PRICE:
        for number in lines:
            granted[number] = max(Decimal(0), left[number] - rule.amount * quantities[number])
    elif rule.benefit is Benefit.BUY_X_GET_Y:
        for number, units in _free_units(rule, lines, left, quantities).items():
            granted[number] = round_half_up(left[number] * units / quantities[number], currency)
    elif rule.benefit in (Benefit.PERCENT, Benefit.AMOUNT):
        whole = sum((left[number] for number in lines), Decimal(0))
        off = (
            round_half_up(whole * rule.percent / 100, currency) if rule.benefit is Benefit.PERCENT else min(rule.amount, whole)
        )
        if off > 0:
            parts = Money(off, currency).allocate([left[number] for number in lines])
            for number, part in zip(lines, parts, strict=True):
                granted[number] = part.amount
    return granted


def _free_units(rule: Rule, lines: Sequence[int], left: Sequence[Decimal], quantities: Sequence[int]) -> dict[int, int]:
    """How many units of each line are free: of every `buy + get` matching units the cheapest `get`."""
    free = sum(quantities[number] for number in lines) // (rule.buy + rule.get) * rule.get
    units: dict[int, int] = {}
    for number in sorted(lines, key=lambda one: (left[one] / quantities[one], one)):
        taken = min(free, quantities[number])
        if taken:
            units[number] = taken
            free -= taken
    return units
