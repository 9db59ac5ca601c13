"""The stages of a visit: the published rule, and the statement that fills the visits, which must say the same."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.behaviour import stages
from analytics.behaviour.kinds import BUILT_IN
from analytics.behaviour.stages import Moments, Seen, Stage
from analytics.models import Event, EventSource, Visit
from analytics.operations import visits
from inventory.models import Variant
from tests.analytics.events.builders import a_source
from tests.analytics.visits.builders import NOW
from tests.builders import AT, a_category, a_product, a_variant

NUMBERS = {kind.name: kind.number for kind in BUILT_IN}


def at(minutes: float) -> datetime:
    return AT + timedelta(minutes=minutes)


def seen(*told: tuple[str, str, int | None] | str) -> list[Seen]:
    """One event a minute: a kind, or a product that was viewed with its category."""
    return [
        Seen(at(minute), NUMBERS[one]) if isinstance(one, str) else Seen(at(minute), NUMBERS[one[0]], one[1], one[2])
        for minute, one in enumerate(told)
    ]


def view(product: str, category: int | None = None) -> tuple[str, str, int | None]:
    return ("product_viewed", product, category)


@pytest.mark.parametrize(
    ("told", "compared"),
    [
        ([], None),
        ([view("a", 1)], None),
        ([view("a", 1), view("a", 1), view("a", 1)], None),
        ([view("a", 1), view("b", 2)], None),
        ([view("a", 1), view("b", 1)], 1),
        ([view("a", 1), view("b", 2), view("a", 1), view("c", 1)], 3),
        ([view("a", 1), view("b", 2), view("c", 3)], 2),
        ([view("a"), view("b")], None),
        ([view("a"), view("b"), view("c")], 2),
        (["page_viewed", "reviews_viewed", view("a", 1), view("b", 1)], 1),
        ([view("a", 1), view("b", 1), "reviews_viewed"], 1),
    ],
)
def test_somebody_compares_from_the_second_of_one_category_the_third_of_any_or_from_reading_reviews(
    told: list[Any], compared: int | None
) -> None:
    assert stages.moments(seen(*told)).compared_at == (None if compared is None else at(compared))


@pytest.mark.parametrize("kind", ["product_added", "product_wished", "cart_viewed", "checkout_started"])
def test_somebody_is_about_to_buy_from_the_first_sign_of_it(kind: str) -> None:
    moments = stages.moments(seen("page_viewed", kind, "product_added"))
    assert moments.decided_at == at(1)
    assert moments.checkout_at == (at(1) if kind == "checkout_started" else None)


def test_taking_out_of_the_cart_and_searching_are_no_stage() -> None:
    assert stages.moments(seen("page_viewed", "product_removed", "products_searched", "dwelled")) == Moments()


START, END = at(0), at(30)


@dataclass(frozen=True)
class AVisit:
    started_at: datetime = START
    ended_at: datetime = END
    compared_at: datetime | None = None
    decided_at: datetime | None = None
    ordered_at: datetime | None = None


def bars(**moments: int) -> list[tuple[str, float, float]]:
    visit = AVisit(**{f"{name}_at": at(minutes) for name, minutes in moments.items()})
    return [
        (one.stage.value, (one.starts_at - AT).total_seconds() / 60, (one.ends_at - AT).total_seconds() / 60)
        for one in stages.intervals(visit)
    ]


def test_a_later_stage_ends_the_earlier_ones() -> None:
    assert bars() == [("explore", 0, 30)]
    assert bars(compared=5, decided=10, ordered=20) == [
        ("explore", 0, 5),
        ("compare", 5, 10),
        ("decide", 10, 20),
        ("bought", 20, 30),
    ]
    assert bars(compared=10, decided=5) == [("explore", 0, 5), ("decide", 5, 30)]
    assert bars(compared=0, ordered=30) == [("compare", 0, 30), ("bought", 30, 30)]
    assert bars(decided=20, ordered=20) == [("explore", 0, 20), ("bought", 20, 30)]
    assert bars(ended=0) == [("explore", 0, 0)]


@given(compared=st.none() | st.integers(0, 30), decided=st.none() | st.integers(0, 30), ordered=st.none() | st.integers(0, 30))
def test_intervals_follow_each_other_and_fill_the_visit(compared: int | None, decided: int | None, ordered: int | None) -> None:
    given = {"compared": compared, "decided": decided, "ordered": ordered}
    found = bars(**{name: value for name, value in given.items() if value is not None})
    assert found[0][1] == 0
    assert found[-1][2] == 30
    assert [end for _, _, end in found[:-1]] == [start for _, start, _ in found[1:]]
    assert all(start < end for _, start, end in found[:-1])
    order = [stage.value for stage in Stage]
    assert [order.index(stage) for stage, _, _ in found] == sorted({order.index(stage) for stage, _, _ in found})
    # The last stage is the furthest one that was reached.
    assert found[-1][0] == ("bought" if ordered is not None else "decide" if decided is not None else "compare" if
                            compared is not None else "explore")  # fmt: skip


# --- the same in SQL

SKUS = 6
KINDS = sorted(NUMBERS.values())
ONE = st.tuples(
    st.integers(1, 3),  # visitor
    st.integers(0, 50) | st.sampled_from([1799, 1800, 1801]),  # seconds since the event before
    st.sampled_from([*KINDS, *[NUMBERS["product_viewed"]] * 12]),
    st.integers(0, SKUS + 1),  # which SKU; the last two are not in the catalog
)


@pytest.fixture
def skus() -> list[Variant]:
    """Three products of one category, one of them in two colors, and two of others."""
    alike = a_category()
    one, two, three = (a_product(alike) for _ in range(3))
    return [a_variant(product) for product in (one, one, two, three, a_product(), a_product())]


@pytest.mark.django_db
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(ONE, min_size=1, max_size=40))
def test_the_statement_says_what_the_rule_says(drawn: list[tuple[int, int, int, int]], skus: list[Variant]) -> None:
    source = a_source_once()
    Event.objects.all().delete()
    moment, told, expected = AT, [], {}
    for visitor, pause, kind, number in drawn:
        moment += timedelta(seconds=pause)
        variant = skus[number] if number < SKUS and kind == NUMBERS["product_viewed"] else None
        told.append(
            Event(
                id=uuid.uuid4(), client_at=moment, occurred_at=moment, received_at=NOW, visitor=visitor, kind=kind, traffic=0,
                source_id=source, variant=variant, properties=properties(kind, number, variant),
            )
        )  # fmt: skip
        if kind in stages.ELSEWHERE:
            continue
        theirs = expected.setdefault(visitor, [])
        if not theirs or moment - theirs[-1][-1].at >= timedelta(minutes=30):
            theirs.append([])
        product = None
        if kind == NUMBERS["product_viewed"]:
            product = str(variant.product_id) if variant else f"unknown {number}"
        theirs[-1].append(Seen(moment, kind, product, variant.product.category_id if variant else None))
    Event.objects.bulk_create(told)

    visits.rebuild(days=[AT.date()], at=NOW)

    found = {(one.visitor, one.started_at): one for one in Visit.objects.all()}
    assert len(found) == sum(map(len, expected.values()))
    for visitor, theirs in expected.items():
        for events in theirs:
            visit = found[visitor, events[0].at]
            assert Moments(
                visit.viewed_at, visit.compared_at, visit.decided_at, visit.checkout_at, visit.ordered_at
            ) == stages.moments(events)
            assert (visit.ended_at, visit.events) == (events[-1].at, len(events))
            assert visit.products == len({one.product for one in events} - {None})


def a_source_once() -> int:
    found = EventSource.objects.values_list("pk", flat=True).first()
    return found if found is not None else a_source().pk


def properties(kind: int, number: int, variant: Variant | None) -> dict[str, Any] | None:
    if kind == NUMBERS["product_viewed"]:
        return None if variant else {"sku": f"unknown {number}"}
    return {NUMBERS["order_completed"]: {"order": "T"}, NUMBERS["dwelled"]: {"path": "/", "seconds": 1}}.get(kind)
