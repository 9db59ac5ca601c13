"""What becomes of an order once it is placed: paid or not, packed, sent, sent back, and when each of it happened.

A life is drawn whole and told only as far as the story goes.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from config.kernel.business_time import day_period
from orders import lifecycle
from orders.past import (
    PastEvent,
    PastHold,
    PastLine,
    PastOrder,
    PastParcel,
    PastPayment,
    PastRefund,
    PastReturn,
    PastReturnLine,
)
from orders.seeding.seasons import Day
from orders.seeding.shelves import Shelves, Slot

# Ordered and paid by then, it leaves the same day.
CUT_OFF = timedelta(hours=14)
CARRIERS = ("새벽물류", "한달음택배", "푸른택배")
CHANGES_OF_MIND = ("단순 변심", "주문 실수", "배송지 변경", "다른 상품으로 다시 주문")
FAULTS = ("단순 변심", "색상이 화면과 다름", "사이즈가 맞지 않음", "배송 중 파손", "상품 불량")

# Orders of the last days that staff shall find in each worklist, however quiet the shop is: the window in hours before the
# end, from and to, and how many orders in it meet that fate.
FATES = {
    "returning": (216, 100, 4),
    "late": (112, 64, 3),
    "partly": (62, 12, 2),
    "short": (48, 8, 2),
    "picked": (40, 1, 3),
    "refund_due": (36, 1, 3),
    "unpaid": (14, 0, 5),
    "waiting": (20, 0, 4),
}


@dataclass(frozen=True)
class Terms:
    """The shop's settings as far as orders are concerned."""

    currency: str
    zone: ZoneInfo
    shipping_fee: Decimal
    free_shipping_from: Decimal
    shipping_tax_rate: Decimal
    payment_due: timedelta
    ship_within: timedelta


@dataclass(frozen=True, slots=True)
class Share:
    """Units of one line held in one place."""

    position: int
    slot: Slot
    quantity: int


