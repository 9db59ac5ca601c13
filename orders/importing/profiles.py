"""The shops whose past can be read. A profile knows its tables by their columns and puts their rows together as documents."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from orders.importing.books import Book, Table
from orders.importing.olist import TABLES as OLIST_TABLES
from orders.importing.olist import OlistBook
from orders.importing.online_retail import TABLES as ONLINE_RETAIL_TABLES
from orders.importing.online_retail import OnlineRetailBook
from orders.importing.own_orders import TABLES as OWN_ORDERS_TABLES
from orders.importing.own_orders import OwnOrdersBook


@dataclass(frozen=True)
class Profile:
    name: str
    title: Any
    currency: str  # empty: whatever the shop's is
    tables: tuple[Table, ...]
    book: Callable[[], Book]

    @property
    def channel(self) -> str:
        return f"import:{self.name}"

    def money(self, ours: str) -> str:
        """The currency of its files in a shop whose own is `ours`."""
        return self.currency or ours


PROFILES = {
    one.name: one
    for one in (
        Profile("orders", gettext_lazy("Own orders"), "", OWN_ORDERS_TABLES, OwnOrdersBook),
        Profile("online-retail", "Online Retail (UCI)", "GBP", ONLINE_RETAIL_TABLES, OnlineRetailBook),
        Profile("olist", "Olist", "BRL", OLIST_TABLES, OlistBook),
    )
}
