"""What is left of each need after the room of the suppliers' deliveries and the budget of the month were shared."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from inventory import sharing
from inventory.models import ReplenishmentProposal, StockingRules
from inventory.queries import terms
from inventory.queries.replenishment import Need, Place, price_of, prices_of
from inventory.replenishment import Advised, Nothing
from inventory.sharing import Bid
from inventory.stocking import distributions

Standing = Mapping[Place, ReplenishmentProposal]


def shared(
    needs: Sequence[Need], *, standing: Standing, others: Collection[ReplenishmentProposal], rules: StockingRules, at: datetime
) -> list[Need]:
    """The same needs, in order. What staff set by hand comes first and is never cut; what `others` hold is taken already."""
    fixed = {place: one.override for place, one in standing.items() if one.override is not None}
    needs = _by_delivery(needs, fixed)
    if rules.monthly_budget is None:
        return list(needs)
    taken = sum(
        (one.units * price_of(one.units, prices_of(one.explanation)) for one in others if one.explanation.get("prices")), 0
    )
    room = float(rules.monthly_budget - terms.spent(at=at) - taken)
    return _cut(needs, fixed, room, lambda need: float(price_of(need.quantity, need.prices)), Nothing.BUDGET)


def _by_delivery(needs: Sequence[Need], fixed: Mapping[Place, int]) -> Sequence[Need]:
    """A delivery is one purchase order: of one supplier, to one warehouse."""
    deliveries: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for number, need in enumerate(needs):
        supplier = need.offer.supplier
        if supplier.volume_cap is not None or supplier.weight_cap is not None:
            deliveries[supplier.pk, need.policy.warehouse_id].append(number)
    answer = list(needs)
    for numbers in deliveries.values():
        supplier = needs[numbers[0]].offer.supplier
        part = [answer[number] for number in numbers]
        if supplier.volume_cap is not None:
            part = _cut(
                part, fixed, supplier.volume_cap, lambda need: (need.policy.variant.volume or 0) / 1000, Nothing.DELIVERY
            )
        if supplier.weight_cap is not None:
            part = _cut(
                part, fixed, supplier.weight_cap, lambda need: (need.policy.variant.weight or 0) / 1000, Nothing.DELIVERY
            )
        for number, need in zip(numbers, part, strict=True):
            answer[number] = need
    return answer


def _cut(
    needs: Sequence[Need], fixed: Mapping[Place, int], room: float, use: Callable[[Need], float], because: Nothing
) -> list[Need]:
    held = sum(fixed[need.place] * use(need) for need in needs if need.place in fixed)
    asking = [need for need in needs if need.place not in fixed and need.quantity]
    if sum(need.quantity * use(need) for need in asking) <= room - held + 1e-9:
        return list(needs)
    granted = sharing.shared([_bid(need, use(need)) for need in asking], max(room - held, 0.0))
    return [
        need.shared(granted[need.place], because) if granted.get(need.place, need.quantity) < need.quantity else need
        for need in needs
    ]


def _bid(need: Need, use: float) -> Bid:
    plan = need.plan
    return Bid(
        key=need.place,
        units=need.quantity,
        urgent=min(max(plan.reorder_point - plan.position, 0) + 1, need.quantity),
        use=use,
        worth=need.terms.margin * _shortage(need),
        least=need.terms.minimum_quantity,
        multiple=need.terms.order_multiple,
    )


def _shortage(need: Need) -> float:
    """Units expected to be short until a purchase of the next chance is here, if nothing is bought at this one."""
    plan, terms_ = need.plan, need.terms
    if plan.expected_demand <= 0:
        return 0.0
    if plan.position <= 0:
        return plan.expected_demand - plan.position
    if isinstance(plan, Advised):
        ratio = plan.ratio
    else:
        late = plan.mean * terms_.lead_time_deviation
        ratio = (plan.deviation**2 * plan.protected_days + late**2) / plan.expected_demand
    return distributions.demand(plan.expected_demand, round(max(ratio, 1.0), 2)).shortage(plan.position)
