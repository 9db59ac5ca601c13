"""Inventory's own invariants: balances equal the ledger, promises equal the reservations, and every change says why."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, DateField, ExpressionWrapper, F, Q

from config.kernel import shop
from config.kernel.invariants import Violation, invariant
from inventory import replenishment
from inventory.models import (
    LotLevel,
    PurchaseOrder,
    ReplenishmentProposal,
    Reservation,
    StockLevel,
    StockMovement,
    TransferOrder,
    TransferProposal,
)
from inventory.queries import drift, transfers

# Sweeps run every minute: what expired so long ago was forgotten.
OVERDUE = timedelta(minutes=15)


@invariant("I1")
def on_hand_is_the_sum_of_the_ledger(at: datetime) -> Iterator[Violation]:
    for one in drift.differences():
        if one.on_hand != one.moved:
            yield Violation("I1", str(one), f"on hand {one.on_hand}, but the movements add up to {one.moved}")


@invariant("I2")
def reserved_lies_within_on_hand(at: datetime) -> Iterator[Violation]:
    broken = StockLevel.objects.filter(Q(on_hand__lt=0) | Q(reserved__lt=0) | Q(reserved__gt=F("on_hand")))
    for level in broken.select_related("variant", "warehouse")[:1000]:
        yield Violation(
            "I2", f"{level.variant.sku}@{level.warehouse.code}", f"{level.reserved} of {level.on_hand} are reserved"
        )


@invariant("I2")
def a_kit_lies_nowhere(at: datetime) -> Iterator[Violation]:
    both = StockLevel.objects.filter(variant__parts__isnull=False).select_related("variant", "warehouse").distinct()
    for level in both[:1000]:
        yield Violation("I2", f"{level.variant.sku}@{level.warehouse.code}", "is a kit and has a stock level of its own")


@invariant("I3")
def reserved_is_the_sum_of_active_reservations(at: datetime) -> Iterator[Violation]:
    for one in drift.differences():
        if one.reserved != one.held:
            yield Violation("I3", str(one), f"reserved {one.reserved}, but active reservations hold {one.held}")
    forgotten = Reservation.objects.filter(state=Reservation.State.ACTIVE, expires_at__lt=at - OVERDUE).order_by("expires_at")
    for reservation in forgotten[:1000]:
        yield Violation("I3", str(reservation), f"still held, expired at {reservation.expires_at}")


@invariant("I10")
def every_movement_says_why(at: datetime) -> Iterator[Violation]:
    kinds = StockMovement.Kind
    by_hand = [kinds.ADJUSTMENT, kinds.WRITE_OFF, kinds.TRANSFER_OUT, kinds.TRANSFER_IN]
    silent = StockMovement.objects.filter(Q(document_number="") | Q(kind__in=by_hand, reason="") & ~Q(document_kind="COUNT"))
    for movement in silent[:1000]:
        yield Violation("I10", f"stock movement {movement.pk}", "neither a document nor a reason")


# Each change of a price begins where the one before ended, and the last one ends at what the SKU shows.
_BROKEN_CHAINS = """
    WITH chain AS (
        SELECT variant_id, kind, before, after, id,
               lag(after) OVER changes AS ended, lead(id) OVER changes IS NULL AS is_last
        FROM inventory_pricechange
        WINDOW changes AS (PARTITION BY variant_id, kind ORDER BY id)
    )
    SELECT variant.sku, chain.kind, chain.before, chain.ended, chain.after,
           CASE chain.kind WHEN 'COST' THEN variant.cost ELSE variant.list_price END AS shown
    FROM chain JOIN inventory_variant AS variant ON variant.id = chain.variant_id
    WHERE chain.before <> chain.ended
       OR chain.is_last AND chain.after <> CASE chain.kind WHEN 'COST' THEN variant.cost ELSE variant.list_price END
    ORDER BY variant.sku, chain.id
    LIMIT 1000
