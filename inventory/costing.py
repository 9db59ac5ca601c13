"""What a unit costs once it lies on the shelf: how freight and duty are shared out, how the average moves, what margin is left.

Pure. The average is one for all warehouses: a transfer changes where goods lie, not what they cost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from config.kernel.money import Money, tax_included

# Percent, contained in list prices, by tax class.
TAX_RATES: Mapping[str, Decimal] = {"STANDARD": Decimal(10), "EXEMPT": Decimal(0)}
VALUE, WEIGHT, QUANTITY = "VALUE", "WEIGHT", "QUANTITY"
# Costs are kept with four decimals.
_SMALLEST = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Arrived:
    """One line of a delivery: its units, what one cost without freight, what one weighs, and how many are still here."""

    units: int
    unit_cost: Decimal
    weight: int | None = None
    remaining: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """One line's part of a landed cost: `to_stock` for units that still lie here, `variance` for those that have left."""

    amount: Decimal
    to_stock: Decimal
    variance: Decimal


def shared(amount: Money, basis: str, lines: Sequence[Arrived]) -> list[Share]:
    """The amount over the lines, to the last smallest unit. Where all weigh nothing, or cost nothing, the units decide."""
    weights: list[Decimal] = [_weight(line, basis) for line in lines]
    if not any(weights):
        weights = [Decimal(line.units) for line in lines]
    return [_split(part, line) for part, line in zip(amount.allocate(weights), lines, strict=True)]


def _weight(line: Arrived, basis: str) -> Decimal:
    if basis == VALUE:
        return line.unit_cost * line.units
    if basis == WEIGHT:
        return Decimal(line.weight or 0) * line.units
    return Decimal(line.units)


def _split(part: Money, line: Arrived) -> Share:
    here = min(max(line.remaining, 0), line.units)
    to_stock, variance = part.allocate([here, line.units - here])
    return Share(part.amount, to_stock.amount, variance.amount)


def moved(units_before: int, average: Decimal, units: int, value: Decimal) -> Decimal:
    """The average after `units` worth `value` came to what lay here; with nothing here at all it stays as it was."""
    total = units_before + units
    if not total:
        return average
    return ((average * units_before + value) / total).quantize(_SMALLEST, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Margin:
    """What is left of a list price: without tax, less what the unit cost; `percent` of the price without tax, to a tenth."""

    net: Decimal
    cost: Decimal
    amount: Decimal
    percent: Decimal | None


def margin(list_price: Money, tax_class: str, cost: Decimal) -> Margin:
    net = list_price.amount - tax_included(list_price, TAX_RATES[tax_class]).amount
    left = net - cost
    percent = (left / net * 100).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP) if net else None
    return Margin(net, cost, left, percent)
