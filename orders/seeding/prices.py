"""The list prices of the story: which were changed during its year, when and why. Nothing here touches the database."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from orders.seeding.seasons import Day
from orders.seeding.story import Offered, Repricing

# (share of the story that is over, shelves, percent, reason): the occasions on which prices were looked through.
OCCASIONS = (
    (0.11, ("coffee",), 6, "생두 시세 인상 반영"),
    (0.27, ("grains", "nuts"), 5, "산지 매입가 인상"),
    (0.44, ("cooling", "sunscreen"), -8, "여름 상품 판매가 인하"),
    (0.58, ("creams", "serums"), 4, "용량 변경에 따른 가격 조정"),
    (0.73, ("tableware", "cups"), 5, "원재료비 상승"),
    (0.86, ("towels", "duvets"), -6, "경쟁 상품과 가격 맞춤"),
)
# The share of a shelf's SKUs whose price changes with the occasion.
TOUCHED = 0.5


def repriced(
    offered: Sequence[Offered], days: Sequence[Day], *, zone: ZoneInfo, until: datetime, draw: Random
) -> list[Repricing]:
    """In order of time, no SKU twice. The catalog has the prices of the end; those before them are made up here."""
    found = []
    for share, shelves, percent, reason in OCCASIONS:
        # On the first working day from there on, in the forenoon.
        place = int(len(days) * share)
        day = next((one for one in days[place:] if not one.is_closed), days[place])
        at = datetime(day.on.year, day.on.month, day.on.day, 10, 20, tzinfo=zone)
        for item, one in enumerate(offered):
            if one.shelf.code not in shelves or draw.random() > TOUCHED:
                continue
            at += timedelta(seconds=draw.randrange(20, 90))
            before = Decimal(int(one.list_price) * 100 // (100 + percent) // 100 * 100)
            if at < until and 0 < before != one.list_price:
                found.append(Repricing(item, before, one.list_price, at, reason))
    return found
