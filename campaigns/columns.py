"""What the columns of the tables of campaigns tell about people; see config/kernel/catalogue.py. Pure."""

from config.kernel.catalogue import Kept, Purpose, Table

TABLES = (
    Table(
        "campaigns_customer",
        "order_clerk",
        Purpose.CUSTOMERS,
        Kept.FOR_GOOD,
        none="created_at erased_at",
        pseudonymous="id external_id",
        personal="name phone email",
        personal_kept=Kept.UNTIL_ERASED,
    ),
    Table(
        "campaigns_consent",
        "marketer",
        Purpose.CUSTOMERS,
        Kept.FOR_GOOD,
        none="id channel purpose is_given text_version source stated_at",
        pseudonymous="customer_id actor_id",
    ),
    Table(
        "campaigns_segment",
        "marketer",
        Purpose.OFFERS,
        Kept.FOR_GOOD,
        none="id code name description",
    ),
    Table(
        "campaigns_segmentmembership",
        "marketer",
        Purpose.OFFERS,
        Kept.UNTIL_ERASED,
        none="id segment_id joined_at",
        pseudonymous="customer_id",
    ),
    Table(
        "campaigns_segmentchange",
        "marketer",
        Purpose.OFFERS,
        Kept.FOR_GOOD,
        none="id segment_id joined left changed_at",
        pseudonymous="actor_id",
    ),
    Table(
        "campaigns_campaign",
        "marketer",
        Purpose.OFFERS,
        Kept.FOR_GOOD,
        none="id name goal",
    ),
    Table(
        "campaigns_promotion_products",
        "marketer",
        Purpose.OFFERS,
        Kept.FOR_GOOD,
        none="id promotion_id product_id",
    ),
    Table(
        "campaigns_promotion_categories",
        "marketer",
        Purpose.OFFERS,
        Kept.FOR_GOOD,
        none="id promotion_id category_id",
    ),
    Table(
        "campaigns_promotion",
        "marketer",
        Purpose.OFFERS,
        Kept.FOR_GOOD,
        none=(
            "id name campaign_id version is_enabled starts_at ends_at weekdays from_hour until_hour needs_coupon "
            "covers segment_id minimum_amount first_order_only benefit percent amount buy get priority "
            "stacking_group usage_limit usage_limit_per_customer budget used spent settled_until next_edge_at"
        ),
    ),
    Table(
        "campaigns_promotionchange",
        "marketer",
        Purpose.OFFERS,
        Kept.FOR_GOOD,
        none="id promotion_id version kind before after reason changed_at",
        pseudonymous="actor_id",
    ),
    Table(
        "campaigns_promotionoccurrence",
        "marketer",
        Purpose.OFFERS,
        Kept.FOR_GOOD,
        none="id promotion_id started_at ended_at uses amount",
    ),
    Table(
        "campaigns_couponbatch",
        "marketer",
        Purpose.OFFERS,
        Kept.FOR_GOOD,
        none="id name promotion_id size made_at",
        pseudonymous="made_by_id",
    ),
    Table(
        "campaigns_coupon",
        "marketer",
        Purpose.OFFERS,
        Kept.FOR_GOOD,
        none="id code promotion_id batch_id is_enabled usage_limit used made_at",
        pseudonymous="customer_id made_by_id",
    ),
    Table(
        "campaigns_couponswitch",
        "marketer",
        Purpose.OFFERS,
        Kept.FOR_GOOD,
        none="id coupon_id is_enabled switched_at",
        pseudonymous="actor_id",
    ),
    Table(
        "campaigns_redemption",
        "marketer",
        Purpose.OFFERS,
        Kept.FOR_GOOD,
        none="id promotion_id coupon_id document_kind amount state redeemed_at",
        pseudonymous="customer_id document_number",
    ),
)
