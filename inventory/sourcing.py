"""Which warehouse serves which SKU of an order: as few shipments as possible, and among those the preferred warehouses.

Exact while few warehouses serve orders; it knows nothing of addresses or costs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

# Up to this many warehouses every combination is tried (255 at most); beyond it the preferred ones come first.
EXACT_UP_TO = 8


@dataclass(frozen=True)
class Allocation:
    variant_id: int
    warehouse_id: int
    quantity: int


@dataclass(frozen=True)
class Plan:
    """`short` names what all warehouses together lack, by SKU; then `allocations` is empty: nothing is served by half."""

    allocations: tuple[Allocation, ...]
    short: Mapping[int, int]


def plan(demand: Mapping[int, int], available: Mapping[tuple[int, int], int], warehouses: Sequence[int]) -> Plan:
    """`demand` is units by SKU, `available` units by (SKU, warehouse), `warehouses` the preferred one first."""
    short = {
        sku: wanted - total
        for sku, wanted in demand.items()
        if (total := sum(available.get((sku, place), 0) for place in warehouses)) < wanted
    }
    if short:
        return Plan((), short)
    chosen = _fewest(demand, available, warehouses)
    return Plan(tuple(_share(demand, available, chosen)), {})


def _fewest(demand: Mapping[int, int], available: Mapping[tuple[int, int], int], warehouses: Sequence[int]) -> Sequence[int]:
    useful = [place for place in warehouses if any(available.get((sku, place), 0) > 0 for sku in demand)]
    if len(useful) > EXACT_UP_TO:
        return useful
    for size in range(1, len(useful) + 1):
        for places in combinations(useful, size):
            if all(sum(available.get((sku, place), 0) for place in places) >= wanted for sku, wanted in demand.items()):
                return places
    return useful


def _share(demand: Mapping[int, int], available: Mapping[tuple[int, int], int], places: Sequence[int]) -> list[Allocation]:
    """A SKU comes whole from the first place that has it all; only otherwise is it split, in order of preference."""
    shares: list[Allocation] = []
    for sku, wanted in demand.items():
        whole = next((place for place in places if available.get((sku, place), 0) >= wanted), None)
        if whole is not None:
            shares.append(Allocation(sku, whole, wanted))
            continue
        left = wanted
        for place in places:
            part = min(left, available.get((sku, place), 0))
            if part > 0:
                shares.append(Allocation(sku, place, part))
                left -= part
    return shares
