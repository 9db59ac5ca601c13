"""What may become of an order: (state, action) -> state. Everything not in the table is refused."""

from config.kernel.errors import Conflict

PLACED, PAID, PICKED, PARTLY_SHIPPED, SHIPPED = "PLACED", "PAID", "PICKED", "PARTLY_SHIPPED", "SHIPPED"
CANCELED, EXPIRED = "CANCELED", "EXPIRED"

TABLE = {
    (PLACED, "pay"): PAID,
    (PLACED, "cancel"): CANCELED,
    (PLACED, "expire"): EXPIRED,
    (PAID, "cancel"): CANCELED,
    (PAID, "pick"): PICKED,
    (PICKED, "cancel"): CANCELED,
    (PICKED, "ship_part"): PARTLY_SHIPPED,
    (PICKED, "ship_rest"): SHIPPED,
    (PAID, "ship_part"): PARTLY_SHIPPED,
    (PAID, "ship_rest"): SHIPPED,
    (PARTLY_SHIPPED, "ship_part"): PARTLY_SHIPPED,
    (PARTLY_SHIPPED, "ship_rest"): SHIPPED,
    (PARTLY_SHIPPED, "return"): PARTLY_SHIPPED,
    (SHIPPED, "return"): SHIPPED,
}


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