"""


@invariant("I10")
def every_change_of_a_price_has_its_row(at: datetime) -> Iterator[Violation]:
    with connection.cursor() as cursor:
        cursor.execute(_BROKEN_CHAINS)
        for sku, kind, before, ended, after, shown in cursor.fetchall():
            if ended is not None and before != ended:
                yield Violation("I10", f"{kind} of {sku}", f"changed from {before}, but was {ended}")
            else:
                yield Violation("I10", f"{kind} of {sku}", f"shows {shown}, but was last changed to {after}")


# What each line says left, arrived and was lost, beside what the ledger says of the same documents.
_TRANSFERS = """
    WITH moved AS (
        SELECT document.transfer_id, movement.variant_id,
               -COALESCE(sum(movement.quantity) FILTER (WHERE movement.kind = 'TRANSFER_OUT'), 0) AS shipped,
               COALESCE(sum(movement.quantity) FILTER (
                   WHERE movement.kind = 'TRANSFER_IN' AND document.kind = 'TRANSFER_RECEIPT'), 0) AS received,
               -COALESCE(sum(movement.quantity) FILTER (WHERE movement.kind = 'WRITE_OFF'), 0) AS lost
        FROM (
            SELECT id AS transfer_id, 'TRANSFER' AS kind, number FROM inventory_transferorder
            UNION ALL
            SELECT transfer_id, 'TRANSFER_RECEIPT', number FROM inventory_transferreceipt
            UNION ALL
            SELECT transfer_id, 'TRANSFER_LOSS', details ->> 'loss' FROM inventory_transferevent WHERE kind = 'CLOSED'
        ) AS document
        JOIN inventory_stockmovement AS movement
            ON movement.document_kind = document.kind AND movement.document_number = document.number
        GROUP BY document.transfer_id, movement.variant_id
    )
    SELECT transfer.number, transfer.state, variant.sku, COALESCE(line.shipped, 0), COALESCE(line.received, 0),
           COALESCE(line.lost, 0), COALESCE(moved.shipped, 0), COALESCE(moved.received, 0), COALESCE(moved.lost, 0)
    FROM inventory_transferline AS line
    FULL JOIN moved ON moved.transfer_id = line.transfer_id AND moved.variant_id = line.variant_id
    JOIN inventory_transferorder AS transfer ON transfer.id = COALESCE(line.transfer_id, moved.transfer_id)
    JOIN inventory_variant AS variant ON variant.id = COALESCE(line.variant_id, moved.variant_id)
    WHERE (COALESCE(line.shipped, 0), COALESCE(line.received, 0), COALESCE(line.lost, 0))
          <> (COALESCE(moved.shipped, 0), COALESCE(moved.received, 0), COALESCE(moved.lost, 0))
       OR COALESCE(line.shipped - line.received - line.lost, 0) < 0
       OR (COALESCE(line.shipped - line.received - line.lost, 0) > 0) AND transfer.state NOT IN ('SHIPPED', 'PARTLY_RECEIVED')
       OR COALESCE(line.shipped, 0) > 0 AND transfer.state IN ('DRAFT', 'CANCELED')
    ORDER BY transfer.number, variant.sku
    LIMIT 1000
