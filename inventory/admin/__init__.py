"""The pages on which staff keep the catalog, the stock and the purchases."""

from inventory.admin import (
    catalog,
    codes,
    counting,
    documents,
    navigation,
    offers,
    policies,
    purchase_papers,
    purchasing,
    receipts,
    reckoning,
    replenishment,
    risks,
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
    "offers",
    "policies",
    "purchase_papers",
    "purchasing",
    "receipts",
    "reckoning",
    "replenishment",
    "risks",
    "stock",
    "suppliers",
    "transfers",
]
