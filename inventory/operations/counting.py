"""Stock counts, from the sheet to the ledger: opened, counted, some of it once more, approved and posted, or canceled.

Nothing is corrected before a count is posted, and then all of it by one document. docs/algorithms/stock-work.md tells the rule
by which units that moved meanwhile are kept.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User
from inventory import counting, locking, numbering
from inventory.locking import Place
from inventory.models import (
    CountDue,
    Lot,
    StockCount,
    StockCountEntry,
    StockCountLine,
    StockLevel,
    StockMovement,
    Variant,
    Warehouse,
)
from inventory.operations import ledger, lotbook, reservations
from inventory.operations.ledger import Change, Document
from inventory.operations.lotbook import LotChange
from inventory.operations.stock import LONGEST_REASON, MOST_UNITS, UnknownPlace
from inventory.queries import corrected, marks
from inventory.queries import counting as query
from inventory.queries.marks import Since

State, Doubt, Basis = StockCount.State, StockCountLine.Doubt, StockCount.Basis
BEING_COUNTED = (State.OPEN, State.RECOUNT)
# Entries of the ledger that correct a balance and move nothing: what was counted before one of them says nothing after it.
CORRECTIONS = (StockMovement.Kind.ADJUSTMENT, StockMovement.Kind.WRITE_OFF)
# More lines than a sheet has room for.
MOST_LINES = 5_000


class CountStale(Conflict):
    """Units came or left while somebody counted: `details.lines` says of which SKU, what was seen, what lies there now."""

    code = "count_stale"


class CountInvalid(Invalid):
    code = "count_invalid"


class CountNotFound(Missing):
    code = "count_not_found"


class CountState(Conflict):
    """The count is in another state, in which this cannot be done."""

    code = "count_state"


class CountBeyondLimit(Conflict):
    """What the count corrects is worth more than this person may approve."""

    code = "count_beyond_limit"
    status = 403


class CountedByYourself(Conflict):
    """Beyond the limit somebody else has to approve than who counted."""

    code = "counted_by_yourself"
    status = 403


@transaction.atomic
def open_count(
    *,
    warehouse_id: int,
    variant_ids: Sequence[int],
    basis: StockCount.Basis,
    scope: str = "",
    is_blind: bool = True,
    note: str = "",
    actor: User | None,
    at: datetime,
) -> StockCount:
    """A sheet with these SKUs. Nothing is expected yet: that is read when a line is counted."""
    wanted = list(dict.fromkeys(variant_ids))
    if not wanted:
        raise CountInvalid(_("Count each SKU once, and at least one."), details={"field": "lines"})
    if len(wanted) > MOST_LINES:
        raise CountInvalid(_("A sheet has at most %(most)s lines.") % {"most": MOST_LINES}, details={"field": "lines"})
    _require_known(warehouse_id, wanted)
    return _opened(warehouse_id, wanted, basis, scope, is_blind, note, actor, at)


@transaction.atomic
def enter(
    *,
    number: str,
    found: Mapping[int, int],
    seen: Mapping[int, int] | None = None,
    seen_at: datetime | None = None,
    actor: User | None,
    at: datetime,
) -> StockCount:
    """Writes down what was found: units by variant id. A line entered again counts as the latest says.

    `seen` is, by variant, the mark of the ledger when the counter began (`queries.marks`), read at `seen_at`; a line that moved
    after it is doubtful, because nobody knows whether the units were counted before they left or after.
    """
    taken = _locked(number)
    _require_state(taken, *BEING_COUNTED)
    if any(not 0 <= units <= MOST_UNITS for units in found.values()):
        raise CountInvalid(_("A counted quantity is not negative."), details={"field": "counted"})
    lines = {line.variant_id: line for line in taken.lines.filter(variant_id__in=found)}
    if set(found) - set(lines):
        raise UnknownPlace(_("There is no such SKU or warehouse."), details={"variants": sorted(set(found) - set(lines))})
    _require_asked(taken, *lines.values())
    _write(taken, lines, found, seen or {}, seen_at, actor, at)
    return taken


@transaction.atomic
def scan(*, number: str, code: str, units: int = 1, actor: User | None, at: datetime) -> StockCountLine:
    """One scan of a barcode or SKU: adds `units` to what was counted of it so far in this round; below zero takes back.

    A SKU that is not on the sheet is put there: goods in the wrong place are what a count is to find.
    """
    taken = _locked(number)
    _require_state(taken, *BEING_COUNTED)
    code = code.strip()
    variant = Variant.objects.filter(Q(sku=code) | Q(barcode=code)).order_by("pk").first()
    if variant is None or not code:
        raise CountInvalid(_("There is no such SKU: %(skus)s.") % {"skus": code or "-"}, details={"field": "code"})
    line = taken.lines.filter(variant=variant).first() or StockCountLine(count=taken, variant=variant, was_unexpected=True)
    _require_asked(taken, line)
    if line.pk is None:
        line.save()
    goes_on = line.counted_at is not None and line.round == taken.round
    total = (line.counted or 0 if goes_on else 0) + units
    if not 0 <= total <= MOST_UNITS:
        raise CountInvalid(_("A counted quantity is not negative."), details={"field": "units"})
    # Between two scans of the same SKU the counter stands before its shelf.
    seen = {variant.pk: line.mark} if goes_on else {}
    _write(taken, {variant.pk: line}, {variant.pk: total}, seen, line.counted_at if goes_on else None, actor, at)
    return line


@transaction.atomic
def hand_in(*, number: str, actor: User | None, at: datetime) -> StockCount:
    """Whoever counted is done. Lines that differ too much or that moved meanwhile are asked for once more, each once.

    A line that nobody counted is left as it is: nothing is corrected there.
    """
    taken = _locked(number)
    _require_state(taken, *BEING_COUNTED)
    lines = list(taken.lines.select_related("variant"))
    counted = [line for line in lines if line.counted is not None]
    if not counted:
        raise CountInvalid(_("Nothing was counted yet."), details={"field": "lines"})
    if taken.state == State.RECOUNT and (left := [line.variant.sku for line in lines if _is_left(taken, line)]):
        raise CountInvalid(
            _("Still to be counted once more: %(skus)s.") % {"skus": ", ".join(sorted(left)[:20])}, details={"skus": left}
        )
    doubtful = [line.pk for line in counted if line.doubt and taken.state == State.OPEN]
    taken.state, taken.counted_at = State.COUNTED, at
    if doubtful:
        _begin_round(taken, taken.lines.filter(pk__in=doubtful))
    taken.save(update_fields=["state", "counted_at", "round"])
    return taken


@transaction.atomic
def ask_again(*, number: str, variant_ids: Collection[int], actor: User | None, at: datetime) -> StockCount:
    """The one who is to approve wants these lines counted once more."""
    taken = _locked(number)
    _require_state(taken, State.COUNTED)
    asked = taken.lines.filter(variant_id__in=variant_ids)
    if not asked.update(doubt=Doubt.ASKED):
        raise CountInvalid(_("Choose at least one line."), details={"field": "lines"})
    _begin_round(taken, asked)
    taken.save(update_fields=["state", "round"])
    return taken


@transaction.atomic
def approve(*, number: str, may_exceed: bool, reason: str = "", actor: User | None, at: datetime) -> StockCount:
    """Posts the differences to the ledger, once and by one document. Counting less than is reserved releases the newest.

    What moved between counting and posting is kept: the difference found is added to what lies there now. Where that cannot
    be (more has left than was counted, or the balance was corrected meanwhile) the whole count is refused, naming the SKUs
    and what moved. Beyond the limit it takes `may_exceed`, and somebody else than who counted.
    """
    taken = _locked(number)
    _require_state(taken, State.COUNTED)
    if len(reason.strip()) > LONGEST_REASON:
        raise CountInvalid(_("A note has at most %(most)s characters.") % {"most": LONGEST_REASON}, details={"field": "reason"})
    lines = list(taken.lines.filter(counted__isnull=False).select_related("variant"))
    if worth(lines) > settings.STOCK_COUNT_LIMIT:
        if not may_exceed:
            raise CountBeyondLimit(_("The differences are worth more than you may approve."))
        if actor and StockCountEntry.objects.filter(line__count=taken, actor=actor).exists():
            raise CountedByYourself(_("Beyond the limit somebody else has to approve than who counted."))
    _post(taken, lines, reason.strip(), actor, at)
    return taken


@transaction.atomic
def cancel(*, number: str, reason: str, actor: User | None, at: datetime) -> StockCount:
    """Gives the count up: what was found stays on record, and nothing is corrected."""
    taken = _locked(number)
    _require_state(taken, *BEING_COUNTED, State.COUNTED)
    if not 1 <= len(reason.strip()) <= LONGEST_REASON:
        raise CountInvalid(_("Say why the count is given up."), details={"field": "reason"})
    taken.state, taken.reason, taken.decided_at, taken.decided_by = State.CANCELED, reason.strip(), at, actor
    taken.save(update_fields=["state", "reason", "decided_at", "decided_by"])
    return taken


@transaction.atomic
def count(
    *,
    warehouse_id: int,
    lines: Sequence[tuple[int, int, int]],
    note: str,
    actor: User | None,
    at: datetime,
) -> StockCount:
    """A quick count: counted, entered and posted at once. `lines` are (variant id, expected, counted).

    `expected` is the quantity the counter saw on the screen: where it has moved since, the whole count is refused, naming the
    SKUs, and nothing is applied. Counting less than is reserved releases the newest reservations. Differences beyond the
    limit are only written down, whoever counts: somebody else has to approve them.
    """
    found = {variant: units for variant, _seen, units in lines}
    if not lines or len(found) != len(lines):
        raise CountInvalid(_("Count each SKU once, and at least one."), details={"field": "lines"})
    if any(not 0 <= units <= MOST_UNITS for units in found.values()):
        raise CountInvalid(_("A counted quantity is not negative."), details={"field": "counted"})
    if len(note.strip()) > LONGEST_REASON:
        raise CountInvalid(_("A note has at most %(most)s characters.") % {"most": LONGEST_REASON}, details={"field": "note"})
    _require_known(warehouse_id, list(found))
    levels = locking.lock_levels({(variant, warehouse_id) for variant in found})
    _require_unmoved({(variant, warehouse_id): seen for variant, seen, _units in lines}, levels)
    taken = _opened(warehouse_id, list(found), Basis.QUICK, "", False, note, actor, at)
    written = {line.variant_id: line for line in taken.lines.all()}
    _write(taken, written, found, {}, None, actor, at)
    taken.counted_at = at
    taken.state = State.COUNTED
    taken.save(update_fields=["counted_at", "state"])
    entered = list(taken.lines.select_related("variant"))
    if _worth_today(entered, warehouse_id, actor, at) <= settings.STOCK_COUNT_LIMIT:
        _post(taken, entered, "", actor, at)
    return taken


def _worth_today(lines: Sequence[StockCountLine], warehouse_id: int, actor: User | None, at: datetime) -> Decimal:
    """What the lines differ by, together with what the same person has corrected of their SKUs by hand today."""
    costs = {line.variant_id: line.variant.cost for line in lines}
    now = {(line.variant_id, warehouse_id): (line.counted or 0) - (line.expected or 0) for line in lines}
    return corrected.worth(before=corrected.today(actor=actor, variant_ids=costs, at=at), now=now, costs=costs)


def _require_unmoved(seen: Mapping[Place, int], levels: Mapping[Place, StockLevel]) -> None:
    moved = {place: units for place, units in seen.items() if levels[place].on_hand != units}
    if moved:
        raise _stale(
            _("The stock of %(skus)s has moved since you opened the count. Count again."),
            {place[0]: {"expected": units, "on_hand": levels[place].on_hand} for place, units in moved.items()},
        )


@transaction.atomic
def propose_due(*, at: datetime) -> int:
    """Makes the list of what is due anew; answers its length. Two at once make it one after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('inventory.count_due'))")
    CountDue.objects.all().delete()
    found = query.due(at=at)
    CountDue.objects.bulk_create(
        (
            CountDue(
                variant_id=one.place[0], warehouse_id=one.place[1], abc=one.abc, why=one.why, due_on=one.due_on,
                last_counted_at=one.last_counted_at, every_days=one.every_days, corrections=one.corrections, proposed_at=at,
            )
            for one in found
        ),
        batch_size=2000,
    )  # fmt: skip
    return len(found)


