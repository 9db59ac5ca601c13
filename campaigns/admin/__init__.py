"""The pages of customers and offers."""

from campaigns.admin import coupons, customers, navigation, promotions, segments

__all__ = ["coupons", "customers", "navigation", "promotions", "segments"]
