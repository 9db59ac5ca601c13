"""How far a visit came on the way to an order, and why it ended before. The published rule.

The columns `step` and `reason` of a visit say the same in the database; a test holds the two together.
"""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Protocol


class Step(IntEnum):
    """In the order of the funnel. A visit stands at the furthest step it reached, whatever it left out before."""

    EXPLORE = 0  # has come
    VIEW = 1  # has looked at a product
    COMPARE = 2  # weighs several products, or reads what others say
    DECIDE = 3  # about to buy: has put something aside or looked at the cart
    CHECKOUT = 4  # has begun to order
    BUY = 5  # has ordered


class Reason(StrEnum):
    """Why a visit without an order ended: the first of these that holds, so each visit has one reason."""

    OUT_OF_STOCK = "out_of_stock"  # a product was out of stock when it was looked at
    NO_RESULT = "no_result"  # a search found nothing
    BOUNCED = "bounced"  # one page, and nothing else
    CHECKOUT = "checkout"  # began to order and did not
    CART = "cart"  # was about to buy and began no order
    COMPARED = "compared"  # compared and put nothing aside
    VIEWED = "viewed"  # looked at a product, and that was all
    LOOKED = "looked"  # looked at no product


# What a visit ended with where nothing else explains it.
BY_STEP = {
    Step.EXPLORE: Reason.LOOKED,
    Step.VIEW: Reason.VIEWED,
    Step.COMPARE: Reason.COMPARED,
    Step.DECIDE: Reason.CART,
    Step.CHECKOUT: Reason.CHECKOUT,
}


class Told(Protocol):
    """A visit, stored or counted anew."""

    @property
    def viewed_at(self) -> datetime | None: ...
    @property
    def compared_at(self) -> datetime | None: ...
    @property
    def decided_at(self) -> datetime | None: ...
    @property
    def checkout_at(self) -> datetime | None: ...
    @property
    def ordered_at(self) -> datetime | None: ...
    @property
    def out_of_stock(self) -> int: ...
    @property
    def dry_searches(self) -> int: ...
    @property
    def is_bounce(self) -> bool: ...


def step(visit: Told) -> Step:
    """The furthest one."""
    reached = (
        (Step.BUY, visit.ordered_at),
        (Step.CHECKOUT, visit.checkout_at),
        (Step.DECIDE, visit.decided_at),
        (Step.COMPARE, visit.compared_at),
        (Step.VIEW, visit.viewed_at),
    )
    return next((one for one, at in reached if at is not None), Step.EXPLORE)


def reason(visit: Told) -> Reason | None:
    """None where something was ordered."""
    furthest = step(visit)
    if furthest is Step.BUY:
        return None
    if visit.out_of_stock:
        return Reason.OUT_OF_STOCK
    if visit.dry_searches:
        return Reason.NO_RESULT
    return Reason.BOUNCED if visit.is_bounce else BY_STEP[furthest]
