"""Inventory's own invariants: balances equal the ledger, promises equal the reservations, and every change says why."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, F, Q

from config.kernel.invariants import Violation, invariant
from inventory import replenishment
from inventory.models import PurchaseOrder, ReplenishmentProposal, Reservation, StockLevel, StockMovement
from inventory.queries import drift

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
