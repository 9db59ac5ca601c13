"""The pages on which staff work through orders."""

from orders.admin import documents, importing, navigation, order, records, returns, unmatched

__all__ = ["documents", "importing", "navigation", "order", "records", "returns", "unmatched"]
