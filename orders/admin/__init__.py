"""The pages on which staff work through orders."""

from orders.admin import navigation, order, records, returns

__all__ = ["navigation", "order", "records", "returns"]
