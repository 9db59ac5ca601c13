"""The stock of the story: what lies where, what is promised, what was bought, and when which of it changes.

Nothing here touches the database. Changes that lie ahead wait in one queue and come true as the story's clock passes them.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import partial
from heapq import heappop, heappush
from math import ceil, sqrt
from random import Random

from config.kernel.business_time import business_day
from inventory import numbering, sourcing
from inventory.operations.history import PastMovement
from inventory.operations.ledger import Document
from inventory.operations.purchase_history import PastCount, PastPurchase, PastPurchaseLine, PastReceipt
from orders.seeding.assortment import Maker

# The voucher of the first stocking: a shop that has it was opened by a seed.
OPENING = Document("OPENING", "DEMO")
# What is written off, and the cause it is put down to.
LOSSES = {"운반 중 파손": "BROKEN", "재고 분실": "LOST", "상품 촬영 견본": "SAMPLE"}
# Days of sales one purchase covers beyond its lead time.
REVIEW_DAYS = 12


@dataclass
class Slot:
    """One SKU in one warehouse. `error` is how far the buyer misjudges its sales."""

    variant_id: int
    warehouse_id: int
    maker: Maker
    cost: Decimal
    share: float
    error: float
    on_hand: int = 0
    available: int = 0
    on_order: int = 0


@dataclass
class Told:
    """What happened to the stock beside selling it, since it was last asked for."""

    movements: list[PastMovement] = field(default_factory=list)
    purchases: list[PastPurchase] = field(default_factory=list)
    counts: list[PastCount] = field(default_factory=list)


class Shelves:
    """`slots` are by item and, within it, in order of the warehouses' priority."""

    def __init__(
        self,
        slots: Sequence[Sequence[Slot]],
        *,
        warehouses: Sequence[int],
        suppliers: Mapping[str, int],
        staff: Mapping[str, int],
        numbers: Iterator[int],
        zone: tzinfo,
        until: datetime,
        draw: Random,
    ) -> None:
        """`warehouses` in order of priority; `suppliers` by code; `staff` by role; `numbers` are for documents."""
        self.slots = slots
        self.warehouses = list(warehouses)
        self.suppliers = suppliers
        self.buyer = staff.get("buyer")
        self.warehouse = staff.get("warehouse")
        self.numbers = numbers
        self.zone = zone
        # The last days' needs are left to the shop's own nightly replenishment.
        self.buys_until = until - timedelta(days=1)
        self.draw = draw
        self.told = Told()
        self._ahead: list[tuple[datetime, int, Slot, int, int, int]] = []
        self._asked = 0
        self._chores: deque[tuple[datetime, Callable[[datetime], None]]] = deque()

    def open(self, rates: Sequence[float], at: datetime) -> None:
        """The first stocking: enough for a lead time and a review of sales at these rates a day."""
        for item, slots in enumerate(self.slots):
            for slot in slots:
                units = self._target(slot, rates[item])
                slot.on_hand = slot.available = units
                self._move(slot, "ADJUSTMENT", units, OPENING, at, "기초 재고")

    def later(self, at: datetime, slot: Slot, *, on_hand: int = 0, available: int = 0, on_order: int = 0) -> None:
        self._asked += 1
        heappush(self._ahead, (at, self._asked, slot, on_hand, available, on_order))

    def until(self, at: datetime) -> None:
        """Lets everything come true that lies before the moment, and people do their work of that time."""
        while self._chores and self._chores[0][0] <= at:
            moment, chore = self._chores.popleft()
            self._come_true(moment)
            chore(moment)
        self._come_true(at)

    def _come_true(self, at: datetime) -> None:
        ahead = self._ahead
        while ahead and ahead[0][0] <= at:
            _moment, _asked, slot, on_hand, available, on_order = heappop(ahead)
            slot.on_hand += on_hand
            slot.available += available
            slot.on_order += on_order

    def free(self, item: int) -> int:
        return sum(slot.available for slot in self.slots[item])

    def reserve(self, demand: Mapping[int, int]) -> list[tuple[int, Slot, int]]:
        """Takes the units as a placed order would, from as few warehouses as serve it; all of them must be there.

        Answers item, place and units of each share.
        """
        places = {(item, slot.warehouse_id): slot for item in demand for slot in self.slots[item]}
        plan = sourcing.plan(demand, {place: slot.available for place, slot in places.items()}, self.warehouses)
        shares = []
        for one in plan.allocations:
            slot = places[one.variant_id, one.warehouse_id]
            slot.available -= one.quantity
            shares.append((one.variant_id, slot, one.quantity))
        return shares

    def plan(self, on: date, starts_at: datetime, rates: Sequence[float]) -> None:
        """What buyers and the warehouses will do on a working day: counts and purchases in the morning, losses, transfers."""
        if on.day in (7, 8) and on.weekday() < 5:
            self._chores.append((starts_at + timedelta(hours=8), self._count))
        if starts_at < self.buys_until:
            self._chores.append((starts_at + timedelta(hours=9, minutes=30), partial(self._buy, on, rates)))
        if on.weekday() == 2:
            self._chores.append((starts_at + timedelta(hours=11), self._write_off))
            self._chores.append((starts_at + timedelta(hours=15), partial(self._transfer, rates)))

    # Buying

    def _target(self, slot: Slot, rate: float) -> int:
        sold = rate * slot.share * slot.error
        days = slot.maker.lead_days + REVIEW_DAYS
        return ceil(sold * days + 1.3 * sqrt(sold * days) + 1)

    def _buy(self, on: date, rates: Sequence[float], at: datetime) -> None:
        """Each supplier is looked at on one working day of the week, the quick ones on three."""
        needs: defaultdict[tuple[str, int], list[tuple[Slot, int]]] = defaultdict(list)
        for item, slots in enumerate(self.slots):
            for slot in slots:
                maker = slot.maker
                weekday = (sum(map(ord, maker.code)) + self.warehouses.index(slot.warehouse_id)) % 5
                if on.weekday() not in ((0, 2, 4) if maker.lead_days < 6 else (weekday,)):
                    continue
                position = slot.available + slot.on_order
                sold = rates[item] * slot.share * slot.error
                if position > sold * (maker.lead_days + 6) + 0.8 * sqrt(sold * maker.lead_days):
                    continue
                wanted = max(self._target(slot, rates[item]) - position, maker.minimum // 4, 1)
                needs[maker.code, slot.warehouse_id].append((slot, -(-wanted // maker.pack) * maker.pack))
        for (code, warehouse_id), lines in needs.items():
            self._order(self.suppliers[code], warehouse_id, lines, at + timedelta(minutes=self.draw.randrange(40)))

    def _order(self, supplier_id: int, warehouse_id: int, lines: list[tuple[Slot, int]], at: datetime) -> None:
        draw, maker = self.draw, lines[0][0].maker
        sent_at = at + timedelta(hours=draw.choice((1, 2, 4, 5)), minutes=draw.randrange(60))
        days = maker.lead_days + (
            draw.randrange(1, maker.spread + 1) if draw.random() < maker.lateness else draw.choice((-1, 0, 0, 0))
        )
        arrives = (sent_at + timedelta(days=max(days, 1))).replace(minute=draw.randrange(60), second=0, microsecond=0)
        rest = draw.random() < 0.2
        receipts: list[tuple[datetime, dict[int, int]]] = [(arrives, {})]
        if rest:
            receipts.append((arrives + timedelta(days=draw.randrange(2, 6)), {}))
        for slot, quantity in lines:
            first = max(quantity * 2 // 3, 1) if rest else quantity
            if rest and quantity > first:
                receipts[1][1][slot.variant_id] = quantity - first
            receipts[0][1][slot.variant_id] = first
            slot.on_order += quantity
            for moment, units in receipts:
                if slot.variant_id in units:
                    came = units[slot.variant_id]
                    self.later(moment, slot, on_hand=came, available=came, on_order=-came)
        self.told.purchases.append(
            PastPurchase(
                supplier_id=supplier_id,
                warehouse_id=warehouse_id,
                lines=tuple(PastPurchaseLine(slot.variant_id, quantity, slot.cost) for slot, quantity in lines),
                drafted_at=at,
                approved_at=at + (sent_at - at) / 2,
                sent_at=sent_at,
                expected_on=(sent_at + timedelta(days=maker.lead_days)).date(),
                receipts=tuple(
                    PastReceipt(f"DN-{supplier_id}-{moment:%y%m%d}-{place}", moment, units, actor_id=self.warehouse)
                    for place, (moment, units) in enumerate(receipts, 1)
                    if units
                ),
                closed_at=receipts[-1][0] + timedelta(days=draw.randrange(1, 4)) if draw.random() < 0.7 else None,
                actor_id=self.buyer,
            )
        )

    # In the warehouse

    def _write_off(self, at: datetime) -> None:
        for _ in range(self.draw.randrange(1, 4)):
            slot = self.draw.choice(self.draw.choice(self.slots))
            lost = self.draw.choice((1, 1, 2))
            if slot.available >= lost + 2:
                reason = self.draw.choice(tuple(LOSSES))
                self._change(slot, -lost)
                document = self._document("WRITE_OFF", numbering.WRITE_OFF, at)
                self.told.movements.append(
                    PastMovement(
                        slot.variant_id, slot.warehouse_id, "WRITE_OFF", -lost, document, at, reason=reason,
                        unit_cost=slot.cost, actor_id=self.warehouse, cause=LOSSES[reason],
                    )
                )  # fmt: skip

    def _transfer(self, rates: Sequence[float], at: datetime) -> None:
        """Tops the weaker warehouse up from the stronger one."""
        moved = 0
        for item, slots in enumerate(self.slots):
            if len(slots) < 2 or moved == 3:
                continue
            giver, taker = slots[0], slots[1]
            spare = giver.available - ceil(rates[item] * giver.share * 14)
            if taker.available == 0 and spare >= 4:
                units = spare // 2
                document = self._document("TRANSFER", numbering.TRANSFER, at)
                self._change(giver, -units)
                self._change(taker, units)
                self._move(giver, "TRANSFER_OUT", -units, document, at, "재고 보충")
                self._move(taker, "TRANSFER_IN", units, document, at, "재고 보충")
                moved += 1

    def _count(self, at: datetime) -> None:
        """Some shelves of one warehouse are counted; a few differ by a unit or two."""
        warehouse_id = self.draw.choice(self.warehouses)
        here = [slot for slots in self.slots for slot in slots if slot.warehouse_id == warehouse_id and slot.on_hand > 4]
        lines = []
        for slot in self.draw.sample(here, min(25, len(here))):
            found = self.draw.choices((0, -1, -2, 1), (86, 8, 2, 4))[0]
            if slot.available + found < 0:
                found = 0
            lines.append((slot.variant_id, slot.on_hand, slot.on_hand + found))
            self._change(slot, found)
        if lines:
            self.told.counts.append(PastCount(warehouse_id, at, tuple(lines), note="월 순환 실사", actor_id=self.warehouse))

    def _change(self, slot: Slot, units: int) -> None:
        slot.on_hand += units
        slot.available += units

    def _move(self, slot: Slot, kind: str, units: int, document: Document, at: datetime, reason: str) -> None:
        place = (slot.variant_id, slot.warehouse_id)
        self.told.movements.append(PastMovement(*place, kind, units, document, at, reason=reason, actor_id=self.warehouse))

    def _document(self, kind: str, prefix: str, at: datetime) -> Document:
        return Document(kind, f"{prefix}-{business_day(at, self.zone):%y%m%d}-{next(self.numbers):06}")

    def take(self) -> Told:
        told, self.told = self.told, Told()
        return told
