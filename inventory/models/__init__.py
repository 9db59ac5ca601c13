from inventory.models.advice import (
    DemandAdvice,
)
from inventory.models.bins import (
    Bin,
    BinPlace,
)
from inventory.models.catalog import (
    Category,
    PriceChange,
    Product,
    TaxClass,
    Variant,
)
from inventory.models.counting import (
    CountDue,
    StockCount,
    StockCountEntry,
    StockCountLine,
)
from inventory.models.excess import (
    ExcessDismissal,
)
from inventory.models.kits import (
    KitPart,
)
from inventory.models.lots import (
    Lot,
    LotEntry,
    LotEvent,
    LotLevel,
)
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
from inventory.models.replenishment import (
    Mode,
    ReorderPolicy,
    ReplenishmentProposal,
)
from inventory.models.reservation import (
    Reservation,
)
from inventory.models.risks import (
    StockRisk,
)
from inventory.models.stock import (
    StockLevel,
    StockMovement,
    StockRepair,
    Warehouse,
    WriteOffCause,
)
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
    "Abc",
    "ApprovalLimit",
    "Bin",
    "BinPlace",
    "Category",
    "CostEntry",
    "CountDue",
    "DemandAdvice",
    "ExcessDismissal",
    "GoodsReceipt",
    "GoodsReceiptLine",
    "KitPart",
    "LandedCost",
    "LandedCostShare",
    "Lane",
    "LearnedLeadTime",
    "Lot",
    "LotEntry",
    "LotEvent",
    "LotLevel",
    "Mode",
    "PolicyChange",
    "PriceBreak",
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
    "ServiceClass",
    "StockClass",
    "StockCount",
    "StockCountEntry",
    "StockCountLine",
    "StockLevel",
    "StockMovement",
    "StockRepair",
    "StockRisk",
    "StockingRules",
    "Supplier",
    "SupplierConfirmation",
    "SupplierConfirmationLine",
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
    "WriteOffCause",
    "Xyz",
)
