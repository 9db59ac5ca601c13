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
        none=(
            "id product_id sku barcode name list_price cost weight volume is_active tracks_lots shelf_life_days sell_until_days"
        ),
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
        none="id variant_id warehouse_id on_hand reserved tracks_lots lots_due_on",
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
        none=(
            "id code name language over_tolerance under_tolerance is_active "
            "order_weekdays order_cutoff minimum_order_value volume_cap weight_cap"
        ),
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
            "expected_on promised_on closed_at"
        ),
        pseudonymous="actor_id approved_by_id",
    ),
    Table(
        "inventory_purchaseorderline",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id purchase_order_id variant_id quantity received unit_cost confirmed_quantity confirmed_on",
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
        "inventory_purchasemail",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id purchase_order_id language state attempts due_at begun_at sent_at error",
        personal="address",
        personal_kept=Kept.WHILE_NEEDED,
        pseudonymous="actor_id",
    ),
    Table(
        "inventory_supplierconfirmation",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id purchase_order_id source note confirmed_at",
        pseudonymous="actor_id",
    ),
    Table(
        "inventory_supplierconfirmationline",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id confirmation_id line_id quantity expected_on",
    ),
    Table(
        "inventory_receiptdiscrepancy",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id receipt_id line_id item kind quantity outcome reason found_at settled_at settlement",
        pseudonymous="settled_by_id",
    ),
    Table(
        "inventory_landedcost",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id receipt_id kind basis amount reference booked_at",
        pseudonymous="actor_id",
    ),
    Table(
        "inventory_landedcostshare",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id landed_cost_id line_id amount to_stock variance",
    ),
    Table(
        "inventory_costentry",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id variant_id receipt_id landed_cost_id units_before average_before units value average occurred_at",
    ),
    Table(
        "inventory_reorderpolicy",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none=("id variant_id warehouse_id is_enabled service_level mode form sizing review_days minimum_stock maximum_stock"),
    ),
    Table(
        "inventory_replenishmentproposal",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none=(
            "id variant_id warehouse_id offer_id line_id state is_suggestion quantity override override_reason explanation "
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
    Table("inventory_kitpart", "marketer", Purpose.GOODS, Kept.FOR_GOOD, none="id kit_id part_id quantity"),
    Table(
        "inventory_demandadvice",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id variant_id warehouse_id origin daily dispersion doubt method valid_until applied_at explanation",
    ),
    Table(
        "inventory_pricebreak",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id offer_id from_quantity unit_cost",
    ),
    Table(
        "inventory_serviceclass",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id abc xyz service_level mode",
    ),
    Table(
        "inventory_stockclass",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id variant_id warehouse_id abc xyz turnover share_above weekly_mean variation learned_at",
    ),
    Table(
        "inventory_learnedleadtime",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id supplier_id offer_id receipts observed_mean observed_deviation promised mean deviation learned_at",
    ),
    Table(
        "inventory_stockingrules",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id holding_rate order_line_cost monthly_budget automatic_amount automatic_factor",
    ),
    Table(
        "inventory_approvallimit",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id role amount",
    ),
    Table(
        "inventory_policychange",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id policy_id before after reason occurred_at",
        pseudonymous="actor_id",
    ),
    Table(
        "inventory_stockrisk",
        "buyer",
        Purpose.GOODS,
        Kept.A_YEAR,
        none=(
            "id variant_id warehouse_id level action is_surge chance expected_short expected_loss days_of_cover out_on "
            "explanation first_seen_at seen_at sold_out_at over_at set_aside_until set_aside_reason"
        ),
        pseudonymous="set_aside_by_id",
    ),
    Table(
        "inventory_lane",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none=("id from_warehouse_id to_warehouse_id is_active days cost_per_unit cost_per_shipment lot most_units cover_days"),
    ),
    Table(
        "inventory_transferorder",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none=(
            "id number from_warehouse_id to_warehouse_id state is_proposed reason drafted_at shipped_at expected_on closed_at"
        ),
        pseudonymous="actor_id",
    ),
    Table(
        "inventory_transferline",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id transfer_id variant_id quantity shipped received lost unit_cost",
    ),
    Table(
        "inventory_transferreceipt",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id number transfer_id received_at",
        pseudonymous="actor_id",
    ),
    Table(
        "inventory_transferreceiptline",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id receipt_id line_id quantity",
    ),
    Table(
        "inventory_transferevent",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id transfer_id kind reason details occurred_at",
        pseudonymous="actor_id",
    ),
    Table(
        "inventory_transferproposal",
        "buyer",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none=(
            "id variant_id lane_id transfer_id state quantity override override_reason gain explanation as_of decided_at reason"
        ),
        pseudonymous="override_by_id decided_by_id",
    ),
    Table(
        "inventory_lot",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id variant_id code expires_on origin supplier_id line_id first_seen_at blocked_at block_reason",
        pseudonymous="blocked_by_id",
    ),
    Table(
        "inventory_lotlevel",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id lot_id level_id quantity held standing",
    ),
    Table(
        "inventory_lotentry",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id lot_id level_id movement_id quantity reason occurred_at",
        pseudonymous="actor_id",
    ),
    Table(
        "inventory_lotevent",
        "warehouse",
        Purpose.GOODS,
        Kept.FOR_GOOD,
        none="id lot_id kind reason occurred_at",
        pseudonymous="actor_id",
    ),
)
