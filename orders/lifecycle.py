"""What may become of an order: (state, action) -> state. Everything not in the table is refused.

And what a unit is worth that the customer paid for and does not get, or sends back.
"""

from decimal import Decimal

from config.kernel.errors import Conflict
from config.kernel.money import round_half_up

PLACED, PAID, PICKED, PARTLY_SHIPPED, SHIPPED = "PLACED", "PAID", "PICKED", "PARTLY_SHIPPED", "SHIPPED"
CANCELED, EXPIRED = "CANCELED", "EXPIRED"

TABLE = {
    (PLACED, "pay"): PAID,
    (PLACED, "cancel"): CANCELED,
    (PLACED, "withdraw"): CANCELED,  # by the customer, who may do so only before paying
    (PLACED, "expire"): EXPIRED,
    (PLACED, "restock"): PLACED,
    (PAID, "cancel"): CANCELED,
    (PAID, "pick"): PICKED,
    (PAID, "ship_part"): PARTLY_SHIPPED,
    (PAID, "ship_rest"): SHIPPED,
    (PAID, "restock"): PAID,
    (PAID, "cancel_missing"): PAID,
    (PICKED, "cancel"): CANCELED,
    (PICKED, "ship_part"): PARTLY_SHIPPED,
    (PICKED, "ship_rest"): SHIPPED,
    (PICKED, "restock"): PICKED,
    (PICKED, "cancel_missing"): PICKED,
    (PARTLY_SHIPPED, "ship_part"): PARTLY_SHIPPED,
    (PARTLY_SHIPPED, "ship_rest"): SHIPPED,
    (PARTLY_SHIPPED, "restock"): PARTLY_SHIPPED,
    (PARTLY_SHIPPED, "cancel_missing"): PARTLY_SHIPPED,
    (PARTLY_SHIPPED, "cancel_rest"): SHIPPED,  # the missing units were all that had not left
    (PARTLY_SHIPPED, "return"): PARTLY_SHIPPED,
    (SHIPPED, "return"): SHIPPED,
}
OVER = frozenset({CANCELED, EXPIRED})


class TransitionRefused(Conflict):
    code = "transition_refused"


def after(state: str, action: str) -> str:
    """The state that follows; raises `TransitionRefused` where the table has none."""
    following = TABLE.get((state, action))
    if following is None:
        raise TransitionRefused(
            f"An order that is {state} cannot do this: {action}.", details={"state": state, "action": action}
        )
    return following


def actions(state: str) -> frozenset[str]:
    """What may be done to an order in this state."""
    return frozenset(action for known, action in TABLE if known == state)


def share(*, total: Decimal, quantity: int, before: int, units: int, currency: str) -> Decimal:
    """What `units` of a line of `quantity` are worth when `before` of them were settled earlier.

    Rounded as a running sum, so that the parts which settle a line one after the other add up to its total.
    """

    def worth(count: int) -> Decimal:
        return total if count == quantity else round_half_up(total * count / quantity, currency)

    return worth(before + units) - worth(before)
