"""Funnel, terms and surges, without a database."""

import math
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from analytics.behaviour import funnel, surging, terms
from analytics.behaviour.funnel import Reason, Step

AT = datetime(2026, 11, 20, tzinfo=UTC)


def a_visit(*reached: str, **values: Any) -> Any:
    moments = {f"{one}_at": AT if one in reached else None for one in ("viewed", "compared", "decided", "checkout", "ordered")}
    return SimpleNamespace(**moments, **{"out_of_stock": 0, "dry_searches": 0, "is_bounce": False} | values)


@pytest.mark.parametrize(
    ("visit", "step", "reason"),
    [
        (a_visit(is_bounce=True), Step.EXPLORE, Reason.BOUNCED),
        (a_visit(), Step.EXPLORE, Reason.LOOKED),
        (a_visit(dry_searches=1), Step.EXPLORE, Reason.NO_RESULT),
        (a_visit("viewed"), Step.VIEW, Reason.VIEWED),
        (a_visit("viewed", "compared"), Step.COMPARE, Reason.COMPARED),
        (a_visit("viewed", "decided"), Step.DECIDE, Reason.CART),
        (a_visit("decided", "checkout"), Step.CHECKOUT, Reason.CHECKOUT),
        (a_visit("viewed", "decided", "checkout", out_of_stock=1, dry_searches=2), Step.CHECKOUT, Reason.OUT_OF_STOCK),
        (a_visit("viewed", dry_searches=1), Step.VIEW, Reason.NO_RESULT),
        (a_visit("ordered", out_of_stock=1), Step.BUY, None),
    ],
)
def test_a_visit_stands_at_its_furthest_step_and_has_one_reason(visit: Any, step: Step, reason: Reason | None) -> None:
    assert (funnel.step(visit), funnel.reason(visit)) == (step, reason)


@pytest.mark.parametrize(
    ("query", "term"),
    [
        ("  머그컵   세트 ", "머그컵 세트"),
        ("머그컵", "머그컵"),
        ("ＭＵＧ　Cup", "mug cup"),
        ("머그컵ㅋㅋ ㅋㅋ", "머그컵ㅋㅋ"),
        ("ㅋㅋㅋ ㅎ", ""),
        ("ㄱㅏ", ""),
        ('"찻잔"', "찻잔"),
        ("찻잔\u200b\t세트", "찻잔 세트"),
        ("", ""),
        ("3" * 8, "33333333"),
        ("가" * 80, "가" * 60),
        ("STRASSE", "strasse"),
        ("straße", "strasse"),
    ],
)
def test_what_is_written_differently_is_one_term(query: str, term: str) -> None:
    assert terms.term(query) == term
    assert terms.term(term) == term


@pytest.mark.parametrize(
    "query",
    [
        "kim@example.com", "주문 kim＠example.com", "010-1234-5678", "01012345678", "０１０ 1234 5678", "+82 10 1234 5678",
        "1234-5678", "251120-000123", "900101-1234567", "택배 6012 3456 7890",
    ],
)  # fmt: skip
def test_what_may_be_personal_is_no_term(query: str) -> None:
    assert terms.term(query) == terms.WITHHELD


@pytest.mark.parametrize("query", ["500ml 텀블러", "2인 4p 세트", "sku cup-00012", "2026 달력", "24-70"])
def test_numbers_of_goods_stay(query: str) -> None:
    assert terms.term(query) == query


def test_a_surge_is_what_chance_would_not_bring() -> None:
    assert surging.surge(4, [0, 0, 0, 0]) is None, "fewer than five are no surge"
    assert surging.surge(5, []) is None, "without a week before nothing is usual"
    new = surging.surge(5, [0, 0, 0, 0])
    assert new is not None
    assert (new.ratio, new.usual) == (None, 0)
    assert surging.surge(10, [5, 6, 4, 5]) is None
    risen = surging.surge(20, [5, 6, 4, 5])
    assert risen is not None
    assert risen.ratio == 4
    assert surging.surge(1_050, [1_000] * 4) is None
    assert surging.surge(1_150, [1_000] * 4) is not None


@pytest.mark.parametrize("expected", [0.25, 1.0, 7.5, 300.0, 5_000.0])
def test_the_tail_of_poisson_is_the_sum_of_its_parts(expected: float) -> None:
    for number in (1, 5, int(expected) + 1, int(expected * 1.2) + 2):
        below = math.fsum(math.exp(one * math.log(expected) - expected - math.lgamma(one + 1)) for one in range(number))
        assert surging.at_least(number, expected) == pytest.approx(1 - below, abs=1e-9)
    assert surging.at_least(0, expected) == 1
    assert surging.at_least(10**6, 10.0) == 0
