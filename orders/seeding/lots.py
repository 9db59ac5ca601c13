"""Lots of the demo: food and cosmetics track them, some expire soon, some have expired, one is blocked, and some have left."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from config.kernel import shop
from config.kernel.models import User
from inventory.models import Lot, Reservation, StockLevel
from inventory.operations import lots
from inventory.operations.lotbook import LotUnits
from orders.models import Order
from orders.operations import fulfilling

# By supplier: shelf life, days of life at the last sale, and how many of its SKUs track lots.
TERMS = {"deulnyeok": (180, 14, 8), "choroktteul": (720, 90, 8)}
# How the lots of a place share what lies there, and how many days after their last sale they expire; the last one is long.
SHARES = ((0.1, -2), (0.25, 9), (0.65, 140))
SHIPPED = 3


def fill(*, keeper: User | None, buyer: User | None, at: datetime) -> None:
    tracked: list[int] = []
    for supplier, (life, until, number) in TERMS.items():
        fullest = (
            StockLevel.objects.filter(
                on_hand__gte=20, variant__offers__supplier__code=supplier, variant__offers__is_preferred=True
            )
            .order_by("-on_hand", "pk")
            .values_list("variant", flat=True)
        )
        for variant in list(dict.fromkeys(fullest))[:number]:
            lots.track(
                variant_id=variant, shelf_life_days=life, sell_until_days=until, opening="기존", reason="소비기한 관리 시작",
                actor=buyer, at=at,
            )  # fmt: skip
            tracked.append(variant)
            for level in StockLevel.objects.filter(variant=variant, on_hand__gt=0).order_by("pk"):
                _sort(level, len(tracked), until, keeper, at)
    _send(tracked, keeper, at)
    blocked = Lot.objects.filter(variant__in=tracked, code__endswith="B", levels__quantity__gt=0).order_by("-pk").first()
    if blocked is not None:
        lots.block(lot_id=blocked.pk, reason="공급처 회수 요청", actor=keeper, at=at)


def _sort(level: StockLevel, number: int, until: int, keeper: User | None, at: datetime) -> None:
    """What lay there before is told apart. Only some SKUs have units that are past their day."""
    today, left, found = shop.day(at), level.on_hand, []
    for place, (share, days) in enumerate(SHARES):
        units = left if place == len(SHARES) - 1 else int(level.on_hand * share)
        if days < 0 and (number % 4 or level.on_hand - level.reserved < 2 * units):
            continue
        expires_on = today + timedelta(days=days + (until if days > 0 else 0) + number % 5)
        if days < 0:
            expires_on = today + timedelta(days=days)
        if units:
            found.append(LotUnits(f"L{expires_on:%y%m%d}{'ABC'[place]}", units, expires_on))
            left -= units
    lots.count(
        variant_id=level.variant_id, warehouse_id=level.warehouse_id, found=[*found, LotUnits("기존", 0)],
        reason="로트별 실사", actor=keeper, at=at,
    )  # fmt: skip


def _send(tracked: Sequence[int], keeper: User | None, at: datetime) -> None:
    """A few of the orders that wait are sent today, so that it is known who got which lot."""
    held = Reservation.objects.filter(document_kind="ORDER", state=Reservation.State.ACTIVE, variant__in=tracked)
    waiting = Order.objects.filter(
        state=Order.State.PAID, is_short=False, number__in=held.values("document_number")
    ).order_by("placed_at", "id")  # fmt: skip
    for number in list(waiting.values_list("number", flat=True)[:SHIPPED]):
        fulfilling.pick(number=number, actor=keeper, at=at)
        fulfilling.ship(number=number, actor=keeper, at=at)
