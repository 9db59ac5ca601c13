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
from inventory.models.risks import StockRisk
from inventory.models.stock import StockCount, StockCountLine, StockLevel, StockMovement, StockRepair, Warehouse

__all__ = (
    "Category",
    "GoodsReceipt",
    "GoodsReceiptLine",
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
    "StockRisk",
    "Supplier",
    "SupplierOffer",
    "TaxClass",
    "Variant",
    "Warehouse",
)
