"""Numbers of orders, shipments and returns: the business day and a running number, unique under concurrency, gaps allowed."""

from datetime import datetime

from django.db import connection

from config.kernel import shop


def order_number(*, at: datetime, running: int) -> str:
    return f"{day_of_number(at)}-{running:06}"


def fulfillment_number(*, at: datetime, running: int) -> str:
    return f"S-{day_of_number(at)}-{running:06}"


def return_number(*, at: datetime, running: int) -> str:
    return f"R-{day_of_number(at)}-{running:06}"


def next_fulfillment_number(at: datetime) -> str:
    return fulfillment_number(at=at, running=_next("orders_document_number"))


def next_return_number(at: datetime) -> str:
    return return_number(at=at, running=_next("orders_document_number"))


def day_of_number(at: datetime) -> str:
    return f"{shop.day(at):%y%m%d}"


def _next(sequence: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s)", [sequence])
        return int(cursor.fetchone()[0])
