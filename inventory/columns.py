"""What the columns of the tables of inventory tell about people; see config/kernel/catalogue.py. Pure."""

from config.kernel.catalogue import Kept, Purpose, Table

TABLES = (
    Table(
        "inventory_category",
        "owner",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id name code parent_id",
    ),
    Table(
        "inventory_product",
        "owner",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id name category_id tax_class is_active created_at",
    ),
    Table(
        "inventory_variant",
        "owner",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id product_id sku barcode name list_price cost is_active",
    ),
    Table(
        "inventory_pricechange",
        "owner",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id variant_id kind before after reason occurred_at",
        pseudonymous="actor_id",
    ),
    Table(
        "inventory_warehouse",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id code name priority is_active",
    ),
    Table(
        "inventory_stocklevel",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id variant_id warehouse_id on_hand reserved",
    ),
    Table(
        "inventory_stockmovement",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id variant_id warehouse_id kind quantity document_kind document_number reason cause unit_cost occurred_at",
        pseudonymous="actor_id",
    ),
    Table(
        "inventory_stockcount",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none=(
            "id number warehouse_id state basis scope is_blind round opened_at counted_at note tolerance_units tolerance_value "
            "decided_at reason"
        ),
        pseudonymous="actor_id decided_by_id",
    ),
    Table(
        "inventory_stockcountline",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none=(
            "id count_id variant_id expected counted counted_at round asked_round doubt mark moved_while moved_since unit_cost "
            "was_unexpected"
        ),
    ),
    Table(
        "inventory_stockcountentry",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id line_id round expected counted moved_while entered_at",
        pseudonymous="actor_id",
    ),
    Table(
        "inventory_countdue",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id variant_id warehouse_id abc why due_on last_counted_at every_days corrections proposed_at",
    ),
    Table(
        "inventory_bin",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id warehouse_id code note is_active",
    ),
    Table(
        "inventory_binplace",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id bin_id variant_id warehouse_id is_default",
    ),
    Table(
        "inventory_excessdismissal",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id variant_id warehouse_id action units reason dismissed_at",
        pseudonymous="actor_id",
    ),
    Table(
        "inventory_stockrepair",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id variant_id warehouse_id on_hand_before on_hand_after reserved_before reserved_after repaired_at",
        pseudonymous="actor_id",
    ),
    Table(
        "inventory_supplier",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id code name is_active",
        personal="email",
        personal_kept=Kept.WHILE_NEEDED,
    ),
    Table(
        "inventory_supplieroffer",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id supplier_id variant_id unit_cost lead_time_days minimum_quantity order_multiple is_preferred",
    ),
    Table(
        "inventory_purchaseorder",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none=(
            "id number supplier_id warehouse_id state currency is_proposed note drafted_at approved_at sent_at "
            "expected_on closed_at"
        ),
        pseudonymous="actor_id approved_by_id",
    ),
    Table(
        "inventory_purchaseorderline",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id purchase_order_id variant_id quantity received unit_cost",
    ),
    Table(
        "inventory_purchaseorderevent",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id purchase_order_id kind reason details occurred_at",
        pseudonymous="actor_id",
    ),
    Table(
        "inventory_goodsreceipt",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id number purchase_order_id delivery_note received_at",
        pseudonymous="actor_id",
    ),
    Table(
        "inventory_goodsreceiptline",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id receipt_id line_id quantity",
    ),
    Table(
        "inventory_reorderpolicy",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id variant_id warehouse_id is_enabled service_level review_days minimum_stock maximum_stock",
    ),
    Table(
        "inventory_replenishmentproposal",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none=(
            "id variant_id warehouse_id offer_id line_id state quantity override override_reason explanation "
            "as_of decided_at reason"
        ),
        pseudonymous="override_by_id decided_by_id",
    ),
    Table(
        "inventory_reservation",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none=(
            "id document_kind document_number variant_id warehouse_id quantity consumed released state expires_at reserved_at"
        ),
    ),
)
