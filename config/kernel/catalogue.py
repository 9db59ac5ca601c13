"""What a column of the shop's database may tell about people, whose it is, what for and for how long it is kept. Pure.

Each app declares its tables in `<app>/columns.py`; a column that is in none of them stops the build.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Sensitivity(Enum):
    NONE = "none"  # tells nothing of anybody
    PSEUDONYMOUS = "pseudonymous"  # leads to a person only together with something else
    PERSONAL = "personal"  # is about a person by itself, or is free text that may be
    SENSITIVE = "sensitive"  # opens doors: passwords and their like


class Purpose(Enum):
    ORDERS = "orders"  # to fulfil what was ordered, and to prove it
    CUSTOMERS = "customers"  # to know whom the shop speaks to, and what they allowed
    OFFERS = "offers"  # to make offers and account for them
    GOODS = "goods"  # to buy, store and count goods
    MEASURING = "measuring"  # to see how people shop
    RUNNING = "running"  # to run the system
    ANSWERING = "answering"  # to tell who did what


class Kept(Enum):
    FOR_GOOD = "for_good"  # as long as the shop keeps its books
    UNTIL_ERASED = "until_erased"  # until the person is erased
    WHILE_NEEDED = "while_needed"  # until staff remove or change it
    REMADE = "remade"  # made anew from what it is derived of
    EVENTS = "events"  # as the setting of shoppers' events says
    EVENTS_PERSONAL = "events_personal"  # as the setting of whose events they are says
    A_WEEK = "a_week"
    A_MONTH = "a_month"
    THREE_MONTHS = "three_months"
    A_YEAR = "a_year"  # 400 days, so that a year can be compared
    TWO_YEARS = "two_years"


@dataclass(frozen=True)
class Column:
    table: str
    name: str
    owner: str
    sensitivity: Sensitivity
    purpose: Purpose
    kept: Kept


@dataclass(frozen=True)
class Table:
    """`owner` is the role that answers for it. Columns stand by name under what they tell; what tells of a person and is kept
    otherwise than the rest stands in `personal_kept`.
    """

    name: str
    owner: str
    purpose: Purpose
    kept: Kept
    none: str = ""
    pseudonymous: str = ""
    personal: str = ""
    sensitive: str = ""
    personal_kept: Kept | None = None

    def columns(self) -> Iterator[Column]:
        for sensitivity in Sensitivity:
            tells = sensitivity in (Sensitivity.PERSONAL, Sensitivity.SENSITIVE)
            kept = self.personal_kept if tells and self.personal_kept else self.kept
            for name in getattr(self, sensitivity.value).split():
                yield Column(self.name, name, self.owner, sensitivity, self.purpose, kept)
