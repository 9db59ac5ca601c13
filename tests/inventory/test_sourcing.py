"""Which warehouse serves what: as few parcels as possible, then the preferred warehouse, and never half an order."""

import random
from itertools import combinations

from inventory.sourcing import EXACT_UP_TO, Allocation, Plan, plan

CUP, PLATE = 1, 2
NEAR, FAR, THIRD = 10, 20, 30


def test_one_warehouse_that_has_everything_is_better_than_two_preferred_ones() -> None:
    available = {(CUP, NEAR): 5, (PLATE, FAR): 5, (CUP, THIRD): 5, (PLATE, THIRD): 5}

    planned = plan({CUP: 2, PLATE: 2}, available, [NEAR, FAR, THIRD])

    assert planned.allocations == (Allocation(CUP, THIRD, 2), Allocation(PLATE, THIRD, 2))


def test_of_equally_many_parcels_the_preferred_warehouse_wins() -> None:
    available = {(CUP, NEAR): 5, (CUP, FAR): 5}

    assert plan({CUP: 5}, available, [FAR, NEAR]).allocations == (Allocation(CUP, FAR, 5),)


def test_a_sku_is_split_only_where_nobody_has_it_whole() -> None:
    available = {(CUP, NEAR): 3, (CUP, FAR): 4}

    assert plan({CUP: 6}, available, [NEAR, FAR]).allocations == (Allocation(CUP, NEAR, 3), Allocation(CUP, FAR, 3))


def test_what_all_together_lack_is_named_and_nothing_is_served() -> None:
    assert plan({CUP: 4, PLATE: 1}, {(CUP, NEAR): 1, (CUP, FAR): 2, (PLATE, NEAR): 1}, [NEAR, FAR]) == Plan((), {CUP: 1})


def test_a_warehouse_that_does_not_serve_is_not_asked() -> None:
    assert plan({CUP: 1}, {(CUP, NEAR): 0, (CUP, FAR): 9}, [NEAR]).short == {CUP: 1}


def test_any_plan_serves_exactly_the_demand_from_what_is_there_with_the_fewest_parcels() -> None:
    chance = random.Random(7)  # noqa: S311  examples, not secrets
    for _ in range(400):
        places = list(range(chance.randint(1, 5)))
        demand = {sku: chance.randint(1, 6) for sku in range(chance.randint(1, 4))}
        available = {(sku, place): chance.randint(0, 5) for sku in demand for place in places}

        planned = plan(demand, available, places)

        served = {sku: sum(one.quantity for one in planned.allocations if one.variant_id == sku) for sku in demand}
        if planned.short:
            assert set(served.values()) == {0}
            continue
        assert served == demand
        assert all(0 < one.quantity <= available[one.variant_id, one.warehouse_id] for one in planned.allocations)
        parcels = len({one.warehouse_id for one in planned.allocations})
        enough = [
            size
            for size in range(1, len(places) + 1)
            for chosen in combinations(places, size)
            if all(sum(available[sku, place] for place in chosen) >= wanted for sku, wanted in demand.items())
        ]
        assert parcels <= min(enough)


def test_with_very_many_warehouses_the_demand_is_still_served_exactly() -> None:
    places = list(range(EXACT_UP_TO + 4))

    planned = plan({CUP: 10}, {(CUP, place): 1 for place in places}, places)

    assert sum(one.quantity for one in planned.allocations) == 10
