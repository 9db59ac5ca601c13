from orders.models.fulfillment import Fulfillment, FulfillmentLine
from orders.models.importing import ImportedDocument, ImportFile, ImportRun
from orders.models.order import Order, OrderDiscount, OrderLine
from orders.models.payment import Payment, ProviderReference, Refund, Settlement, UnmatchedPayment
from orders.models.returns import Return, ReturnLine
from orders.models.timeline import OrderEvent

__all__ = (
    "Fulfillment",
    "FulfillmentLine",
    "ImportFile",
    "ImportRun",
    "ImportedDocument",
    "Order",
    "OrderDiscount",
    "OrderEvent",
    "OrderLine",
    "Payment",
    "ProviderReference",
    "Refund",
    "Return",
    "ReturnLine",
    "Settlement",
    "UnmatchedPayment",
)
