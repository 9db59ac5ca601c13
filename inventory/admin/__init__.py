"""The pages on which staff keep the catalog, the stock and the purchases."""

from inventory.admin import (
    ageing,
    bins,
    catalog,
    codes,
    counting,
    documents,
    navigation,
    purchasing,
    replenishment,
    stock,
    suppliers,
)

__all__ = [
    "ageing",
    "bins",
    "catalog",
    "codes",
    "counting",
    "documents",
    "navigation",
    "purchasing",
    "replenishment",
    "stock",
    "suppliers",
]
