from inventory.admin import replenishment

__all__ = ("replenishment",)
