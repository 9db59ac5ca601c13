"""The lines of a new order from its quote: as quoted, and of a kit one line for each of its parts."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from campaigns.pricing.values import Discount, PricedLine, Quote
from inventory.costing import TAX_RATES
from inventory.queries.availability import Listed
from inventory.queries.kits import Part
from orders import exploding
from orders.operations.writing import NewDiscount, NewLine
from orders.queries.quoting import Priced


@dataclass(frozen=True)
class Lined:
    """What is written of an order's goods, and the units by variant id that are to be held for it."""

    lines: list[NewLine]
    discounts: list[NewDiscount]
    demand: dict[int, int]


def lined(priced: Priced) -> Lined:
    quote = priced.quote
    lines, discounts, demand = list[NewLine](), list[NewDiscount](), defaultdict[int, int](int)
    for place, (line, listed) in enumerate(zip(quote.lines, priced.listed, strict=True)):
        shares = [Decimal(0) if one.on_shipping else one.shares[place] for one in quote.discounts]
        parts = priced.kits.get(listed.variant_id)
        whole = [_whole(line, listed, shares)]
        for written, taken in whole if parts is None else _of_a_kit(line, listed, shares, parts, quote.currency, place):
            written["position"] = len(lines) + 1
            lines.append(written)
            demand[written["variant_id"]] += written["quantity"]
            discounts += _reasons(quote, written["position"], taken)
    return Lined(lines, [*discounts, *_off_shipping(quote)], dict(demand))


def _whole(line: PricedLine, listed: Listed, shares: list[Decimal]) -> tuple[NewLine, list[Decimal]]:
    return {
        "position": 0,
        "variant_id": listed.variant_id,
        "sku": line.sku,
        "name": listed.name,
        "quantity": line.quantity,
        "list_price": line.list_price,
        "gross": line.gross,
        "discount": line.discount,
        "total": line.total,
        "tax_rate": TAX_RATES[listed.tax_class],
        "tax": line.tax,
        "unit_cost": listed.cost,
        "kit_id": None,
        "kit_place": None,
        "kit_quantity": None,
    }, shares


def _of_a_kit(
    line: PricedLine, listed: Listed, shares: list[Decimal], parts: tuple[Part, ...], currency: str, place: int
) -> Iterator[tuple[NewLine, list[Decimal]]]:
    sold = exploding.Sold(line.quantity, line.list_price, shares, line.tax)
    pieces = exploding.explode(sold, [exploding.Part(one.quantity, one.list_price, one.cost) for one in parts], currency)
    for part, piece in zip(parts, pieces, strict=True):
        yield (
            {
                "position": 0,
                "variant_id": part.variant_id,
                "sku": part.sku,
                "name": part.name,
                "quantity": piece.quantity,
                "list_price": piece.list_price,
                "gross": piece.gross,
                "discount": piece.discount,
                "total": piece.total,
                "tax_rate": TAX_RATES[listed.tax_class],
                "tax": piece.tax,
                "unit_cost": part.cost,
                "kit_id": listed.variant_id,
                "kit_place": place + 1,
                "kit_quantity": line.quantity,
            },
            list(piece.shares),
        )


def _reasons(quote: Quote, position: int, shares: list[Decimal]) -> Iterator[NewDiscount]:
    """One row for each share of each promotion."""
    for one, amount in zip(quote.discounts, shares, strict=True):
        if amount:
            yield _reason(one, position, amount)


def _off_shipping(quote: Quote) -> Iterator[NewDiscount]:
    for one in quote.discounts:
        if one.on_shipping and one.amount:
            yield _reason(one, None, one.amount)


def _reason(one: Discount, position: int | None, amount: Decimal) -> NewDiscount:
    return {
        "position": position,
        "promotion_id": one.promotion_id,
        "version": one.version,
        "name": one.name,
        "code": one.code,
        "amount": amount,
    }
