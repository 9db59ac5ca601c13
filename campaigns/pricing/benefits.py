"""What a promotion grants: from what is left to pay of each line to the share each line is let off.

Every share is a whole number of the currency's units, and no share exceeds what is left to pay of its line.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from campaigns.pricing.values import Benefit, Rule
from config.kernel.money import Money, round_half_up

NOTHING = Decimal(0)


def shares(
    rule: Rule, lines: Sequence[int], left: Sequence[Decimal], quantities: Sequence[int], currency: str
) -> list[Decimal]:
    """The amount each basket line is let off; zero for lines not in `lines`. `left` is what each line still costs."""
    granted = [NOTHING] * len(left)
    if rule.benefit is Benefit.FIXED_PRICE:
        for number in lines:
            granted[number] = max(NOTHING, left[number] - round_half_up(rule.amount * quantities[number], currency))
    elif rule.benefit is Benefit.BUY_X_GET_Y:
        for number, units in _free_units(rule, lines, left, quantities).items():
            granted[number] = round_half_up(left[number] * units / quantities[number], currency)
    elif rule.benefit in (Benefit.PERCENT, Benefit.AMOUNT):
        whole = sum((left[number] for number in lines), NOTHING)
        wanted = whole * rule.percent / 100 if rule.benefit is Benefit.PERCENT else rule.amount
        off = min(round_half_up(wanted, currency), whole)
        if off > 0:
            parts = Money(off, currency).allocate([left[number] for number in lines])
            for number, part in zip(lines, parts, strict=True):
                granted[number] = part.amount
    return granted


def claimed(rule: Rule, lines: Sequence[int], granted: Sequence[Decimal]) -> Sequence[int]:
    """The lines that count as served by this promotion, so that no other of its stacking group touches them.

    Units that were bought for the free ones are part of the bargain, and so are the goods behind a free shipping. Of the
    other kinds a line that was let off nothing stays open.
    """
    if rule.benefit in (Benefit.BUY_X_GET_Y, Benefit.FREE_SHIPPING):
        return lines
    return [number for number in lines if granted[number]]


def _free_units(rule: Rule, lines: Sequence[int], left: Sequence[Decimal], quantities: Sequence[int]) -> dict[int, int]:
    """How many units of each line are free: `get` for every full set of `buy + get`, and those the cheapest of all."""
    free = sum(quantities[number] for number in lines) // (rule.buy + rule.get) * rule.get
    units: dict[int, int] = {}
    # Exact, since two unit prices that differ by less than a division rounds to would else change places.
    for number in sorted(lines, key=lambda one: (Fraction(left[one]) / quantities[one], one)):
        taken = min(free, quantities[number])
        if taken:
            units[number] = taken
            free -= taken
    return units
