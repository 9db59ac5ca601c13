from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        from config.kernel.roles import Role, grant
        from orders import promises, subscribers  # noqa: F401  register themselves

        seen = (
            *("view_order", "view_orderline", "view_orderdiscount", "view_orderevent"),
            *(
                "view_payment",
                "view_unmatchedpayment",
                "view_settlement",
                "view_refund",
                "view_fulfillment",
                "view_fulfillmentline",
                "view_return",
                "view_returnline",
            ),
        )
        verbs = (
            *("pay_order", "cancel_order", "ship_order", "return_order", "receive_return", "refund_order", "note_order"),
        )  # fmt: skip
        grant(
            "orders",
            {
                **dict.fromkeys((Role.BUYER, Role.VIEWER), seen),
                **dict.fromkeys((Role.MARKETER, Role.ANALYST), (*seen, "export_order")),
                Role.ORDER_CLERK: (*seen, *verbs, "export_order"),
                Role.WAREHOUSE: (*seen, "ship_order", "receive_return", "note_order"),
            },
        )
