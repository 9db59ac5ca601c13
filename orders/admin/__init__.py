"""The pages on which staff work through orders."""

from orders.admin import documents, navigation, order, records, returns

__all__ = ["documents", "navigation", "order", "records", "returns"]
