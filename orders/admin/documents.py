"""Tells inventory's pages what an order, a parcel and a return are called, and which list finds them."""

from django.utils.translation import pgettext_lazy

from inventory.admin.documents import declare

declare("ORDER", pgettext_lazy("document", "order"), "admin:orders_order_changelist")
declare("SHIPMENT", pgettext_lazy("document", "shipment"), "admin:orders_fulfillment_changelist")
declare("RETURN", pgettext_lazy("document", "return"), "admin:orders_return_changelist")
