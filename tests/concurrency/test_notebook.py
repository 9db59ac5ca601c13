"""The notebook of docs/notebooks runs from its first cell to its last, as a reader, and says what the shop says."""

import json
from typing import Any

import pytest
from django.db import connection

from analytics.models import EventSource
from analytics.operations import event_figures, rollups, visits
from config.local.place import PROJECT
from tests import services
from tests.analytics.builders import Line, an_order, seoul
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.builders import a_variant

NOTEBOOK = PROJECT / "docs/notebooks/moment-of-purchase.ipynb"
CELLS: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]


def test_it_is_kept_without_what_it_printed() -> None:
    assert all(one["outputs"] == [] and one["execution_count"] is None for one in CELLS if one["cell_type"] == "code")
    assert len({one["id"] for one in CELLS}) == len(CELLS)


@pytest.mark.django_db(transaction=True)
@pytest.mark.breaks_promises("orders are written as rows of the past, without what they hold")
def test_it_runs_as_a_reader(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    if services.services is None or services.services.postgres is None:
        pytest.skip("the roles of readers are those of the shop's own server")
    at = seoul("2026-11-18", "21:00")
    variant = a_variant(sku="CUP")
    an_order(at, Line(variant))
    source = a_source(EventSource.Nature.SERVER)
    shopping = [
        an_event("product_viewed", at=at, sku="CUP", in_stock=False),
        an_event("order_completed", at=seoul("2026-11-18", "21:10"), order="T1"),
    ]
    told(source, a_batch(*shopping), at=seoul("2026-11-18", "21:11"))
    now = seoul("2026-11-20", "09:00")
    event_figures.count_due()
    visits.rebuild_due(at=now)
    rollups.rebuild_due(at=now)
    url = services.services.postgres.url("shop_reader", connection.settings_dict["NAME"])
    monkeypatch.setenv("READER_URL", url.replace("postgres://", "postgresql://"))

    names: dict[str, Any] = {}
    for one in CELLS:
        if one["cell_type"] == "code":
            exec(compile("".join(one["source"]), one["id"], "exec"), names)  # noqa: S102  of our own document

    assert names["by_slot"] == [(3, 21, 1)]
    assert names["stages"] == (1, 1, 0, 0, 0, 1)
    assert (names["decision"][0], [float(one) for one in names["decision"][1]]) == (1, [10.0, 10.0])
    assert names["met"] == [(True, 1, 1)]
    assert str(names["final"][0]) == "2026-11-19"
    assert "final until: 2026-11-19" in capsys.readouterr().out
