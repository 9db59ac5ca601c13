from inventory.models.advice import DemandAdvice
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
from inventory.models.replenishment import Mode, ReorderPolicy, ReplenishmentProposal
from inventory.models.reservation import Reservation
from inventory.models.stock import StockCount, StockCountLine, StockLevel, StockMovement, StockRepair, Warehouse
from inventory.models.terms import (
    Abc,
    ApprovalLimit,
    LearnedLeadTime,
    PolicyChange,
    PriceBreak,
    ServiceClass,
    StockClass,
    StockingRules,
    Xyz,
)

__all__ = (
    "Abc",
    "ApprovalLimit",
    "Category",
    "DemandAdvice",
    "GoodsReceipt",
    "GoodsReceiptLine",
    "LearnedLeadTime",
    "Mode",
    "PolicyChange",
    "PriceBreak",
    "PriceChange",
    "Product",
    "PurchaseOrder",
    "PurchaseOrderEvent",
    "PurchaseOrderLine",
    "ReorderPolicy",
    "ReplenishmentProposal",
    "Reservation",
    "ServiceClass",
    "StockClass",
    "StockCount",
    "StockCountLine",
    "StockLevel",
    "StockMovement",
    "StockRepair",
    "StockingRules",
    "Supplier",
    "SupplierOffer",
    "TaxClass",
    "Variant",
    "Warehouse",
    "Xyz",
)