def worth(lines: Collection[StockCountLine]) -> Decimal:
    """What the differences are worth at cost, more and less alike: what it takes the right to approve."""
    return sum((abs(line.difference) * (line.unit_cost or Decimal(0)) for line in lines), Decimal(0))


def _opened(
    warehouse_id: int,
    variant_ids: Sequence[int],
    basis: StockCount.Basis,
    scope: str,
    is_blind: bool,
    note: str,
    actor: User | None,
    at: datetime,
) -> StockCount:
    taken = StockCount.objects.create(
        number=numbering.document_number(numbering.STOCK_COUNT, at),
        warehouse_id=warehouse_id,
        state=State.OPEN,
        basis=basis,
        scope=scope[:200],
        is_blind=is_blind,
        opened_at=at,
        actor=actor,
        note=note.strip(),
        tolerance_units=settings.STOCK_COUNT_TOLERANCE_UNITS,
        tolerance_value=settings.STOCK_COUNT_TOLERANCE_VALUE,
    )
    StockCountLine.objects.bulk_create(StockCountLine(count=taken, variant_id=variant) for variant in variant_ids)
    return taken


def _write(
    taken: StockCount,
    lines: Mapping[int, StockCountLine],
    found: Mapping[int, int],
    seen: Mapping[int, int],
    seen_at: datetime | None,
    actor: User | None,
    at: datetime,
) -> None:
    """One entry for each line, and the line as it is by it. What the system holds is read in one moment."""
    now = marks.standing(warehouse_id=taken.warehouse_id, variant_ids=list(found), at=at)
    moved = marks.since(
        warehouse_id=taken.warehouse_id, marks={variant: (mark, seen_at or at) for variant, mark in seen.items()}
    )
    costs = dict(Variant.objects.filter(pk__in=found).values_list("pk", "cost"))
    entries = []
    for variant, units in found.items():
        line = lines[variant]
        line.expected, line.counted, line.counted_at = now[variant].on_hand, units, at
        line.mark, line.unit_cost, line.round = now[variant].mark, costs[variant], taken.round
        line.moved_while = moved[variant].units if variant in moved else 0
        line.doubt = _doubt(taken, line, has_moved=variant in moved)
        entries.append(
            StockCountEntry(
                line=line, round=line.round, expected=line.expected, counted=units, moved_while=line.moved_while,
                actor=actor, entered_at=at,
            )
        )  # fmt: skip
    StockCountLine.objects.bulk_update(
        [lines[variant] for variant in found],
        ["expected", "counted", "counted_at", "mark", "unit_cost", "round", "moved_while", "doubt"],
    )
    StockCountEntry.objects.bulk_create(entries)


