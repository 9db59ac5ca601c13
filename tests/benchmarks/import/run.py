"""Ten months of a real shop's invoices: rows a second, memory, and how far it is from COPY of the same rows."""

import resource
import tempfile
import time
from typing import Any, BinaryIO

from django.db import connection, models, transaction
from django.test import override_settings
from psycopg import sql

from campaigns.models import Customer
from config.local.services import Services
from inventory.models import Category, Product, Reservation, StockLevel, StockMovement, Variant
from orders.models import (
    Fulfillment,
    FulfillmentLine,
    ImportedDocument,
    Order,
    OrderEvent,
    OrderLine,
    Payment,
    Refund,
    Return,
    ReturnLine,
)
from tests.benchmarks import stage, world
from tests.orders.importing.files import at_hand, imported, sources

# In the order in which their keys allow them to be written.
TABLES: tuple[type[models.Model], ...] = (
    *(Category, Product, Variant, Customer, Order, OrderLine, Payment, Fulfillment, FulfillmentLine),
    *(Return, ReturnLine, Refund, OrderEvent, StockLevel, StockMovement, Reservation, ImportedDocument),
)  # fmt: skip


def run(services: Services, *, quick: bool) -> dict[str, Any]:
    files = at_hand("online_retail/*.csv.gz")[: 1 if quick else None]
    if not files:
        print("The data set online_retail is not at hand; BACKOFFICE_DATA names the folder it lies in.")
        return {"skipped": "no data"}
    world.furnish()
    assert services.postgres is not None and services.postgres.child is not None  # noqa: PT018
    server = services.postgres.child.process.pid
    with tempfile.TemporaryDirectory() as media, override_settings(SHOP_CURRENCY="GBP", MEDIA_ROOT=media):
        began, worked, served = time.perf_counter(), time.process_time(), stage.cpu_seconds(server)
        done = imported(*sources(files))
        seconds, processor = time.perf_counter() - began, time.process_time() - worked
        database = stage.cpu_seconds(server) - served
    # Kibibytes on Linux.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    written, copying = _copy_again()
    figures = {
        "rows": done.rows_read,
        "seconds": round(seconds, 1),
        "rows_per_second": round(done.rows_read / seconds),
        "own_cpu_seconds": round(processor, 1),
        "database_cpu_seconds": round(database, 1),
        "peak_mb": round(peak),
        "rows_written": written,
        "copy_seconds": round(copying, 1),
        "percent_of_copy": round(100 * copying / seconds),
    }
    for name, value in figures.items():
        print(f"{name:>18}  {value:,}")
    return figures


def _copy_again() -> tuple[int, float]:
    """The limit: the very rows the import has written, once more by COPY alone, into the same tables with all they check."""
    kept: list[tuple[type[models.Model], BinaryIO]] = []
    with connection.cursor() as cursor:
        for table in TABLES:
            file = tempfile.TemporaryFile()  # noqa: SIM115 - read back below
            with cursor.copy(sql.SQL("COPY {} TO STDOUT").format(_name(table))) as source:
                for block in source:
                    file.write(block)
            kept.append((table, file))
        cursor.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(map(_name, TABLES))))
    written = 0
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        for table, file in kept:
            file.seek(0)
            with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(_name(table))) as target:
                while block := file.read(1 << 20):
                    target.write(block)
            written += cursor.rowcount
    return written, time.perf_counter() - began


def _name(table: type[models.Model]) -> sql.Identifier:
    return sql.Identifier(table._meta.db_table)