"""


@invariant("I17")
def what_left_arrived_is_in_transit_or_was_lost(at: datetime) -> Iterator[Violation]:
    """For each transfer and SKU, recounted from the ledger: out = in + in transit + lost, none in transit once settled."""
    with connection.cursor() as cursor:
        cursor.execute(_TRANSFERS)
        for number, state, sku, *figures in cursor.fetchall():
            told, moved = figures[:3], figures[3:]
            yield Violation(
                "I17", f"{sku} of {number}",
                f"{state}: shipped, received, lost {told}, but the movements say {moved}",
            )  # fmt: skip


@invariant("I17")
def a_transfer_waits_in_a_state_that_fits(at: datetime) -> Iterator[Violation]:
    under_way = TransferOrder.objects.filter(state__in=transfers.UNDER_WAY)
    for order in under_way.exclude(pk__in=transfers.moving().values("transfer"))[:1000]:
        yield Violation("I17", order.number, f"{order.state}, but nothing is in transit")


@invariant("I12")
def a_move_is_proposed_once(at: datetime) -> Iterator[Violation]:
    stands = TransferProposal.objects.filter(state=TransferProposal.State.OPEN)
    twice = stands.values("variant__sku", "lane").annotate(proposals=Count("id")).filter(proposals__gt=1)
    for row in twice.order_by("variant__sku", "lane")[:1000]:
        yield Violation("I12", f"{row['variant__sku']} on lane {row['lane']}", f"{row['proposals']} open proposals")


@invariant("I12")
def a_need_is_proposed_once(at: datetime) -> Iterator[Violation]:
    stands = ReplenishmentProposal.objects.filter(state=ReplenishmentProposal.State.OPEN)
    twice = stands.values("variant__sku", "warehouse__code").annotate(proposals=Count("id")).filter(proposals__gt=1)
    for row in twice.order_by("variant__sku")[:1000]:
        yield Violation("I12", f"{row['variant__sku']}@{row['warehouse__code']}", f"{row['proposals']} open proposals")
    drafts = PurchaseOrder.objects.filter(state=PurchaseOrder.State.DRAFT, is_proposed=True).values("supplier", "warehouse")
    held = drafts.annotate(drafts=Count("id")).filter(drafts__gt=1)
    for draft in held.order_by("supplier", "warehouse")[:1000]:
        subject = f"supplier {draft['supplier']}@{draft['warehouse']}"
        yield Violation("I12", subject, f"{draft['drafts']} drafts of the replenishment")


@invariant("I12")
def no_more_is_proposed_than_was_missing(at: datetime) -> Iterator[Violation]:
    """Recounts each open proposal from its own explanation. Quantities that staff set are their own word."""
    stands = ReplenishmentProposal.objects.filter(state=ReplenishmentProposal.State.OPEN, override=None)
    for one in stands.select_related("variant", "warehouse", "line__purchase_order").order_by("id").iterator():
        subject = f"{one.variant.sku}@{one.warehouse.code}"
        most, share = replenishment.most(one.explanation), one.explanation.get("share")
        # What was shared is less than was missing; it is what the share says.
        right = most if share is None else min(most, share["quantity"])
        if one.quantity != right:
            yield Violation("I12", subject, f"{one.quantity} proposed where {right} can be bought of what was missing")
        if one.line is not None and one.line.purchase_order.state != PurchaseOrder.State.DRAFT:
            yield Violation("I12", subject, f"still open, but {one.line.purchase_order} is {one.line.purchase_order.state}")
        if one.line is not None and one.is_suggestion:
            yield Violation("I12", subject, f"only suggested, but it stands in {one.line.purchase_order}")


# Shares of a landed cost are all of it. An average begins where the one before ended, and follows from what was added.
_BROKEN_COSTS = """
    SELECT 'landed cost ' || cost.reference, 'shares add up to ' || COALESCE(sum(share.amount), 0) || ' of ' || cost.amount
    FROM inventory_landedcost AS cost LEFT JOIN inventory_landedcostshare AS share ON share.landed_cost_id = cost.id
    GROUP BY cost.id HAVING COALESCE(sum(share.amount), 0) <> cost.amount
    UNION ALL
    SELECT 'average cost of ' || variant.sku, told FROM (
        SELECT variant_id, CASE
            WHEN lag(average) OVER steps <> average_before
                THEN 'began at ' || average_before || ', but was ' || lag(average) OVER steps
            WHEN units_before + units > 0
                AND average <> round((average_before * units_before + value) / (units_before + units), 4)
                THEN 'is ' || average || ' after ' || value || ' for ' || units || ' beside ' || units_before
        END AS told
        FROM inventory_costentry WINDOW steps AS (PARTITION BY variant_id ORDER BY id)
    ) AS step JOIN inventory_variant AS variant ON variant.id = step.variant_id
    WHERE told IS NOT NULL
    LIMIT 1000
"""


@invariant("I18")
def landed_costs_are_shared_out_whole(at: datetime) -> Iterator[Violation]:
    with connection.cursor() as cursor:
        cursor.execute(_BROKEN_COSTS)
        for subject, told in cursor.fetchall():
            yield Violation("I18", subject, told)


# What a line received is what its receipts brought; damaged and wrong goods are none of it.
_BROKEN_RECEIPTS = """
    SELECT purchase.number, variant.sku, line.received, COALESCE(sum(part.quantity), 0) AS came
    FROM inventory_purchaseorderline AS line
    JOIN inventory_purchaseorder AS purchase ON purchase.id = line.purchase_order_id
    JOIN inventory_variant AS variant ON variant.id = line.variant_id
    LEFT JOIN inventory_goodsreceiptline AS part ON part.line_id = line.id
    GROUP BY purchase.number, variant.sku, line.id HAVING line.received <> COALESCE(sum(part.quantity), 0)
    LIMIT 1000
