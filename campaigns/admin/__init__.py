"""The pages of customers and offers."""

from campaigns.admin import codes, coupons, customers, navigation, notices, promotions, segments
from config.kernel.admin import home

home.add_section("admin/campaigns/_notices.html", notices.shown, order=5)

__all__ = ["codes", "coupons", "customers", "navigation", "notices", "promotions", "segments"]
