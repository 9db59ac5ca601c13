"""Writes views into files, a closed business day each, so that nothing is lost and nothing doubled.

There is no bookmark in keys or moments: a transaction that began earlier and commits later would slip past it. A file is always
the whole day, read in one statement; the latest days are read again in each run and written anew where they differ.

A file takes its place in one step, its manifest after it, its record after that: a run that is killed anywhere leaves a day
that the next run finds without a record or different from it, and writes again. What was written is known by the records alone.
"""

import csv
import gzip
import hashlib
import io
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from analytics import closing
from analytics.models import Outlet, OutletFile, OutletRun
from analytics.operations import locks
from analytics.queries import feeds
from analytics.reading import SCHEMA, VIEWS, View
from analytics.targets import parquet, s3
from config.kernel import shop, waits
from config.kernel.errors import Invalid

# Whoever asked for one outlet waits so long for a run that is writing it already.
PATIENCE = 600.0
RUN = "analytics.run_outlets"
RUNS_KEPT = 100
LONGEST_ERROR = OutletRun._meta.get_field("error").max_length or 0
# Rows of one file that are fetched at once.
_FETCHED = 5_000


class OutletRefused(Invalid):
    code = "outlet_invalid"


@dataclass(frozen=True)
class Written:
    looked_at: int = 0
    files: int = 0
    rows: int = 0
    failed: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(
            self.looked_at + other.looked_at, self.files + other.files, self.rows + other.rows, self.failed + other.failed
        )


def views() -> dict[str, View]:
    """What may leave as files: nothing personal."""
    return {one.name: one for one in VIEWS if not one.is_personal}


def check(*, view: str, first_day: date, target: str = "", at: datetime) -> None:
    if view not in views():
        raise OutletRefused(_("There is no such view."), details={"field": "view"})
    if first_day > shop.day(at):
        raise OutletRefused(_("The first day lies in the future."), details={"field": "first_day"})
    if target and s3.address(target) is None:
        raise OutletRefused(_("This is no address such as s3://bucket/folder."), details={"field": "target"})
    if target and not (settings.S3_ACCESS_KEY and settings.S3_SECRET_KEY):
        raise OutletRefused(_("S3_ACCESS_KEY and S3_SECRET_KEY are not set for the shop."), details={"field": "target"})


@transaction.atomic
def start_over(*, outlet: Outlet) -> None:
    """The next run writes every day again, whatever was written before."""
    Outlet.objects.filter(pk=outlet.pk).update(last_day=None)
    OutletFile.objects.filter(outlet=outlet).delete()


def run(*, at: datetime, only: int | None = None) -> Written:
    """Writes what is due of every active outlet, or of one. One that fails stops no other, and says so in its run.

    Of all outlets, those that another run is writing are left to it; the one that was asked for waits until that is over, for
    it may have been asked for because of what that run has passed by.
    """
    done, began = Written(), time.monotonic()

    def now() -> datetime:
        return at + timedelta(seconds=time.monotonic() - began)

    outlets = Outlet.objects.filter(is_active=True) if only is None else Outlet.objects.filter(pk=only)
    for outlet in outlets.order_by("pk"):
        with _held(outlet, patience=0 if only is None else PATIENCE) as is_ours:
            if is_ours:
                outlet.refresh_from_db()
                done += _run(outlet, at, now)
            elif only is not None:
                done += _record(outlet, at, 0.0, Written(failed=1), str(_("Another run is still writing it.")))
    return done


@contextmanager
def _held(outlet: Outlet, *, patience: float) -> Iterator[bool]:
    """Whether nobody else writes it. Asked again and again instead of waiting in the database, which lets nobody wait long."""
    until = time.monotonic() + patience
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [int(locks.Lock.OUTLETS), outlet.pk])
            is_ours = bool(cursor.fetchone()[0])
            if is_ours or time.monotonic() >= until:
                break
            time.sleep(min(1.0, max(0.0, until - time.monotonic())))
    try:
        yield is_ours
    finally:
        if is_ours and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [int(locks.Lock.OUTLETS), outlet.pk])


