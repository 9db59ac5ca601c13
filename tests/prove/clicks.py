"""Clicks of two real shops, read from their files: what happened, to whom and when."""

import csv
import gzip
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")
HALF_AN_HOUR = 1800


@dataclass(frozen=True)
class Click:
    visitor: str
    at: datetime
    kind: str
    sku: str = ""
    category: str = ""
    order: str = ""
    # In the second file, the page of the category on which the model was clicked.
    page: str = ""


def retailrocket(file: Path) -> Iterator[Click]:
    kinds = {"view": "product_viewed", "addtocart": "product_added", "transaction": "order_completed"}
    with gzip.open(file, "rt") as lines:
        for row in csv.DictReader(lines):
            at = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)
            sold = row["event"] == "transaction"
            order = row["transactionid"] if sold else ""
            yield Click(row["visitorid"], at, kinds[row["event"]], "" if sold else row["itemid"], order=order)


def eshop(file: Path) -> Iterator[Click]:
    """A session begins at a time of day drawn by its number, and pauses now and then for about half an hour.

    A model that the file shows under two categories is of the one it is shown under first.
    """
    category: dict[str, str] = {}
    clock: dict[str, tuple[random.Random, datetime]] = {}
    with gzip.open(file, "rt") as lines:
        for row in csv.DictReader(lines):
            session = row["session ID"]
            if session not in clock:
                dice = random.Random(int(session))  # noqa: S311
                midnight = datetime(int(row["year"]), int(row["month"]), int(row["day"]), tzinfo=SEOUL)
                clock[session] = dice, midnight + timedelta(seconds=dice.randrange(86_400))
            dice, at = clock[session]
            model = row["page 2 (clothing model)"]
            category.setdefault(model, row["page 1 (main category)"])
            yield Click(session, at, "product_viewed", model, category[model], page=row["page"])
            usual = dice.randrange(1, 240)
            clock[session] = dice, at + timedelta(seconds=dice.choice([usual] * 20 + [1799, 1800, 1801, 4000]))


def across_midnight(clicks: list[Click]) -> Iterator[date]:
    """The days that end within what would be one visit."""
    theirs: dict[str, list[datetime]] = defaultdict(list)
    for click in clicks:
        theirs[click.visitor].append(click.at.astimezone(SEOUL))
    for moments in theirs.values():
        moments.sort()
        for one, other in pairwise(moments):
            if (other - one).total_seconds() < HALF_AN_HOUR and one.date() != other.date():
                yield one.date()