def _doubt(taken: StockCount, line: StockCountLine, *, has_moved: bool) -> str:
    if has_moved:
        return Doubt.MOVED
    beyond = counting.differs(
        expected=line.expected or 0, counted=line.counted or 0, unit_cost=line.unit_cost or Decimal(0),
        units=taken.tolerance_units, value=taken.tolerance_value,
    )  # fmt: skip
    return Doubt.DIFFERS if beyond else ""


def _begin_round(taken: StockCount, asked: QuerySet[StockCountLine]) -> None:
    """What was entered before is not added to; it stays on record."""
    taken.round += 1
    taken.state = State.RECOUNT
    asked.update(asked_round=taken.round)


def _is_left(taken: StockCount, line: StockCountLine) -> bool:
    return line.asked_round == taken.round and line.is_asked


def _require_asked(taken: StockCount, *lines: StockCountLine) -> None:
    if any(line.asked_round != taken.round for line in lines):
        raise CountInvalid(_("Only the lines that are asked for are counted once more."), details={"field": "lines"})


def _post(taken: StockCount, lines: Sequence[StockCountLine], reason: str, actor: User | None, at: datetime) -> None:
    warehouse_id = taken.warehouse_id
    levels = locking.lock_levels({(line.variant_id, warehouse_id) for line in lines})
    told = {
        line.variant_id: counting.correction(
            expected=line.expected or 0, counted=line.counted or 0, on_hand=levels[line.variant_id, warehouse_id].on_hand
        )
        for line in lines
    }
    since = marks.since(
        warehouse_id=warehouse_id, marks={line.variant_id: (line.mark, line.counted_at or at) for line in lines}
    )
    wrong = {
        line.variant_id: {
            "expected": line.expected, "counted": line.counted, "on_hand": levels[line.variant_id, warehouse_id].on_hand,
            "moved": dict(since[line.variant_id].by_kind) if line.variant_id in since else {},
        }
        for line in lines
        if told[line.variant_id].is_impossible or _corrected(since.get(line.variant_id))
    }  # fmt: skip
    if wrong:
        raise _stale(_("The stock of %(skus)s was corrected, or more left than was counted. Have it counted once more."), wrong)
    for line in lines:
        line.moved_since = told[line.variant_id].moved_since
    StockCountLine.objects.bulk_update(lines, ["moved_since"])
    lots = _of_lots(levels, {(variant, warehouse_id): one.difference for variant, one in told.items()}, at)
    changes = [
        Change(levels[variant, warehouse_id], on_hand=one.difference, lots=lots.get((variant, warehouse_id), ()))
        for variant, one in told.items()
        if one.difference
    ]
    freed = {(one.level.variant_id, warehouse_id): one.held for one in changes}
    remaining = {
        (variant, warehouse_id): one.remaining - freed.get((variant, warehouse_id), 0) for variant, one in told.items()
    }
    reservations.lose(levels, remaining, at=at)
    if changes:
        ledger.post(
            kind=StockMovement.Kind.ADJUSTMENT,
            document=Document("COUNT", taken.number),
            changes=changes,
            actor=actor,
            at=at,
            reason=taken.note,
        )
        if lots:
            counted = StockLevel.objects.filter(pk__in=[levels[place].pk for place in lots])
            reservations.hold_lots(counted, at=at, today=None)
        ledger.announce(at=at)
    taken.state, taken.decided_at, taken.decided_by, taken.reason = State.POSTED, at, actor, reason
    taken.save(update_fields=["state", "decided_at", "decided_by", "reason"])


