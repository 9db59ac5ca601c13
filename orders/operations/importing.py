"""Reading an old shop's past from its files: everything of an import is written, or nothing.

Files are read and judged first, outside any transaction, so that progress is seen and nothing is locked. Then one
transaction writes it all: one import at a time, documents that an earlier import has read left out, the months recounted
from the database before it commits. A killed import leaves nothing behind.
"""

import hashlib
import io
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.files.base import File
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from config.kernel import bulk, jobs, shop
from config.kernel.business_time import business_day
from config.kernel.errors import Conflict, DomainError, Invalid, Missing
from config.kernel.models import User
from orders.importing import accounting, refusals, rejects, report, values
from orders.importing.accounting import Account
from orders.importing.books import Book, Table
from orders.importing.profiles import PROFILES, Profile
from orders.importing.reading import MOST_ROWS, Source, rows
from orders.importing.values import CREDIT, Document, Unreadable
from orders.models import ImportFile, ImportRun
from orders.models.importing import IMPORT_WAREHOUSE
from orders.operations import imported_past
from orders.queries import imports

# The job that runs an import over its uploads.
JOB = "orders.import_history"
# One number for all imports, whatever their profile: PostgreSQL lets one hold it.
LOCK = 7_301_001
PROGRESS_EVERY = 10_000
# Longer than any import may take, and than a message of a killed worker stays away.
LOST_AFTER = timedelta(hours=6)
# They name customers of the old shop.
REJECTS_KEPT = timedelta(days=90)


class UnknownProfile(Missing):
    code = "unknown_profile"


class WrongCurrency(Invalid):
    """The old shop's money is not this shop's."""

    code = "wrong_currency"


class ImportOver(Conflict):
    """The run has ended; another one must be asked for."""

    code = "import_over"


class ShiftRefused(Invalid):
    """One profile's past is moved by one distance, or months would overlap."""

    code = "shift_refused"


class NotReconciled(Conflict):
    """The database does not hold what the files say. A fault of the importer: nothing is kept."""

    code = "not_reconciled"


def request(
    *,
    profile: str,
    is_dry_run: bool,
    shift_to_today: bool,
    warehouse: str = IMPORT_WAREHOUSE,
    names: Sequence[str] = (),
    uploads: Sequence[File] = (),  # type: ignore[type-arg]
    actor: User | None,
    at: datetime,
) -> ImportRun:
    """Records an import that is to run: over files that lie elsewhere, by name, or over uploads, kept until it is over.

    Uploads wait for a worker, which is asked for in the same breath; files that lie elsewhere are the caller's to `perform`.
    """
    _check_currency(_profile(profile))
    with transaction.atomic():
        run = ImportRun.objects.create(
            profile=profile,
            is_dry_run=is_dry_run,
            shift_to_today=shift_to_today,
            warehouse=warehouse,
            actor=actor,
            requested_at=at,
        )
        ImportFile.objects.bulk_create(ImportFile(run=run, name=name[-200:]) for name in names)
        for upload in uploads:
            kept = ImportFile(run=run, name=Path(upload.name or "").name[-200:])
            # What people call their files neither decides where they lie nor can be guessed.
            kept.content.save(f"{secrets.token_hex(16)}.csv", upload, save=True)
        if uploads:
            jobs.request(name=JOB, arguments={"run": run.pk}, actor=actor, at=at)
    return run


def perform(*, run: ImportRun, sources: Sequence[Source] = (), at: datetime) -> ImportRun:
    """Runs a requested import over these files, else over its uploads. A refusal is kept on the run and raised."""
    if run.finished_at:
        raise ImportOver(_("This import is over."), details={"state": run.state})
    files = sources or [Source(Path(one.content.path), one.name) for one in run.files.order_by("id")]
    began = time.monotonic()
    try:
        profile = _profile(run.profile)
        _check_currency(profile)
        if run.state != ImportRun.State.IMPORTED:
            _state(run, ImportRun.State.READING)
            read = _read(profile, files, run)
            _state(run, ImportRun.State.WRITING)
            _write(run, profile, read, at)
            _keep_rejects(run, files, read.book.account)
            run.state = ImportRun.State.CHECKED if run.is_dry_run else ImportRun.State.IMPORTED
    except DomainError as refusal:
        run.state = ImportRun.State.REFUSED
        if "problem" in refusal.details:
            run.refusal = refusal.details
        else:
            run.error = str(refusal)
        raise
    except Exception as error:
        run.state, run.error = ImportRun.State.FAILED, f"{type(error).__name__}: {error}"[:4000]
        raise
    finally:
        run.seconds = round(time.monotonic() - began, 3)
        run.finished_at = at + timedelta(seconds=run.seconds)
        run.save()
        _drop_uploads(run)
    return run


