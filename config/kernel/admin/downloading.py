"""Tables that staff take out of the back-office: streamed, of bounded length, and remembered in the audit."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.kernel import exporting
from config.kernel.admin import wording
from config.kernel.admin.buttons import actor
from config.kernel.errors import Invalid

CSV = "text/csv; charset=utf-8"


class TooManyRows(Invalid):
    code = "too_many_rows"


def length(rows: QuerySet[Any]) -> int:
    """How many rows a table of these would have, counted only as far as the limit needs it."""
    return rows.order_by().values("pk")[: exporting.MOST_ROWS + 1].count()


def as_csv(
    request: HttpRequest,
    *,
    name: str,
    heading: Sequence[Any],
    rows: Iterable[Sequence[Any]],
    number: int,
    of: Model | type[Model],
    called: str,
    most: int | None = None,
    narrowed: str = "",
) -> StreamingHttpResponse:
    """A file of `number` rows; refused if that is more than `most`. `name` is plain ASCII, without the ending.

    `of` and `called` tell the audit what was taken out, `narrowed` by which filters of its list.
    """
    most = exporting.MOST_ROWS if most is None else most
    if number > most:
        told = _("At most %(most)s rows fit into one table: narrow the list by period or state.")
        raise TooManyRows(told % {"most": f"{most:,}"}, details={"rows": number, "most": most})
    remember(request, of=of, called=called, narrowed=narrowed)
    answer = StreamingHttpResponse(chain([exporting.MARK], exporting.lines(chain([heading], rows))), content_type=CSV)
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def remember(request: HttpRequest, *, of: Model | type[Model], called: str, narrowed: str = "") -> None:
    """One entry in the audit for each file that leaves the back-office."""
    LogEntry.objects.create(
        user=actor(request),
        content_type=ContentType.objects.get_for_model(of),
        object_id=str(of.pk) if isinstance(of, Model) else None,
        object_repr=called[:200],
        action_flag=CHANGE,
        change_message=wording.noted(gettext_lazy("Downloaded as a table (CSV)"), narrowed),
    )
