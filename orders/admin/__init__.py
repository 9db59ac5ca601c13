"""The pages on which staff work through orders."""

from orders.admin import documents, importing, navigation, order, records, returns

__all__ = ["documents", "importing", "navigation", "order", "records", "returns"]
