"""Writes views into files, a closed business day each, so that nothing is lost and nothing doubled.

There is no bookmark in keys or moments: a transaction that began earlier and commits later would slip past it. A file is always
the whole day, read in one statement; the latest days are read again in each run and written anew where they differ.

A file takes its place in one step, its manifest after it, its record after that: a run that is killed anywhere leaves a day
that the next run finds different from its record, and writes again.
"""

import csv
import gzip
import hashlib
import io
import json
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from analytics import closing
from analytics.models import Outlet, OutletFile, OutletRun
from analytics.operations import locks
from analytics.queries import feeds
from analytics.reading import SCHEMA, VIEWS, View
from config.kernel import shop
from config.kernel.errors import Invalid

RUN = "analytics.run_outlets"
RUNS_KEPT = 100
# Rows of one file that are fetched at once.
_FETCHED = 5_000


class OutletRefused(Invalid):
    code = "outlet_invalid"


@dataclass(frozen=True)
class Written:
    looked_at: int = 0
    files: int = 0
    rows: int = 0


def views() -> dict[str, View]:
    """What may leave as files: nothing personal."""
    return {one.name: one for one in VIEWS if not one.is_personal}


def check(*, view: str, first_day: date, at: datetime) -> None:
    if view not in views():
        raise OutletRefused(_("There is no such view."), details={"field": "view"})
    if first_day > shop.day(at):
        raise OutletRefused(_("The first day lies in the future."), details={"field": "first_day"})


@transaction.atomic
def start_over(*, outlet: Outlet) -> None:
    """The next run writes every day again, whatever was written before."""
    OutletFile.objects.filter(outlet=outlet).delete()
    Outlet.objects.filter(pk=outlet.pk).update(last_day=None)


def run(*, at: datetime, only: int | None = None) -> Written:
    """Writes what is due of every active outlet, or of one. One that fails stops no other, and says so in its run."""
    done = Written()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [int(locks.Lock.OUTLETS)])
        if not cursor.fetchone()[0]:
            return done
        try:
            outlets = Outlet.objects.filter(is_active=True) if only is None else Outlet.objects.filter(pk=only)
            for outlet in outlets.order_by("pk"):
                one = _run(outlet, at)
                done = Written(done.looked_at + one.looked_at, done.files + one.files, done.rows + one.rows)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [int(locks.Lock.OUTLETS)])
    return done


def _run(outlet: Outlet, at: datetime) -> Written:
    began, error, done = time.monotonic(), "", Written()
    try:
        folder = Path(settings.EXPORT_ROOT) / outlet.code
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("*.part"):
            left.unlink()
        for day in due(outlet, at):
            rows = _write(outlet, folder, day, at)
            done = Written(done.looked_at + 1, done.files + (rows is not None), done.rows + (rows or 0))
            if day is not None and (outlet.last_day is None or day > outlet.last_day):
                outlet.last_day = day
                outlet.save(update_fields=["last_day"])
    except OSError as refusal:
        error = f"{type(refusal).__name__}: {refusal.strerror}"
    OutletRun.objects.create(
        outlet=outlet, began_at=at, seconds=time.monotonic() - began, looked_at=done.looked_at, written=done.files,
        rows=done.rows, error=error,
    )  # fmt: skip
    kept = OutletRun.objects.filter(outlet=outlet).order_by("-id").values_list("pk", flat=True)[:RUNS_KEPT]
    OutletRun.objects.filter(outlet=outlet).exclude(pk__in=list(kept)).delete()
    return done


def due(outlet: Outlet, at: datetime) -> list[date | None]:
    """The days a run looks at: those never written, and the latest ones again. A view without days is one file."""
    if not views()[outlet.view].by_day:
        return [None]
    last = closing.last_closed(at, shop.zone())
    begins = outlet.first_day
    if outlet.last_day is not None:
        begins = max(begins, min(outlet.last_day + timedelta(days=1), last - timedelta(days=outlet.trailing_days - 1)))
    return list(closing.days(begins, last))


def _write(outlet: Outlet, folder: Path, day: date | None, at: datetime) -> int | None:
    """How many rows were written; None where the file is there and holds what it should."""
    view = views()[outlet.view]
    name = f"{outlet.view}-{day.isoformat()}" if day else outlet.view
    packed, rows = _packed(view, day)
    digest = hashlib.sha256(packed).hexdigest()
    known = OutletFile.objects.filter(outlet=outlet, day=day).first()
    file, manifest = folder / f"{name}.csv.gz", folder / f"{name}.json"
    if known is not None and known.sha256 == digest and _holds(file, digest) and manifest.exists():
        return None
    _put(file, packed)
    said = {
        "view": view.name,
        "schema": SCHEMA,
        "columns": [{"name": one.name, "type": one.kind, "about": one.about} for one in feeds.view_columns(view.name)],
        "day": day,
        "rows": rows,
        "bytes": len(packed),
        "sha256": digest,
        "file": file.name,
        "written_at": at,
    }
    _put(manifest, json.dumps(said, default=str, ensure_ascii=False, indent=1).encode())
    OutletFile.objects.update_or_create(
        outlet=outlet, day=day, defaults={"rows": rows, "size": len(packed), "sha256": digest, "written_at": at}
    )
    return rows


def _packed(view: View, day: date | None) -> tuple[bytes, int]:
    """The rows as CSV, packed the same way each time, so that equal rows make equal files."""
    held = io.BytesIO()
    rows = 0
    with (
        gzip.GzipFile(fileobj=held, mode="wb", mtime=0, filename="") as packing,
        io.TextIOWrapper(packing, "utf-8", newline="") as text,
    ):
        writer = csv.writer(text)
        writer.writerow([one.name for one in view.columns])
        for row in _rows(view, day):
            writer.writerow([feeds.cell(value) for value in row])
            rows += 1
    return held.getvalue(), rows


def _rows(view: View, day: date | None) -> Iterable[tuple[Any, ...]]:
    where = sql.SQL("WHERE {} = %s").format(sql.Identifier(view.by_day)) if day else sql.SQL("")
    query = sql.SQL("SELECT {} FROM {} {} ORDER BY {}").format(
        sql.SQL(", ").join(sql.Identifier(one.name) for one in view.columns),
        sql.Identifier(SCHEMA, view.name),
        where,
        sql.SQL(", ").join(map(sql.Identifier, view.key)),
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [day] if day else [])
        while some := cursor.fetchmany(_FETCHED):
            yield from some


def _holds(file: Path, digest: str) -> bool:
    return file.exists() and hashlib.sha256(file.read_bytes()).hexdigest() == digest


def _put(file: Path, content: bytes) -> None:
    """The whole file or the former one, even if the machine goes down."""
    part = file.with_name(f"{file.name}.part")
    with part.open("wb") as writing:
        writing.write(content)
        writing.flush()
        os.fsync(writing.fileno())
    part.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