def perform_requested(*, run_id: int, at: datetime) -> ImportRun:
    """Runs an import over its uploads. A file that cannot be is told on the run: nothing failed but the file."""
    run = ImportRun.objects.get(pk=run_id)
    if not run.finished_at:
        with suppress(DomainError):
            perform(run=run, at=at)
    return run


def tidy(*, at: datetime) -> dict[str, int]:
    """Closes runs whose worker died for good, and drops files of left-out rows that are no longer asked for."""
    lost = ImportRun.objects.filter(finished_at__isnull=True, requested_at__lt=at - LOST_AFTER)
    closed = 0
    for run in lost:
        run.state, run.finished_at, run.refusal = ImportRun.State.FAILED, at, refusals.kept("worker_died")
        run.save(update_fields=["state", "finished_at", "refusal"])
        _drop_uploads(run)
        closed += 1
    old = ImportRun.objects.filter(finished_at__lt=at - REJECTS_KEPT).exclude(rejects="")
    dropped = 0
    for run in old:
        run.rejects.delete(save=True)
        dropped += 1
    return {"closed": closed, "dropped": dropped}


def _profile(name: str) -> Profile:
    if name not in PROFILES:
        raise refusals.of_import(UnknownProfile, "unknown_profile", name=name, known=", ".join(PROFILES))
    return PROFILES[name]


def _check_currency(profile: Profile) -> None:
    if profile.money(settings.SHOP_CURRENCY) != settings.SHOP_CURRENCY:
        raise refusals.of_import(
            WrongCurrency, "wrong_currency", profile=profile.title, theirs=profile.currency, ours=settings.SHOP_CURRENCY
        )


def _state(run: ImportRun, state: ImportRun.State) -> None:
    run.state = state
    run.save(update_fields=["state"])


# --- Reading ---------------------------------------------------------------------------------------------------------------


@dataclass
class _Read:
    book: Book
    documents: list[Document]
    files: list[tuple[str, str, str]]


def _read(profile: Profile, files: Sequence[Source], run: ImportRun) -> _Read:
    book = profile.book()
    read: list[tuple[str, str, str]] = []
    so_far = 0
    for source in files:
        table, so_far = _read_file(profile, book, source, run, so_far)
        read.append((source.name, table.name, _sha256(source.path)))
    found = {table for _name, table, _hash in read}
    for table in profile.tables:
        if table.name not in found:
            raise refusals.refused("table_missing", file=str(profile.title), table=table.name)
    try:
        documents = book.documents()
    except Unreadable as trouble:
        file, row = divmod(trouble.ref, accounting.ROWS_PER_FILE)
        raise refusals.of_cell(trouble, file=files[file].name, row=row) from None
    return _Read(book, documents, read)


def _read_file(profile: Profile, book: Book, source: Source, run: ImportRun, so_far: int) -> tuple[Table, int]:
    told = rows(source)
    _first, heading = next(told)
    table = _table(profile, source, heading)
    # A column the file goes without is read from behind its last cell, where an empty one is put.
    order = [heading.index(column) if column in heading else len(heading) for column in table.columns]
    in_order = order == list(range(len(heading)))
    file = book.account.open_file()
    take = book.taker(table, file)
    for row, cells in told:
        so_far += 1
        if not in_order:
            padded = [*cells, ""]
            cells = [padded[place] for place in order]
        try:
            take(book.account.read(file, row), values.digest(cells), cells)
        except Unreadable as trouble:
            raise refusals.of_cell(trouble, file=source.name, row=row) from None
        if not so_far % PROGRESS_EVERY:
            ImportRun.objects.filter(pk=run.pk).update(rows_so_far=so_far)
            if so_far > MOST_ROWS:
                raise refusals.refused("too_many_rows", file=source.name, row=row, most=MOST_ROWS)
    run.rows_so_far = so_far
    run.save(update_fields=["rows_so_far"])
    return table, so_far