"""


@invariant("I18")
def lines_received_what_their_receipts_brought(at: datetime) -> Iterator[Violation]:
    with connection.cursor() as cursor:
        cursor.execute(_BROKEN_RECEIPTS)
        for number, sku, received, came in cursor.fetchall():
            yield Violation("I18", f"{sku} of {number}", f"received {received}, but its receipts brought {came}")


# Where lots are tracked: they add up to what lies there, to what their entries say, and to what is held for them; the lots of
# a movement add up to it.
_BROKEN_LOTS = """
    SELECT subject, told FROM (
        SELECT variant.sku || '@' || warehouse.code AS subject, CASE
            WHEN NOT level.tracks_lots THEN 'tracks no lots, but its lots have units'
            WHEN COALESCE(sum(stock.quantity), 0) <> level.on_hand
                THEN 'on hand ' || level.on_hand || ', but its lots add up to ' || COALESCE(sum(stock.quantity), 0)
            WHEN COALESCE(sum(stock.held), 0) <> COALESCE((
                SELECT sum(quantity - consumed - released) FROM inventory_reservation AS held
                WHERE held.document_kind = 'LOTS' AND held.state = 'ACTIVE'
                  AND held.variant_id = level.variant_id AND held.warehouse_id = level.warehouse_id
            ), 0) THEN 'its lots hold back ' || COALESCE(sum(stock.held), 0) || ', but another number is held'
            WHEN COALESCE(sum(stock.quantity - stock.held) FILTER (WHERE stock.standing = 'LEAVING'), 0)
                > level.reserved - COALESCE(sum(stock.held), 0)
                THEN 'more of lots past their last day of sale may leave than is promised'
        END AS told
        FROM inventory_stocklevel AS level
        JOIN inventory_variant AS variant ON variant.id = level.variant_id
        JOIN inventory_warehouse AS warehouse ON warehouse.id = level.warehouse_id
        LEFT JOIN inventory_lotlevel AS stock ON stock.level_id = level.id
        WHERE level.tracks_lots OR stock.quantity > 0
        GROUP BY level.id, variant.sku, warehouse.code
        UNION ALL
        SELECT 'lot ' || lot.code || ' of ' || variant.sku, 'has ' || stock.quantity || ', but its entries add up to '
            || COALESCE(sum(entry.quantity), 0)
        FROM inventory_lotlevel AS stock
        JOIN inventory_lot AS lot ON lot.id = stock.lot_id JOIN inventory_variant AS variant ON variant.id = lot.variant_id
        LEFT JOIN inventory_lotentry AS entry ON entry.lot_id = stock.lot_id AND entry.level_id = stock.level_id
        GROUP BY stock.id, lot.code, variant.sku HAVING stock.quantity <> COALESCE(sum(entry.quantity), 0)
        UNION ALL
        SELECT 'stock movement ' || movement.id,
               'of ' || movement.quantity || ', but its lots add up to ' || sum(entry.quantity)
        FROM inventory_lotentry AS entry JOIN inventory_stockmovement AS movement ON movement.id = entry.movement_id
        GROUP BY movement.id HAVING movement.quantity <> sum(entry.quantity)
    ) AS broken WHERE told IS NOT NULL LIMIT 1000
"""


@invariant("I19")
def lots_add_up_to_what_lies_there(at: datetime) -> Iterator[Violation]:
    with connection.cursor() as cursor:
        cursor.execute(_BROKEN_LOTS)
        for subject, told in cursor.fetchall():
            yield Violation("I19", subject, told)


@invariant("I19")
def no_lot_that_has_expired_is_promised(at: datetime) -> Iterator[Violation]:
    """Of places that the day's round has looked at; whoever promises or ships from the others looks first."""
    today = shop.day(at)
    late = LotLevel.objects.filter(quantity__gt=F("held"), lot__expires_on__lt=today).exclude(level__lots_due_on__lte=today)
    blocked = LotLevel.objects.filter(quantity__gt=F("held"), lot__blocked_at__isnull=False)
    last_sale_on = ExpressionWrapper(F("lot__expires_on") - F("lot__variant__sell_until_days"), output_field=DateField())
    sold = LotLevel.objects.alias(last_sale_on=last_sale_on).filter(
        standing=LotLevel.Standing.SELLABLE, quantity__gt=0, last_sale_on__lt=today
    )
    sold = sold.exclude(level__lots_due_on__lte=today)
    for code, sku, warehouse in sold.values_list("lot__code", "lot__variant__sku", "level__warehouse__code")[:1000]:
        yield Violation("I19", f"lot {code} of {sku}@{warehouse}", "is sold, though its last day of sale is over")
    for one in (late | blocked).select_related("lot__variant", "level__warehouse").distinct()[:1000]:
        yield Violation(
            "I19", f"lot {one.lot.code} of {one.lot.variant.sku}@{one.level.warehouse.code}",
            f"{one.quantity - one.held} may leave, though it is {'blocked' if one.lot.is_blocked else 'expired'}",
        )  # fmt: skip
