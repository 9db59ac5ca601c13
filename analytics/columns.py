"""What the columns of the tables of analytics tell about people; see config/kernel/catalogue.py. Pure."""

from config.kernel.catalogue import Kept, Purpose, Table


def _figures(name: str, none: str) -> Table:
    """Sums in which nobody stands by themselves."""
    return Table(f"analytics_{name}", "analyst", Purpose.MEASURING, Kept.REMADE, none=none)


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
        none="id source_id received_at stored doubled quarantined bots late hours hours_left is_pending",
    ),
    Table(
        "analytics_knownvisitor",
        "analyst",
        Purpose.MEASURING,
        Kept.EVENTS_PERSONAL,
        none="id first_at settled_at is_new",
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
            "decided_at checkout_at ordered_at dry_searches is_bounce categories step reason"
        ),
        pseudonymous="visitor customer_id orders",
    ),
    Table(
        "analytics_visitday",
        "analyst",
        Purpose.MEASURING,
        Kept.REMADE,
        none="day state marks dirtied_at rebuilt_at source_rows seconds catalog is_forgotten forgotten_marks",
    ),
    Table(
        "analytics_outlet",
        "analyst",
        Purpose.MEASURING,
        Kept.WHILE_NEEDED,
        none="id code view file_format target first_day trailing_days is_active last_day created_at",
    ),
    Table(
        "analytics_outletfile",
        "analyst",
        Purpose.MEASURING,
        Kept.WHILE_NEEDED,
        none="id outlet_id day rows size sha256 manifest_sha256 written_at",
    ),
    Table(
        "analytics_outletrun",
        "analyst",
        Purpose.MEASURING,
        Kept.WHILE_NEEDED,
        none="id outlet_id began_at seconds looked_at written rows error",
    ),
    # --- figures of closed days ---
    _figures(
        "dailybatches",
        "id day source_id batches stored doubled quarantined not_shoppers late silence last_at",
    ),
    _figures(
        "hourlyvisits",
        "id day hour channel visits viewed compared decided checkout ordered carted carts_left bounces saw_out_of_stock pages "
        "searches dry_searches products added active_seconds lost_out_of_stock lost_no_result lost_bounced lost_checkout "
        "lost_cart lost_compared lost_viewed lost_looked",
    ),
    _figures("dailyvisitors", "id day channel visitors"),
    _figures("dailyfunnel", "id day channel category_id step reason visits"),
    _figures("dailyvisitpath", "id day channel landing acts visits"),
    _figures(
        "dailyinterest",
        "id day variant_id views viewing viewing_out_of_stock added adding wished reviews dwell_seconds",
    ),
    _figures("hourlyinterest", "id hour variant_id viewers wishers carters"),
    Table(
        "analytics_dailysearch",
        "analyst",
        Purpose.MEASURING,
        Kept.REMADE,
        none="id day searches visits visitors dry viewed added",
        # Shoppers type what they like. Terms of few visitors go when the events forget whose they are.
        personal="term",
        personal_kept=Kept.EVENTS_PERSONAL,
    ),
    _figures(
        "trendingproduct",
        "id variant_id rank score viewers wishers carters buyers view_score wish_score cart_score order_score made_at",
    ),
    _figures(
        "dailybuying",
        "id day channel new_orders new_sales repeat_orders repeat_sales guest_orders guest_sales",
    ),
    _figures("dailyreturn", "id day channel since visits orders"),
    _figures("dailytiming", "id day since channel code number planned steps counts"),
    _figures(
        "newcomer",
        "id since day channel had_bought persons bought_steps bought_counts left_steps left_counts",
    ),
    _figures("cohortmonth", "id day channel months customers orders sales returned"),
    _figures("purchaseday", "day state marks dirtied_at rebuilt_at source_rows is_kept"),
    _figures("cohortday", "day state marks dirtied_at rebuilt_at seen_until is_kept"),
    _figures(
        "dailyparcels",
        "id day channel warehouse_id parcels units due on_time paid waited_seconds",
    ),
    _figures(
        "dailyoutcomes",
        "id day channel placed canceled expired begun begun_units begun_left_units begun_whole",
    ),
    _figures(
        "dailyattribution",
        "id day channel grouping source campaign campaign_key visits touched assists last_orders last_net last_new "
        "first_orders first_net first_new position_orders position_net position_new linear_orders linear_net linear_new lags",
    ),
    _figures("dailypath", "id day channel path orders net"),
    _figures("attributionday", "day state marks dirtied_at rebuilt_at source_rows seconds is_kept"),
    _figures("buyertypecount", "id day buyer_type customers due declining"),
    _figures("slotrun", "id first_on last_on made_at visits ordered left_out"),
    _figures(
        "slotconversion",
        "id run_id channel weekday hour visits ordered weeks baseline lift without_best_week chance q is_decisive",
    ),
    _figures("rhythmrun", "id as_of began_at ended_at customers usual_hours usual_weekdays price_thirds left_out"),
    # --- derived rows of one person, order or browser each ---
    Table(
        "analytics_touch",
        "analyst",
        Purpose.MEASURING,
        Kept.EVENTS_PERSONAL,
        none="id day kind code at",
        pseudonymous="visitor",
    ),
    Table(
        "analytics_purchase",
        "analyst",
        Purpose.MEASURING,
        Kept.REMADE,
        none=(
            "day hour channel placed_at units sales is_first_order gap_seconds first_seen_at visit_started_at carted_at "
            "touch_kind touch_code touched_at"
        ),
        pseudonymous="order_id customer_id visitor",
    ),
    Table(
        "analytics_dailycustomer",
        "analyst",
        Purpose.MEASURING,
        Kept.REMADE,
        none="id day orders units gross discounts returned visits since",
        pseudonymous="customer_id",
    ),
    Table(
        "analytics_ordertouch",
        "analyst",
        Purpose.MEASURING,
        Kept.EVENTS_PERSONAL,
        none="id day position at channel grouping source medium campaign campaign_key counts is_first is_last",
        pseudonymous="order_id",
    ),
    Table(
        "analytics_customerrhythm",
        "marketer",
        Purpose.MEASURING,
        Kept.REMADE,
        none=(
            "read_on review_on orders visits last_bought_on cycle_days cycle_confidence expected_on due_from due_until is_due "
            "hour weekday is_own_slot decline_score declines found_type found_confidence settled_type settled_since "
            "candidate_type candidate_since said_type said_at buyer_type"
        ),
        pseudonymous="customer_id run_id why said_by_id",
        personal="said_reason",
        personal_kept=Kept.UNTIL_ERASED,
    ),
    Table(
        "analytics_buyertypechange",
        "marketer",
        Purpose.MEASURING,
        Kept.UNTIL_ERASED,
        none="id former buyer_type cause changed_at",
        pseudonymous="customer_id why actor_id",
        personal="reason",
    ),
    # --- what staff write and set ---
    Table("analytics_playbook", "marketer", Purpose.OFFERS, Kept.WHILE_NEEDED, none="buyer_type text"),
    Table(
        "analytics_spendimport",
        "marketer",
        Purpose.OFFERS,
        Kept.FOR_GOOD,
        none="id imported_at name first_day last_day added changed unchanged cost",
        pseudonymous="actor_id",
    ),
    Table(
        "analytics_adspend",
        "marketer",
        Purpose.OFFERS,
        Kept.FOR_GOOD,
        none="id day source medium campaign grouping campaign_key impressions clicks cost told_by_id",
    ),
    Table(
        "analytics_board",
        "analyst",
        Purpose.MEASURING,
        Kept.WHILE_NEEDED,
        none="id code name shared_with",
        pseudonymous="owner_id",
    ),
    Table(
        "analytics_boardtile",
        "analyst",
        Purpose.MEASURING,
        Kept.WHILE_NEEDED,
        none="id board_id position metric form cut days channel category_id warehouse_id",
    ),
    Table(
        "analytics_alertrule",
        "analyst",
        Purpose.MEASURING,
        Kept.WHILE_NEEDED,
        none=(
            "id watch name metric cut part window kind direction limit minimum shifts severity every owner quiet_from "
            "quiet_until cool_down escalate_after is_active snoozed_until steps checked_at last_error created_at"
        ),
    ),
    Table(
        "analytics_alertrule_recipients",
        "analyst",
        Purpose.RUNNING,
        Kept.WHILE_NEEDED,
        none="id alertrule_id",
        pseudonymous="user_id",
    ),
    Table(
        "analytics_incident",
        "analyst",
        Purpose.ANSWERING,
        Kept.FOR_GOOD,
        none=(
            "id rule_id severity state is_over opened_at seen_at value peak excess calm evidence acknowledged_at escalated_at "
            "resolved_at answer"
        ),
        pseudonymous="assignee_id",
    ),
    Table(
        "analytics_incidententry",
        "analyst",
        Purpose.ANSWERING,
        Kept.FOR_GOOD,
        none="id incident_id kind at",
        pseudonymous="actor_id",
        # Staff write what they like, and to whom of them it was given.
        personal="text details",
        personal_kept=Kept.UNTIL_ERASED,
    ),
    Table(
        "analytics_reportpack",
        "analyst",
        Purpose.MEASURING,
        Kept.WHILE_NEEDED,
        none="id name metrics period rhythm weekday hour language files is_active created_at",
    ),
    Table(
        "analytics_reportpack_recipients",
        "analyst",
        Purpose.RUNNING,
        Kept.WHILE_NEEDED,
        none="id reportpack_id",
        pseudonymous="user_id",
    ),
    Table(
        "analytics_report",
        "analyst",
        Purpose.MEASURING,
        Kept.FOR_GOOD,
        none="id pack_id turn first last language content made_at",
        pseudonymous="actor_id",
    ),
    Table(
        "analytics_notice",
        "analyst",
        Purpose.ANSWERING,
        Kept.FOR_GOOD,
        none="id occasion incident_id report_id entry_id webhook_id delivery told_at body why state due_at attempts "
        "begun_at sent_at",
        pseudonymous="recipient_id",
        # What mail servers answer names the address they refused.
        personal="error",
    ),
    Table(
        "analytics_webhook",
        "analyst",
        Purpose.RUNNING,
        Kept.WHILE_NEEDED,
        none="id name failures next_at paused_at paused_because taken_at tried_at last_error created_at",
        sensitive="url secret",
    ),
    Table(
        "analytics_eventrule",
        "analyst",
        Purpose.MEASURING,
        Kept.WHILE_NEEDED,
        none="id name act at_least within subject same_sku unless cooldown alarms starts_at ends_at is_active version "
        "counts_from evaluated_at last_error created_at",
    ),
    Table(
        "analytics_eventmatch",
        "analyst",
        Purpose.MEASURING,
        Kept.EVENTS_PERSONAL,
        none="id rule_id version slot variant_id count inputs matched_at found_at dismissed_at",
        pseudonymous="subject customer_id visitor dismissed_by_id",
        # What staff wrote may name somebody.
        personal="reason",
    ),
    Table("analytics_unmatchedvisitor", "analyst", Purpose.MEASURING, Kept.A_MONTH, none="noted_on", pseudonymous="visitor"),
    Table("analytics_alertrule_webhooks", "analyst", Purpose.RUNNING, Kept.WHILE_NEEDED, none="id alertrule_id webhook_id"),
    # --- the second store of events ---
    Table(
        "analytics_eventcopy",
        "analyst",
        Purpose.RUNNING,
        Kept.EVENTS,
        none="day state marks dirtied_at rebuilt_at source_rows seconds checksum compared_at is_equal left_at "
        "coming_rows coming_checksum",
    ),
    Table(
        "analytics_servedregion",
        "buyer",
        Purpose.MEASURING,
        Kept.WHILE_NEEDED,
        none="id warehouse_id postal_prefix province priority",
    ),
    _figures("dailydemand", "id day variant_id warehouse_id lines units bulk_units promoted_units returned_units sold_out"),
    _figures("demandday", "day state marks dirtied_at rebuilt_at rules"),
    Table(
        "analytics_forecastrun",
        "analyst",
        Purpose.MEASURING,
        Kept.THREE_MONTHS,
        none="id origin began_at ended_at pooled",
    ),
    Table(
        "analytics_forecastchunk",
        "analyst",
        Purpose.MEASURING,
        Kept.THREE_MONTHS,
        none="id run_id number first_variant last_variant done_at series seconds",
    ),
    _figures(
        "demandseries",
        "id variant_id warehouse_id origin demand_class method daily dispersion level trend weekdays week_units month_units",
    ),
    Table(
        "analytics_demandforecast",
        "analyst",
        Purpose.MEASURING,
        Kept.A_MONTH,
        none=("id series_id origin demand_class method week week_units month_units week_upper month_upper plain scale"),
    ),
    Table(
        "analytics_forecastscore",
        "analyst",
        Purpose.MEASURING,
        Kept.FOR_GOOD,
        none=("id origin days demand_class method is_referee series units expected missed squared scaled covered coverable"),
    ),
    Table(
        "analytics_simulation",
        "buyer",
        Purpose.MEASURING,
        Kept.WHILE_NEEDED,
        none=("id asked_at service_level lead_days fed first last category_id warehouse_id abc state failure ran_at seconds "),
        pseudonymous="asked_by_id",
        sensitive="order_cost holding_rate today result",
    ),
    Table(
        "analytics_methodchoice",
        "analyst",
        Purpose.MEASURING,
        Kept.WHILE_NEEDED,
        none="demand_class method since why chosen_at",
    ),
    Table(
        "analytics_methodchange",
        "analyst",
        Purpose.MEASURING,
        Kept.FOR_GOOD,
        none="id demand_class former method cause why changed_at",
    ),
    Table(
        "analytics_salestarget",
        "analyst",
        Purpose.MEASURING,
        Kept.WHILE_NEEDED,
        none="id month category_id set_at",
        pseudonymous="set_by_id",
        sensitive="amount units",
    ),
    Table(
        "analytics_demandoverride",
        "buyer",
        Purpose.MEASURING,
        Kept.WHILE_NEEDED,
        none="id series_id first_on last_on units_a_day percent made_at ended_at reason end_reason",
        pseudonymous="made_by_id ended_by_id",
    ),
)
