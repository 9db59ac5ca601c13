"""Numbers of inventory's documents: a prefix, the business day and a count that never repeats. Gaps are allowed."""

from datetime import datetime

from django.db import connection

from config.kernel import shop

PURCHASE_ORDER = "PO"
GOODS_RECEIPT = "GR"
STOCK_COUNT = "SC"
ADJUSTMENT = "AD"
WRITE_OFF = "WO"
TRANSFER = "TR"
TRANSFER_RECEIPT = "TI"
TRANSFER_LOSS = "TL"


def document_number(prefix: str, at: datetime) -> str:
    """Such as PO-261121-000042. The count is one for all kinds, so a number says which of two documents came first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('inventory_document_number')")
        (count,) = cursor.fetchone()
    return f"{prefix}-{shop.day(at):%y%m%d}-{count:06}"