def _run(outlet: Outlet, at: datetime, now: Callable[[], datetime]) -> Written:
    began, error, done = time.monotonic(), "", Written()
    try:
        folder = Path(settings.EXPORT_ROOT) / outlet.code
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("*.part*"):
            left.unlink()
        bucket = _bucket(outlet, now)
        for day in due(outlet, at):
            rows = _write(outlet, folder, bucket, day, at)
            done += Written(1, int(rows is not None), rows or 0)
    except SoftTimeLimitExceeded:
        raise
    except Exception as fault:  # what is wrong with one outlet, whatever it is, is no reason to keep the others back
        if waits.is_away(fault):
            raise
        error = _told(fault)
        done += Written(failed=1)
    _note_last_day(outlet, at)
    return _record(outlet, at, time.monotonic() - began, done, error)


def _record(outlet: Outlet, at: datetime, seconds: float, done: Written, error: str) -> Written:
    OutletRun.objects.create(
        outlet=outlet, began_at=at, seconds=seconds, looked_at=done.looked_at, written=done.files, rows=done.rows,
        error=error[:LONGEST_ERROR],
    )  # fmt: skip
    kept = OutletRun.objects.filter(outlet=outlet).order_by("-id").values_list("pk", flat=True)[:RUNS_KEPT]
    OutletRun.objects.filter(outlet=outlet).exclude(pk__in=list(kept)).delete()
    return done


def _told(fault: Exception) -> str:
    """What is wrong, in one line. The database tells rows in its further lines, and the disk names its folders."""
    cause = fault.__cause__ if isinstance(fault, DatabaseError) and fault.__cause__ else fault
    said = cause.strerror if isinstance(cause, OSError) else str(cause).split("\n", 1)[0]
    return f"{type(cause).__name__}: {said}"


@transaction.atomic
def _note_last_day(outlet: Outlet, at: datetime) -> None:
    """Up to which day no file is missing: for people to read, no run goes by it."""
    Outlet.objects.select_for_update(no_key=True).get(pk=outlet.pk)
    written = set(OutletFile.objects.filter(outlet=outlet).values_list("day", flat=True))
    last = None
    for day in closing.days(outlet.first_day, closing.last_closed(at, shop.zone())):
        if day not in written:
            break
        last = day
    Outlet.objects.filter(pk=outlet.pk).update(last_day=last)


def due(outlet: Outlet, at: datetime) -> list[date | None]:
    """The days a run looks at: those without a file, and the latest ones again. A view without days is one file."""
    if outlet.view not in views():
        raise OutletRefused(_("There is no such view."), details={"field": "view"})
    if not views()[outlet.view].by_day:
        return [None]
    last = closing.last_closed(at, shop.zone())
    written = set(OutletFile.objects.filter(outlet=outlet).values_list("day", flat=True))
    latest = last - timedelta(days=outlet.trailing_days)
    return [day for day in closing.days(outlet.first_day, last) if day > latest or day not in written]


