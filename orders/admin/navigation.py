"""The orders' group of the sidebar."""

from django.utils.translation import gettext_lazy, pgettext_lazy

from config.kernel.admin.navigation import Link, add_group

add_group(
    pgettext_lazy("sidebar", "Orders"),
    [
        Link(pgettext_lazy("sidebar", "All orders"), "receipt_long", "admin:orders_order_changelist", "orders.view_order"),
        Link(gettext_lazy("Picking list"), "checklist", "admin:orders_order_picking", "orders.view_order"),
        Link(gettext_lazy("Returns"), "assignment_return", "admin:orders_return_changelist", "orders.view_return"),
        Link(gettext_lazy("Shipments"), "local_shipping", "admin:orders_fulfillment_changelist", "orders.view_fulfillment"),
        Link(gettext_lazy("Payments"), "payments", "admin:orders_payment_changelist", "orders.view_payment"),
        Link(
            gettext_lazy("Unmatched payments"),
            "money_off",
            "admin:orders_unmatchedpayment_changelist",
            "orders.view_unmatchedpayment",
        ),
        Link(gettext_lazy("Refunds"), "currency_exchange", "admin:orders_refund_changelist", "orders.view_refund"),
        Link(gettext_lazy("Order events"), "timeline", "admin:orders_orderevent_changelist", "orders.view_orderevent"),
        Link(gettext_lazy("Imports of history"), "upload_file", "admin:orders_importrun_changelist", "orders.import_history"),
    ],
    order=10,
)