def _of_lots(
    levels: Mapping[Place, StockLevel], differences: Mapping[Place, int], at: datetime
) -> dict[Place, list[LotChange]]:
    """A sheet counts SKUs, not lots: what is missing is thought to be of the lots that pickers take first, and what is too much
    is held back in a lot of its own until somebody counts by lot.
    """
    with_lots = {place: units for place, units in differences.items() if units and levels[place].tracks_lots}
    stocks = lotbook.at_levels(levels[place] for place in with_lots)
    return {
        place: [lotbook.into(lotbook.unsorted(levels[place], Lot.Origin.FOUND, at=at), units)]
        if units > 0
        else lotbook.lost(levels[place], stocks[levels[place].pk], -units)
        for place, units in sorted(with_lots.items())  # so that two warehouses make the same lots in one order
    }


def _corrected(since: Since | None) -> bool:
    return since is not None and any(kind in since.by_kind for kind in CORRECTIONS)


def _locked(number: str) -> StockCount:
    """The document first, then the levels: two who post one count wait for each other here."""
    taken = StockCount.objects.select_for_update(no_key=True).filter(number=number).first()
    if taken is None:
        raise CountNotFound(_("There is no such stock count."), details={"number": number})
    return taken


def _require_state(taken: StockCount, *states: StockCount.State) -> None:
    if taken.state not in states:
        raise CountState(
            _("The stock count is in another state by now: %(state)s.") % {"state": taken.get_state_display()},
            details={"number": taken.number, "state": taken.state},
        )


def _require_known(warehouse_id: int, variant_ids: Sequence[int]) -> None:
    known = set(Variant.objects.filter(pk__in=variant_ids).values_list("pk", flat=True))
    missing = sorted(set(variant_ids) - known)
    if missing or not Warehouse.objects.filter(pk=warehouse_id).exists():
        raise UnknownPlace(_("There is no such SKU or warehouse."), details={"variants": missing, "warehouses": [warehouse_id]})


def _stale(told: object, lines: Mapping[int, Mapping[str, object]]) -> CountStale:
    skus = dict(Variant.objects.filter(pk__in=lines).values_list("pk", "sku"))
    return CountStale(
        str(told) % {"skus": ", ".join(sorted(skus.values()))},
        details={"lines": [{"sku": skus[variant], **facts} for variant, facts in sorted(lines.items())]},
    )
