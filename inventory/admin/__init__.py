"""The pages on which staff keep the catalog, the stock and the purchases."""

from inventory.admin import (
    catalog,
    codes,
    counting,
    documents,
    navigation,
    purchasing,
    replenishment,
    stock,
    suppliers,
    transfers,
)

__all__ = [
    "catalog",
    "codes",
    "counting",
    "documents",
    "navigation",
    "purchasing",
    "replenishment",
    "stock",
    "suppliers",
    "transfers",
]
