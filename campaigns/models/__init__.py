from campaigns.models.coupon import Coupon, CouponBatch, Redemption
from campaigns.models.customer import Consent, Customer
from campaigns.models.promotion import Campaign, Promotion, PromotionChange, PromotionOccurrence
from campaigns.models.segment import Segment, SegmentMembership

__all__ = (
    "Campaign",
    "Consent",
    "Coupon",
    "CouponBatch",
    "Customer",
    "Promotion",
    "PromotionChange",
    "PromotionOccurrence",
    "Redemption",
    "Segment",
    "SegmentMembership",
)
