"""The pages on which staff keep the catalog, the stock and the purchases."""

from inventory.admin import (
    catalog,
    codes,
    counting,
    documents,
    navigation,
    offers,
    policies,
    purchasing,
    reckoning,
    replenishment,
    stock,
    suppliers,
)

__all__ = [
    "catalog",
    "codes",
    "counting",
    "documents",
    "navigation",
    "offers",
    "policies",
    "purchasing",
    "reckoning",
    "replenishment",
    "stock",
    "suppliers",
]
