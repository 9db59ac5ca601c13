"""The shops whose past can be read. A profile knows its tables by their columns and puts their rows together as documents."""

from collections.abc import Callable
from dataclasses import dataclass

from orders.importing.books import Book, Table
from orders.importing.olist import TABLES as OLIST_TABLES
from orders.importing.olist import OlistBook
from orders.importing.online_retail import TABLES as ONLINE_RETAIL_TABLES
from orders.importing.online_retail import OnlineRetailBook


@dataclass(frozen=True)
class Profile:
    name: str
    title: str
    currency: str
    tables: tuple[Table, ...]
    book: Callable[[], Book]

    @property
    def channel(self) -> str:
        return f"import:{self.name}"


PROFILES = {
    one.name: one
    for one in (
        Profile("online-retail", "Online Retail (UCI)", "GBP", ONLINE_RETAIL_TABLES, OnlineRetailBook),
        Profile("olist", "Olist", "BRL", OLIST_TABLES, OlistBook),
    )
}
