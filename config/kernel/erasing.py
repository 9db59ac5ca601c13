"""What the kernel keeps of a person by the way: answers already given to programs, and names in the audit."""

import json
from collections.abc import Iterable
from datetime import datetime

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Model

from config.kernel.idempotency import KEPT

# Names of those who were erased begin so; the database lets the audit be renamed to nothing else.
ERASED = "erased-"
_GONE = json.dumps({"code": "erased", "message": "The person was erased.", "details": {}}).encode()


def answers(*, words: Iterable[str], at: datetime) -> int:
    """Answers that hold one of the words as a JSON text say that the person was erased; a repeated request still does nothing
    twice. What was asked of an address that names one is dropped: it would be refused now.
    """
    told = sorted({word for word in words if word})
    if not told:
        return 0
    quoted = [json.dumps(word, ensure_ascii=escaped) for word in told for escaped in (False, True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE kernel_idempotencykey AS k SET status_code = 410, answer = %s WHERE created_at >= %s AND EXISTS ("
            "  SELECT 1 FROM unnest(%s::text[]) AS word WHERE position(convert_to(word, 'UTF8') IN k.answer) > 0)",
            [_GONE, at - KEPT, quoted],
        )
        changed = cursor.rowcount
        cursor.execute(
            "DELETE FROM kernel_idempotencykey AS k WHERE EXISTS ("
            "  SELECT 1 FROM unnest(%s::text[]) AS word WHERE k.route LIKE '%%/' || word || '/%%' OR k.key = word)",
            [[word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in told]],
        )
        return int(changed + cursor.rowcount)


def audit(*, row: Model, called: str) -> None:
    """The entries of the audit about this row name it anew."""
    kind = ContentType.objects.get_for_model(type(row))
    with connection.cursor() as cursor:
        cursor.execute("SELECT kernel_rename_in_audit(%s, %s, %s)", [kind.pk, str(row.pk), called])
