"""The campaigns' part of the sidebar, and the tabs of lists that belong together."""

from django.utils.translation import gettext_lazy as _

from config.kernel.admin.navigation import Link, add_group, add_tabs

CUSTOMERS = Link(_("Customers"), "person", "admin:campaigns_customer_changelist", "campaigns.view_customer")
SEGMENTS = Link(_("Segments"), "groups", "admin:campaigns_segment_changelist", "campaigns.view_segment")
PROMOTIONS = Link(_("Promotions"), "sell", "admin:campaigns_promotion_changelist", "campaigns.view_promotion")
WINDOWS = Link(
    _("Windows"), "event", "admin:campaigns_promotionoccurrence_changelist", "campaigns.view_promotionoccurrence"
)  # fmt: skip
PLANS = Link(_("Campaign plans"), "flag", "admin:campaigns_campaign_changelist", "campaigns.view_campaign")
COUPONS = Link(_("Coupons"), "confirmation_number", "admin:campaigns_coupon_changelist", "campaigns.view_coupon")
BATCHES = Link(_("Coupon batches"), "stacks", "admin:campaigns_couponbatch_changelist", "campaigns.view_couponbatch")
REDEMPTIONS = Link(_("Redemptions"), "redeem", "admin:campaigns_redemption_changelist", "campaigns.view_redemption")

add_group(_("Campaigns"), [CUSTOMERS, SEGMENTS, PROMOTIONS, COUPONS], order=30)
add_tabs(
    ["campaigns.promotion", "campaigns.promotionoccurrence", "campaigns.campaign"],
    [PROMOTIONS, WINDOWS, PLANS],
)
add_tabs(["campaigns.coupon", "campaigns.couponbatch", "campaigns.redemption"], [COUPONS, BATCHES, REDEMPTIONS])
