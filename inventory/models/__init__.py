from inventory.models.catalog import Category, PriceChange, Product, TaxClass, Variant
from inventory.models.papers import (
    CostEntry,
    LandedCost,
    LandedCostShare,
    PurchaseMail,
    ReceiptDiscrepancy,
    SupplierConfirmation,
    SupplierConfirmationLine,
)
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

__all__ = (
    "Category",
    "CostEntry",
    "GoodsReceipt",
    "GoodsReceiptLine",
    "LandedCost",
    "LandedCostShare",
    "PriceChange",
    "Product",
    "PurchaseMail",
    "PurchaseOrder",
    "PurchaseOrderEvent",
    "PurchaseOrderLine",
    "ReceiptDiscrepancy",
    "ReorderPolicy",
    "ReplenishmentProposal",
    "Reservation",
    "StockCount",
    "StockCountLine",
    "StockLevel",
    "StockMovement",
    "StockRepair",
    "Supplier",
    "SupplierConfirmation",
    "SupplierConfirmationLine",
    "SupplierOffer",
    "TaxClass",
    "Variant",
    "Warehouse",
)