def _table(profile: Profile, source: Source, heading: Sequence[str]) -> Table:
    """The table whose columns these are, in whatever order."""
    if len(heading) == 1:
        for sign in (";", "\t", "|"):
            if sign in heading[0]:
                raise refusals.refused("delimiter", file=source.name, row=1, found="TAB" if sign == "\t" else sign)
    for column in heading:
        if heading.count(column) > 1:
            raise refusals.refused("duplicated_column", file=source.name, row=1, column=column)
    for table in profile.tables:
        if table.fits(heading):
            return table
    closest = max(profile.tables, key=lambda table: len(set(table.columns) & set(heading)))
    raise refusals.refused(
        "unknown_table",
        file=source.name,
        row=1,
        table=closest.name,
        missing=", ".join(one for one in closest.columns if one not in heading and one not in closest.optional) or "-",
        unknown=", ".join(one for one in heading if one not in closest.columns) or "-",
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


# --- Writing ---------------------------------------------------------------------------------------------------------------


@transaction.atomic
def _write(run: ImportRun, profile: Profile, read: _Read, at: datetime) -> None:
    bulk.unhurried()
    _wait_for_turn()
    zone = shop.zone()
    run.shift_days = _shift(run, read.documents, business_day(at, zone))
    account = read.book.account
    documents = _new(run, read.documents, account)
    figures = imported_past.write(
        run=run, profile=profile, goods=read.book.goods, account=account, documents=documents,
        moment=_clock(zone, run.shift_days), at=at,
    )  # fmt: skip
    months = accounting.reconcile(
        read.book.sums.months(), account.left_out, imports.sums_by_month(run=run, channel=profile.channel)
    )
    for month in months:
        if any(month.differences):
            gross, returns = month.differences
            raise refusals.of_import(NotReconciled, "not_reconciled", month=month.month, gross=gross, returns=returns)
    run.report = report.compose(
        profile=profile.name,
        currency=profile.money(settings.SHOP_CURRENCY),
        files=read.files,
        account=account,
        months=months,
        figures=figures,
        shift_days=run.shift_days,
    )
    counts = run.report["rows"]
    run.rows_read, run.rows_imported, run.rows_skipped = counts["read"], counts["imported"], counts["skipped"]
    if run.is_dry_run:
        transaction.set_rollback(True)
    else:
        # Said in the same breath: a worker that dies right after must not import once more.
        run.state = ImportRun.State.IMPORTED
        run.save()


def _wait_for_turn() -> None:
    """One import at a time: a second one waits here for as long as the first takes, and then sees what it wrote."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute("RESET lock_timeout")


def _shift(run: ImportRun, documents: Sequence[Document], today: date) -> int:
    earlier = imports.shift_of_earlier(profile=run.profile)
    if earlier is not None and bool(earlier) != run.shift_to_today:
        raise refusals.of_import(ShiftRefused, "moved_before" if earlier else "not_moved_before", days=earlier)
    if not run.shift_to_today or not documents:
        return 0
    return earlier or values.weeks_between(max(one.at for one in documents).date(), today)


def _clock(zone: ZoneInfo, shift_days: int) -> Callable[[datetime], datetime]:
    """The files' wall clock is the shop's; days are moved on the wall, so that the hour of a sale stays what it was."""
    shift = timedelta(days=shift_days)

    @lru_cache(maxsize=100_000)
    def moment(at: datetime) -> datetime:
        return (at + shift).replace(tzinfo=zone).astimezone(UTC)

    return moment


def _new(run: ImportRun, documents: Sequence[Document], account: Account) -> list[Document]:
    """The documents no import has read yet. Rows of the others are accounted for: read before, or added since."""
    before = imports.read_before(profile=run.profile, numbers=[one.number for one in documents])
    new = []
    for one in documents:
        known = before.get(one.number)
        if known is None:
            new.append(one)
            continue
        left = Counter(known[start : start + values.DIGEST] for start in range(0, len(known), values.DIGEST))
        for ref, digest, amount in one.rows():
            outcome = accounting.ALREADY if left[digest] else accounting.LATE
            left[digest] -= 1
            account.decide(ref, outcome, one.month, amount, is_return=one.kind == CREDIT)
    return new


def _keep_rejects(run: ImportRun, files: Sequence[Source], account: Account) -> None:
    if not run.rows_skipped:
        return
    with tempfile.TemporaryFile() as kept:
        text = io.TextIOWrapper(kept, "utf-8", newline="", write_through=True)
        rejects.write(text, files, account)
        kept.seek(0)
        run.rejects.save(f"{secrets.token_hex(16)}.csv", File(kept), save=False)


def _drop_uploads(run: ImportRun) -> None:
    """What customers bought is not kept twice: the uploads go as soon as the import is over."""
    for one in run.files.exclude(content=""):
        one.content.delete(save=True)
