from campaigns.models.coupon import Coupon, CouponBatch, CouponSwitch, Redemption
from campaigns.models.customer import Consent, Customer
from campaigns.models.promotion import Campaign, Promotion, PromotionChange, PromotionOccurrence
from campaigns.models.segment import Segment, SegmentChange, SegmentMembership

__all__ = (
    "Campaign",
    "Consent",
    "Coupon",
    "CouponBatch",
    "CouponSwitch",
    "Customer",
    "Promotion",
    "PromotionChange",
    "PromotionOccurrence",
    "Redemption",
    "Segment",
    "SegmentChange",
    "SegmentMembership",
)