class Lives:
    def __init__(
        self, shelves: Shelves, days: Sequence[Day], terms: Terms, staff: Mapping[str, int], until: datetime, draw: Random
    ) -> None:
        """`days` reach beyond the story at both ends: parcels leave on working days."""
        self.shelves = shelves
        self.terms = terms
        self.clerk = staff.get("order_clerk")
        self.packer = staff.get("warehouse")
        self.until = until
        self.draw = draw
        self.open_days = [day_period(day.on, terms.zone).starts_at for day in days if not day.is_closed]
        self.left = {name: number for name, (_from, _to, number) in FATES.items()}

    def live(
        self,
        draft: dict[str, Any],
        total: Decimal,
        lines: tuple[PastLine, ...],
        shares: Sequence[Share],
        chances: Sequence[float],
    ) -> PastOrder:
        """`chances` is, for each line, how likely it comes back."""
        draw, at = self.draw, draft["placed_at"]
        fate = self._fate(at, len(lines))
        chance = draw.random() if not fate else 1.0
        due = at + self.terms.payment_due
        if fate == "unpaid":
            # A bank transfer on its way: the shop waits a day for it.
            return self._waits(draft, lines, shares, at + timedelta(hours=24))
        if chance < 0.028:
            return self._expires(draft, total, lines, shares, due)
        if chance < 0.036:
            ends = at + timedelta(minutes=draw.randrange(4, 50))
            return self._ends(draft, "CANCELED", ends, lines, shares, payment_due_at=due)
        paid_at = at + timedelta(seconds=15 + min(int(draw.expovariate(1 / 240)), 3300))
        if fate:
            paid_at = min(paid_at, max(at, self.until - timedelta(seconds=20)))
        if paid_at > self.until:
            return self._waits(draft, lines, shares, due)
        payment = PastPayment(
            draw.choices(("card", "easypay", "transfer"), (62, 30, 8))[0], f"{draw.getrandbits(56):014x}", total, paid_at
        )
        paid = {
            "payment_due_at": due,
            "paid_at": paid_at,
            "ship_due_at": paid_at + self.terms.ship_within,
            "payments": (payment,),
        }
        leaves = self._leaves(paid_at, fate)
        if fate == "refund_due" or (0.036 <= chance < 0.054 and paid_at + timedelta(hours=3) < leaves):
            return self._regrets(draft, total, lines, shares, paid, fate)
        if fate == "short":
            return self._runs_short(draft, lines, shares, paid)
        return self._is_sent(draft, lines, shares, paid, leaves, fate, chances)

    def _fate(self, at: datetime, lines: int) -> str:
        hours = (self.until - at).total_seconds() / 3600
        if hours < 216:
            for name, (first, last, _number) in FATES.items():
                if self.left[name] and last <= hours <= first and (name != "partly" or lines > 1):
                    self.left[name] -= 1
                    return name
        return ""

    # Orders that nobody pays, or that are given up

    def _waits(self, draft: dict[str, Any], lines: tuple[PastLine, ...], shares: Sequence[Share], due: datetime) -> PastOrder:
        return PastOrder(state="PLACED", lines=lines, holds=_holds(shares), payment_due_at=due, **draft)

    def _expires(
        self, draft: dict[str, Any], total: Decimal, lines: tuple[PastLine, ...], shares: Sequence[Share], due: datetime
    ) -> PastOrder:
        ends = due + timedelta(seconds=self.draw.randrange(3, 60))
        late: dict[str, Any] = {}
        pays = ends + timedelta(minutes=self.draw.randrange(3, 90))
        if self.draw.random() < 0.04 and pays < self.until:
            late["payments"] = (PastPayment("transfer", f"{self.draw.getrandbits(56):014x}", total, pays),)
            late["refunds"] = self._refunds(total, "기한이 지난 입금", pays + timedelta(hours=self.draw.randrange(2, 30)))
        return self._ends(draft, "EXPIRED", ends, lines, shares, payment_due_at=due, **late)

    def _ends(
        self, draft: dict[str, Any], state: str, at: datetime, lines: tuple[PastLine, ...], shares: Sequence[Share], **rest: Any
    ) -> PastOrder:
        if at > self.until:
            return self._waits(draft, lines, shares, rest["payment_due_at"])
        for share in shares:
            self.shelves.later(at, share.slot, available=share.quantity)
        reason = "" if state == "EXPIRED" else rest.pop("reason", self.draw.choice(CHANGES_OF_MIND))
        return PastOrder(state=state, lines=lines, holds=_holds(shares), closed_at=at, reason=reason, **draft, **rest)

    def _regrets(
        self,
        draft: dict[str, Any],
        total: Decimal,
        lines: tuple[PastLine, ...],
        shares: Sequence[Share],
        paid: dict[str, Any],
        fate: str,
    ) -> PastOrder:
        """Paid, canceled before anything left; the money goes back some hours later."""
        ends = paid["paid_at"] + timedelta(minutes=self.draw.randrange(5, 170))
        if fate:
            ends = min(ends, self.until - timedelta(seconds=5))
        if ends > self.until:
            return PastOrder(state="PAID", lines=lines, holds=_holds(shares), **draft, **paid)
        back = ends + timedelta(minutes=self.draw.randrange(20, 1200))
        reason = self.draw.choice(CHANGES_OF_MIND)
        refunds = () if fate else self._refunds(total, reason, back)
        return self._ends(
            draft, "CANCELED", ends, lines, shares, refunds=refunds, closed_by_id=self.clerk, reason=reason, **paid
        )

    def _refunds(self, amount: Decimal, reason: str, at: datetime) -> tuple[PastRefund, ...]:
        if at > self.until or not amount:
            return ()
        return (PastRefund(f"RF-{self.draw.getrandbits(56):014x}", amount, reason, at, self.clerk),)

    # Orders that go out

    def _leaves(self, paid_at: datetime, fate: str) -> datetime:
        """When the parcels leave: the same working day if paid by the cut-off, else the next; a few are forgotten for days."""
        draw = self.draw
        day = bisect_right(self.open_days, paid_at) - 1
        if paid_at - self.open_days[day] >= CUT_OFF:
            day += 1
        chance = draw.random()
        if fate in ("late", "picked", "waiting", "partly"):
            while self.open_days[day] + timedelta(hours=17) < self.until:
                day += 1
        elif chance < 0.03:
            day += 1 if chance > 0.005 else 3
        leaves = self.open_days[min(day, len(self.open_days) - 1)] + timedelta(hours=16.5, minutes=draw.randrange(120))
        return max(leaves, self.until + timedelta(hours=1)) if fate in ("late", "picked", "waiting", "partly") else leaves

    def _runs_short(
        self, draft: dict[str, Any], lines: tuple[PastLine, ...], shares: Sequence[Share], paid: dict[str, Any]
    ) -> PastOrder:
        """What was held for its first line was not there when it was to be packed."""
        first = lines[0]
        found = min(paid["paid_at"] + timedelta(hours=5), self.until - timedelta(minutes=2))
        kept = [share for share in shares if share.position != 1]
        for share in shares:
            if share.position == 1:
                self.shelves.later(found, share.slot, available=share.quantity)
        told = PastEvent("SHORT", found, details={"lines": [{"sku": first.sku, "quantity": first.quantity}]})
        return PastOrder(
            state="PAID", lines=(replace(first, short=first.quantity), *lines[1:]), holds=_holds(kept), events=(told,),
            **draft, **paid,
        )  # fmt: skip

    def _is_sent(
        self,
        draft: dict[str, Any],
        lines: tuple[PastLine, ...],
        shares: Sequence[Share],
        paid: dict[str, Any],
        leaves: datetime,
        fate: str,
        chances: Sequence[float],
    ) -> PastOrder:
        draw = self.draw
        by_parcel: defaultdict[int, list[Share]] = defaultdict(list)
        for share in shares:
            # An order that is partly on its way has sent its first line; the others wait, wherever they lie.
            by_parcel[share.position if fate == "partly" else share.slot.warehouse_id].append(share)
        parcels: list[PastParcel] = []
        held: list[Share] = []
        at = leaves
        for number, contents in enumerate(by_parcel.values()):
            if number:
                at = leaves + (timedelta(days=1) if draw.random() < 0.15 else timedelta(minutes=draw.randrange(3, 40)))
            gone = paid["paid_at"] + timedelta(minutes=50) if fate == "partly" and not number else at
            if gone > self.until:
                held += contents
                continue
            items: defaultdict[int, int] = defaultdict(int)
            for share in contents:
                items[share.position] += share.quantity
                self.shelves.later(gone, share.slot, on_hand=-share.quantity)
            parcels.append(
                PastParcel(
                    contents[0].slot.warehouse_id, gone, items, draw.choice(CARRIERS), f"{draw.randrange(10**11, 10**12)}",
                    actor_id=self.packer,
                )
            )  # fmt: skip
        events = self._picked(paid["paid_at"], parcels[0].shipped_at if parcels else leaves, fate)
        state = "SHIPPED" if not held else "PARTLY_SHIPPED" if parcels else "PICKED" if events else "PAID"
        told: dict[str, Any] = {"events": events}
        if state == "SHIPPED":
            told["shipped_at"] = parcels[-1].shipped_at
            told |= self._comes_back(lines, shares, parcels, chances, fate, draft["currency"])
        return PastOrder(state=state, lines=lines, parcels=tuple(parcels), holds=_holds(held), **draft, **paid, **told)

    def _picked(self, paid_at: datetime, leaves: datetime, fate: str) -> tuple[PastEvent, ...]:
        at = leaves - timedelta(minutes=self.draw.randrange(15, 150))
        if fate == "picked":
            at = paid_at + timedelta(minutes=10)
        if fate in ("late", "waiting") or not paid_at < at <= min(leaves, self.until):
            return ()
        return (PastEvent("PICKED", at, actor_id=self.packer),)

    # Orders that come back

    def _comes_back(
        self,
        lines: tuple[PastLine, ...],
        shares: Sequence[Share],
        parcels: Sequence[PastParcel],
        chances: Sequence[float],
        fate: str,
        currency: str,
    ) -> dict[str, Any]:
        draw = self.draw
        first = parcels[0]
        back = {
            position: units if draw.random() < 0.7 else 1
            for position, units in first.items.items()
            if draw.random() < chances[position - 1]
        }
        if fate == "returning":
            back = dict(list(first.items.items())[:1])
        if not back:
            return {}
        accepted = parcels[-1].shipped_at + timedelta(minutes=draw.randrange(2 * 1440, 9 * 1440))
        if fate == "returning":
            accepted = self.until - timedelta(minutes=draw.randrange(60, 1500))
        if accepted > self.until or accepted < parcels[-1].shipped_at:
            return {}
        reason = draw.choice(FAULTS)
        number = bisect_right(self.open_days, accepted + timedelta(days=draw.randrange(2, 5)))
        received = self.open_days[min(number, len(self.open_days) - 1)] + timedelta(hours=10, minutes=draw.randrange(320))
        told = PastReturn(
            first.warehouse_id, reason, accepted,
            tuple(
                PastReturnLine(units, units if draw.random() < 0.85 else units - 1, position=position)
                for position, units in back.items()
            ),
            actor_id=self.clerk,
        )  # fmt: skip
        refusing = accepted + timedelta(hours=draw.randrange(6, 40))
        if draw.random() < 0.03 and not fate and refusing < self.until:
            return {"returns": (replace(told, refused_at=refusing, refusal="사용 흔적이 있음"),)}
        if received > self.until or fate == "returning":
            return {"returns": (told,)}
        places = {share.position: share.slot for share in shares if share.slot.warehouse_id == first.warehouse_id}
        worth = Decimal(0)
        for one in told.lines:
            position = one.position or 0
            line = lines[position - 1]
            total = (line.gross or Decimal(0)) - sum((off.amount for off in line.discounts), Decimal(0))
            worth += lifecycle.share(total=total, quantity=line.quantity, before=0, units=one.quantity, currency=currency)
            self.shelves.later(received, places[position], on_hand=one.restocked, available=one.restocked)
        refunds = self._refunds(worth, reason, received + timedelta(minutes=draw.randrange(30, 1500)))
        return {"returns": (replace(told, received_at=received),), "refunds": refunds}


def _holds(shares: Sequence[Share]) -> tuple[PastHold, ...]:
    return tuple(PastHold(share.position, share.slot.warehouse_id, share.quantity) for share in shares)
