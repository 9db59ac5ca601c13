"""What the columns of the tables of analytics tell about people; see config/kernel/catalogue.py. Pure."""

from config.kernel.catalogue import Kept, Purpose, Table

TABLES = (
    Table(
        "analytics_eventsource",
        "analyst",
        Purpose.MEASURING,
        Kept.WHILE_NEEDED,
        none="id code name nature channel origins internal_networks requests_a_minute is_active created_at",
        sensitive="key",
    ),
    Table(
        "analytics_eventkind",
        "analyst",
        Purpose.MEASURING,
        Kept.WHILE_NEEDED,
        none="number name version properties required is_active created_at",
    ),
    Table(
        "analytics_event",
        "analyst",
        Purpose.MEASURING,
        Kept.EVENTS,
        none="id client_at occurred_at received_at variant_id source_id kind traffic",
        pseudonymous="visitor customer_id",
        personal="properties",
        personal_kept=Kept.EVENTS,
    ),
    Table(
        "analytics_quarantinedevent",
        "analyst",
        Purpose.MEASURING,
        Kept.A_MONTH,
        none="id source_id received_at reason traffic clock_ahead",
        pseudonymous="digest",
        personal="raw told",
    ),
    Table(
        "analytics_eventbatch",
        "analyst",
        Purpose.MEASURING,
        Kept.A_YEAR,
        none="id source_id received_at stored doubled quarantined bots late hours is_pending",
    ),
    Table(
        "analytics_knownvisitor",
        "analyst",
        Purpose.MEASURING,
        Kept.EVENTS_PERSONAL,
        none="id first_at is_new",
        pseudonymous="visitor external_id customer_id",
    ),
    Table(
        "analytics_hourlyevents",
        "analyst",
        Purpose.MEASURING,
        Kept.REMADE,
        none="id hour source_id kind traffic events visitors",
    ),
    Table(
        "analytics_erasure",
        "owner",
        Purpose.ANSWERING,
        Kept.FOR_GOOD,
        none="id reason orders visits events erased_at swept_at",
        pseudonymous="customer_id actor_id",
    ),
    Table(
        "analytics_hourlysales",
        "analyst",
        Purpose.MEASURING,
        Kept.REMADE,
        none="id day hour channel orders units gross discounts shipping tax returned_units returned net",
    ),
    Table(
        "analytics_dailysales",
        "analyst",
        Purpose.MEASURING,
        Kept.REMADE,
        none=("id day variant_id units gross discounts tax cost returned_units returned returned_tax returned_cost net profit"),
    ),
    Table(
        "analytics_dailystock",
        "analyst",
        Purpose.MEASURING,
        Kept.REMADE,
        none="id day variant_id warehouse_id received shipped taken_back corrected moved",
    ),
    Table(
        "analytics_dailypromotion",
        "analyst",
        Purpose.MEASURING,
        Kept.REMADE,
        none="id day promotion_id orders amount",
    ),
    Table(
        "analytics_rollupstate",
        "analyst",
        Purpose.MEASURING,
        Kept.REMADE,
        none="day state marks dirtied_at rebuilt_at source_rows seconds",
    ),
    Table(
        "analytics_visit",
        "analyst",
        Purpose.MEASURING,
        Kept.REMADE,
        none=(
            "id day is_named source_id started_at ended_at events pages products out_of_stock searches added "
            "active_seconds landing referrer utm_source utm_medium utm_campaign click_id viewed_at compared_at "
            "decided_at checkout_at ordered_at"
        ),
        pseudonymous="visitor customer_id orders",
    ),
    Table(
        "analytics_visitday",
        "analyst",
        Purpose.MEASURING,
        Kept.REMADE,
        none="day state marks dirtied_at rebuilt_at source_rows seconds catalog is_forgotten",
    ),
)
