from inventory.models.bins import Bin, BinPlace
from inventory.models.catalog import Category, PriceChange, Product, TaxClass, Variant
from inventory.models.counting import CountDue, StockCount, StockCountEntry, StockCountLine
from inventory.models.excess import ExcessDismissal
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
from inventory.models.stock import StockLevel, StockMovement, StockRepair, Warehouse, WriteOffCause

__all__ = (
    "Bin",
    "BinPlace",
    "Category",
    "CountDue",
    "ExcessDismissal",
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
    "StockCountEntry",
    "StockCountLine",
    "StockLevel",
    "StockMovement",
    "StockRepair",
    "Supplier",
    "SupplierOffer",
    "TaxClass",
    "Variant",
    "Warehouse",
    "WriteOffCause",
)
