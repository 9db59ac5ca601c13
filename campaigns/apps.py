from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = _("Campaigns")

    def ready(self) -> None:
        from campaigns import promises  # noqa: F401  registers itself
        from config.kernel.roles import Role, grant

        customers = ("view_customer", "view_consent", "view_segment", "view_segmentmembership")
        offers = (
            "view_campaign", "view_promotion", "view_promotionchange", "view_promotionoccurrence",
            "view_coupon", "view_couponbatch", "view_redemption",
        )  # fmt: skip
        keeps = (
            *(f"{verb}_{model}" for verb in ("add", "change") for model in ("campaign", "segment", "promotion", "coupon")),
            "delete_campaign", "delete_segment", "add_couponbatch", "change_customer", "add_consent", "view_personal",
        )  # fmt: skip
        grant(
            "campaigns",
            {
                Role.MARKETER: (*customers, *offers, *keeps),
                Role.ORDER_CLERK: (*customers, *offers, "change_customer", "add_consent", "view_personal"),
                # A parcel needs its address.
                Role.WAREHOUSE: ("view_personal",),
                Role.ANALYST: (*customers, *offers),
                Role.VIEWER: (*customers, *offers),
            },
        )
        grant("inventory", {Role.MARKETER: ("view_product", "view_category", "view_variant")})
