"""What the columns of the tables of orders tell about people; see config/kernel/catalogue.py. Pure."""

from config.kernel.catalogue import Kept, Purpose, Table

TABLES = (
    Table(
        "orders_order",
        "order_clerk",
        Purpose.ORDERS,
        Kept.FOR_GOOD,
        none=(
            "id channel state is_short refund_due has_unmatched currency lines_total shipping_fee "
            "shipping_discount total tax paid refund_owed refunded placed_at payment_due_at paid_at ship_due_at "
            "shipped_at closed_at"
        ),
        pseudonymous="number external_number customer_id",
        personal="ship_to note",
        personal_kept=Kept.UNTIL_ERASED,
    ),
    Table(
        "orders_orderline",
        "order_clerk",
        Purpose.ORDERS,
        Kept.FOR_GOOD,
        none=(
            "id order_id position variant_id sku name quantity list_price gross discount total tax_rate tax "
            "unit_cost kit_id kit_place kit_quantity shipped canceled short returned"
        ),
    ),
    Table(
        "orders_orderdiscount",
        "order_clerk",
        Purpose.ORDERS,
        Kept.FOR_GOOD,
        none="id order_id line_id promotion_id promotion_version name code amount",
    ),
    Table(
        "orders_fulfillment",
        "warehouse",
        Purpose.ORDERS,
        Kept.FOR_GOOD,
        none="id order_id number warehouse_id carrier shipped_at",
        pseudonymous="tracking_number actor_id",
    ),
    Table(
        "orders_fulfillmentline",
        "warehouse",
        Purpose.ORDERS,
        Kept.FOR_GOOD,
        none="id fulfillment_id order_line_id quantity",
    ),
    Table(
        "orders_importrun",
        "owner",
        Purpose.ORDERS,
        Kept.FOR_GOOD,
        none=(
            "id profile state is_dry_run shift_to_today shift_days warehouse requested_at finished_at seconds "
            "rows_so_far rows_read rows_imported rows_skipped report refusal error"
        ),
        pseudonymous="actor_id",
        personal="rejects",
        personal_kept=Kept.THREE_MONTHS,
    ),
    Table(
        "orders_importfile",
        "owner",
        Purpose.ORDERS,
        Kept.FOR_GOOD,
        none="id run_id name",
        personal="content",
        personal_kept=Kept.THREE_MONTHS,
    ),
    Table(
        "orders_importeddocument",
        "owner",
        Purpose.ORDERS,
        Kept.FOR_GOOD,
        none="id profile kind run_id original_at",
        pseudonymous="number digests",
    ),
    Table(
        "orders_providerreference",
        "order_clerk",
        Purpose.ORDERS,
        Kept.FOR_GOOD,
        none="id direction provider",
        pseudonymous="reference",
    ),
    Table(
        "orders_payment",
        "order_clerk",
        Purpose.ORDERS,
        Kept.FOR_GOOD,
        none="id order_id provider amount paid_at recorded_at",
        pseudonymous="reference",
    ),
    Table(
        "orders_refund",
        "order_clerk",
        Purpose.ORDERS,
        Kept.FOR_GOOD,
        none="id order_id provider amount payment_id refunded_at",
        pseudonymous="reference actor_id",
        personal="reason",
        personal_kept=Kept.UNTIL_ERASED,
    ),
    Table(
        "orders_unmatchedpayment",
        "order_clerk",
        Purpose.ORDERS,
        Kept.FOR_GOOD,
        none="id order_id provider amount why paid_at recorded_at",
        pseudonymous="reference",
    ),
    Table(
        "orders_settlement",
        "order_clerk",
        Purpose.ORDERS,
        Kept.FOR_GOOD,
        none="id payment_id outcome provider settled_at",
        pseudonymous="reference actor_id",
        personal="reason",
        personal_kept=Kept.UNTIL_ERASED,
    ),
    Table(
        "orders_return",
        "order_clerk",
        Purpose.ORDERS,
        Kept.FOR_GOOD,
        none="id number order_id warehouse_id state refund accepted_at received_at",
        pseudonymous="actor_id",
        personal="reason",
        personal_kept=Kept.UNTIL_ERASED,
    ),
    Table(
        "orders_returnline",
        "order_clerk",
        Purpose.ORDERS,
        Kept.FOR_GOOD,
        none="id parent_id order_line_id variant_id quantity restocked refund",
    ),
    Table(
        "orders_orderevent",
        "order_clerk",
        Purpose.ORDERS,
        Kept.FOR_GOOD,
        none="id order_id kind occurred_at",
        pseudonymous="actor_id details",
        personal="reason",
        personal_kept=Kept.UNTIL_ERASED,
    ),
)
