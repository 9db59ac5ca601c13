"""A supplier's score: what counts, against which day, and what is not held against anybody."""

from dataclasses import replace
from datetime import date

import pytest

from inventory import scoring
from inventory.scoring import Delivered, Priced

TODAY = date(2026, 11, 21)
PERFECT = Delivered(
    ordered=10, good=10, in_time=10, damaged=0, wrong=0, short=0, promised_on=date(2026, 11, 10), is_settled=True,
    lead_days=5, promised_days=6,
)  # fmt: skip


def test_all_good_goods_in_time_make_a_hundred() -> None:
    found = scoring.score([PERFECT] * 5, [], today=TODAY)

    assert (found.total, found.on_time, found.in_full, found.quality, found.is_thin) == (100, 1, 1, 1, False)
    assert (found.lead_mean, found.lead_spread, found.promised_mean) == (5, 0, 6)


def test_late_short_and_damaged_units_each_cost_their_share() -> None:
    late = replace(PERFECT, in_time=0)
    short = replace(PERFECT, good=8, in_time=8)
    damaged = replace(PERFECT, damaged=10, wrong=2)

    assert scoring.score([PERFECT, late], [], today=TODAY).on_time == 0.5
    assert scoring.score([PERFECT, short], [], today=TODAY).in_full == 0.5
    assert scoring.score([PERFECT, damaged], [], today=TODAY).quality == pytest.approx(20 / 32)
    assert scoring.score([PERFECT, late], [], today=TODAY).total == 80


def test_what_may_still_come_is_not_judged() -> None:
    fresh = replace(PERFECT, good=0, in_time=0, is_settled=False, promised_on=TODAY, lead_days=None)

    assert scoring.score([PERFECT, fresh], [], today=TODAY).orders == 1
    assert scoring.score([fresh], [], today=TODAY).total is None
    assert scoring.score([replace(fresh, promised_on=date(2026, 11, 20))], [], today=TODAY).on_time == 0


def test_prices_change_by_what_was_bought() -> None:
    prices = [Priced(100, 110, 90), Priced(1_000, 500, 1)]

    assert scoring.score([PERFECT], prices, today=TODAY).price_change == pytest.approx(400 / 10_000)


def test_days_spread_around_their_mean() -> None:
    found = scoring.score([replace(PERFECT, lead_days=days) for days in (4, 6, 8)], [], today=TODAY)

    assert (found.lead_mean, found.lead_spread) == (6, 2)
