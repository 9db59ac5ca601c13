"""Pages of long tables: a list opens as fast with ten million rows as with ten.

Counting every row of a long table costs more than showing fifty of them, so an unfiltered long table is estimated from what
PostgreSQL knows about it, and everything else is counted up to a bound. Nobody pages beyond the hundredth page; there the list
asks to be narrowed instead.
"""

from typing import Any

from django.core.paginator import Paginator
from django.db import connections
from django.utils.functional import cached_property

LAST_PAGE = 100
# Up to here counting is cheap and people like an exact number.
COUNTED = 50_000


class EstimatedPaginator(Paginator):  # type: ignore[type-arg]
    template_name = "admin/_pages.html"

    @cached_property
    def count(self) -> int:
        if self.is_estimate:
            return self._estimate
        return min(self._counted, COUNTED)

    @cached_property
    def is_estimate(self) -> bool:
        return self._is_whole_table and self._estimate > COUNTED

    @property
    def is_bounded(self) -> bool:
        """More rows match than were counted."""
        return not self.is_estimate and self._counted > COUNTED

    @property
    def is_cut(self) -> bool:
        """Rows lie beyond the last page that can be opened."""
        return self.count > LAST_PAGE * self.per_page

    @cached_property
    def num_pages(self) -> int:
        return min(super().num_pages, LAST_PAGE)

    @cached_property
    def _counted(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[: COUNTED + 1].count())

    @cached_property
    def _estimate(self) -> int:
        rows: Any = self.object_list
        with connections[rows.db].cursor() as cursor:
            cursor.execute(
                "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%s)", [f'"{rows.model._meta.db_table}"']
            )
            row = cursor.fetchone()
        return int(row[0]) if row else 0

    @property
    def _is_whole_table(self) -> bool:
        query = getattr(self.object_list, "query", None)
        return query is not None and not (query.where or query.distinct or query.combinator or query.is_sliced)
