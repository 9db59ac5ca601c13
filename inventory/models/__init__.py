from inventory.models.catalog import Category, PriceChange, Product, TaxClass, Variant
from inventory.models.purchasing import (
    GoodsReceipt,
    GoodsReceiptLine,
    PurchaseOrder,
    PurchaseOrderEvent,
    PurchaseOrderLine,
    Supplier,
    SupplierOffer,
)
from inventory.models.replenishment import ReorderPolicy, ReplenishmentProposal
from inventory.models.reservation import Reservation
from inventory.models.stock import StockCount, StockCountLine, StockLevel, StockMovement, StockRepair, Warehouse
from inventory.models.transfers import (
    Lane,
    TransferEvent,
    TransferLine,
    TransferOrder,
    TransferProposal,
    TransferReceipt,
    TransferReceiptLine,
)

__all__ = (
    "Category",
    "GoodsReceipt",
    "GoodsReceiptLine",
    "Lane",
    "PriceChange",
    "Product",
    "PurchaseOrder",
    "PurchaseOrderEvent",
    "PurchaseOrderLine",
    "ReorderPolicy",
    "ReplenishmentProposal",
    "Reservation",
    "StockCount",
    "StockCountLine",
    "StockLevel",
    "StockMovement",
    "StockRepair",
    "Supplier",
    "SupplierOffer",
    "TaxClass",
    "TransferEvent",
    "TransferLine",
    "TransferOrder",
    "TransferProposal",
    "TransferReceipt",
    "TransferReceiptLine",
    "Variant",
    "Warehouse",
)