def _write(outlet: Outlet, folder: Path, bucket: s3.Bucket | None, day: date | None, at: datetime) -> int | None:
    """How many rows were written; None where the file is there and holds what it should."""
    view = views()[outlet.view]
    name = f"{outlet.view}-{day.isoformat()}" if day else outlet.view
    file, manifest = folder / f"{name}.{outlet.file_format}", folder / f"{name}.json"
    part = _part(file)
    if outlet.file_format == Outlet.Format.PARQUET:
        rows = parquet.pack(part, feeds.view_types(view.name), _rows(view, day))
    else:
        rows = _pack(part, view, day)
    digest, size = _digest(part), part.stat().st_size
    known = OutletFile.objects.filter(outlet=outlet, day=day).first()
    if known is not None and known.sha256 == digest and _is_there(file, manifest, digest, size, bucket, known.manifest_sha256):
        part.unlink()
        return None
    _hand_over(file, digest, bucket)
    said = {
        "view": view.name,
        "schema": SCHEMA,
        "columns": [{"name": one.name, "type": one.kind, "about": one.about} for one in feeds.view_columns(view.name)],
        "format": outlet.file_format,
        "day": day,
        "rows": rows,
        "bytes": size,
        "sha256": digest,
        "file": file.name,
        "written_at": at,
    }
    _part(manifest).write_text(json.dumps(said, default=str, ensure_ascii=False, indent=1), "utf-8")
    manifest_digest = _digest(_part(manifest))
    _hand_over(manifest, manifest_digest, bucket)
    OutletFile.objects.update_or_create(
        outlet=outlet,
        day=day,
        defaults={"rows": rows, "size": size, "sha256": digest, "manifest_sha256": manifest_digest, "written_at": at},
    )
    return rows


def _bucket(outlet: Outlet, now: Callable[[], datetime]) -> s3.Bucket | None:
    if not outlet.target:
        return None
    access = s3.Access(settings.S3_ENDPOINT, settings.S3_REGION, settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY)
    # A signature is of the moment in which it is made: servers refuse old ones, and a run may take long.
    # A folder for each, as on the disk: two exports of one view have files of the same names.
    return s3.Bucket(outlet.target.rstrip("/") + f"/{outlet.code}", access, now=now)


def _is_there(file: Path, manifest: Path, digest: str, size: int, bucket: s3.Bucket | None, manifest_digest: str) -> bool:
    if bucket is None:
        return file.exists() and _digest(file) == digest and manifest.exists()
    if bucket.find(file.name) != s3.Found(size, digest):
        return False
    said = bucket.find(manifest.name)
    return said is not None and said.sha256 == manifest_digest


def _hand_over(file: Path, digest: str, bucket: s3.Bucket | None) -> None:
    """The part takes its place: in the folder, or in the bucket, from where nothing stays behind."""
    if bucket is None:
        _place(file)
        return
    bucket.put(_part(file), file.name, sha256=digest)
    _part(file).unlink()


def _part(file: Path) -> Path:
    return file.with_name(f"{file.name}.part")


def _pack(part: Path, view: View, day: date | None) -> int:
    """The rows as CSV, packed the same way each time, so that equal rows make equal files. They go to the disk as they come."""
    rows = 0
    with (
        part.open("wb") as writing,
        gzip.GzipFile(fileobj=writing, mode="wb", mtime=0, filename="") as packing,
        io.TextIOWrapper(packing, "utf-8", newline="") as text,
    ):
        writer = csv.writer(text)
        writer.writerow([one.name for one in view.columns])
        for row in _rows(view, day):
            writer.writerow([feeds.cell(value) for value in row])
            rows += 1
    return rows


def _rows(view: View, day: date | None) -> Iterator[tuple[Any, ...]]:
    within, bounds = feeds.within(view, day, day) if day else (sql.SQL("true"), [])
    query = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {}").format(
        sql.SQL(", ").join(sql.Identifier(one.name) for one in view.columns),
        sql.Identifier(SCHEMA, view.name),
        within,
        sql.SQL(", ").join(map(sql.Identifier, feeds.order(view))),
    )
    # A cursor of the server's, which lives as long as the transaction: a day may have more rows than the memory has room for.
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(query, bounds)
        while some := cursor.fetchmany(_FETCHED):
            yield from some


def _digest(file: Path) -> str:
    with file.open("rb") as reading:
        return hashlib.file_digest(reading, "sha256").hexdigest()


def _place(file: Path) -> None:
    """The whole file or the former one, even if the machine goes down."""
    part = _part(file)
    with part.open("rb+") as written:
        os.fsync(written.fileno())
    part.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
