"""Inventory's groups of the sidebar: what is sold, what lies where, what is bought."""

from django.utils.translation import gettext_lazy, pgettext_lazy

from config.kernel.admin.navigation import Link, add_group

add_group(
    pgettext_lazy("sidebar", "Catalog"),
    [
        Link(gettext_lazy("Products"), "category", "admin:inventory_product_changelist", "inventory.view_product"),
        Link(gettext_lazy("SKUs"), "qr_code_2", "admin:inventory_variant_changelist", "inventory.view_variant"),
        Link(gettext_lazy("Categories"), "account_tree", "admin:inventory_category_changelist", "inventory.view_category"),
        Link(gettext_lazy("Price changes"), "sell", "admin:inventory_pricechange_changelist", "inventory.view_pricechange"),
    ],
    order=18,
)
add_group(
    pgettext_lazy("sidebar", "Inventory"),
    [
        Link(gettext_lazy("Stock-out risks"), "warning", "admin:inventory_stockrisk_changelist", "inventory.view_stockrisk"),
        Link(gettext_lazy("Stock levels"), "shelves", "admin:inventory_stocklevel_changelist", "inventory.view_stocklevel"),
        Link(pgettext_lazy("sidebar", "Lots"), "calendar_clock", "admin:inventory_lot_changelist", "inventory.view_lot"),
        Link(gettext_lazy("Stock counts"), "fact_check", "admin:inventory_stockcount_changelist", "inventory.view_stockcount"),
        Link(
            gettext_lazy("Due for counting"), "event_upcoming", "admin:inventory_countdue_changelist", "inventory.view_countdue"
        ),
        Link(gettext_lazy("Bins"), "shelf_position", "admin:inventory_bin_changelist", "inventory.view_bin"),
        Link(
            gettext_lazy("Stock ledger"), "swap_vert", "admin:inventory_stockmovement_changelist",
            "inventory.view_stockmovement",
        ),
        Link(
            gettext_lazy("Reservations"), "bookmark", "admin:inventory_reservation_changelist", "inventory.view_reservation"
        ),
        Link(
            gettext_lazy("Repairs of balances"), "build", "admin:inventory_stockrepair_changelist",
            "inventory.view_stockrepair",
        ),
        Link(gettext_lazy("Warehouses"), "warehouse", "admin:inventory_warehouse_changelist", "inventory.view_warehouse"),
    ],
    order=20,
)  # fmt: skip
add_group(
    pgettext_lazy("sidebar", "Stock reports"),
    [
        Link(gettext_lazy("Projected stock"), "waterfall_chart", "admin:inventory_projection", "inventory.view_stocklevel"),
        Link(gettext_lazy("Expiring stock"), "timer", "admin:inventory_expiring", "inventory.view_stocklevel"),
        Link(gettext_lazy("Excess and ageing"), "hourglass_bottom", "admin:inventory_ageing", "inventory.view_stocklevel"),
        Link(
            gettext_lazy("Dismissed suggestions"), "thumb_down", "admin:inventory_excessdismissal_changelist",
            "inventory.view_excessdismissal",
        ),
        Link(gettext_lazy("Stock value"), "savings", "admin:inventory_valuation", "inventory.view_stocklevel"),
        Link(gettext_lazy("Write-offs"), "delete_sweep", "admin:inventory_losses", "inventory.view_stocklevel"),
    ],
    order=21,
)  # fmt: skip
add_group(
    pgettext_lazy("sidebar", "Purchasing"),
    [
        Link(
            gettext_lazy("Purchase orders"), "shopping_cart", "admin:inventory_purchaseorder_changelist",
            "inventory.view_purchaseorder",
        ),
        Link(
            gettext_lazy("Receiving desk"), "inventory_2", "admin:inventory_purchaseorder_desk", "inventory.receive_goods"
        ),
        Link(
            gettext_lazy("Goods receipts"), "receipt", "admin:inventory_goodsreceipt_changelist",
            "inventory.view_goodsreceipt",
        ),
        Link(
            gettext_lazy("Discrepancies"), "report", "admin:inventory_receiptdiscrepancy_changelist",
            "inventory.view_receiptdiscrepancy",
        ),
        Link(gettext_lazy("Supplier scores"), "military_tech", "admin:inventory_supplier_scores", "inventory.view_supplier"),
        Link(gettext_lazy("Suppliers"), "factory", "admin:inventory_supplier_changelist", "inventory.view_supplier"),
    ],
    order=22,
)  # fmt: skip
