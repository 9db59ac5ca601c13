"""The pages on which staff work through orders."""

from orders.admin import codes, documents, importing, navigation, order, records, returns, unmatched

__all__ = ["codes", "documents", "importing", "navigation", "order", "records", "returns", "unmatched"]
