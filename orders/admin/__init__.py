"""The pages on which staff work through orders."""

from orders.admin import codes, documents, importing, lot_receivers, navigation, order, records, returns, unmatched

__all__ = ["codes", "documents", "importing", "lot_receivers", "navigation", "order", "records", "returns", "unmatched"]
