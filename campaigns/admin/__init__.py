"""The pages of customers and offers."""

from campaigns.admin import codes, coupons, customers, navigation, promotions, segments

__all__ = ["codes", "coupons", "customers", "navigation", "promotions", "segments"]
