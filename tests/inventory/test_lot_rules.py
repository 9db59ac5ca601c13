"""Which lots may be sold on a day, which leave first, and what is held back of them."""

from datetime import date

import pytest

from inventory.lots import Batch, Standing, Terms, hold, missing, pick, returned, sold_in_time

CHRISTMAS = date(2026, 12, 25)


class TestStanding:
    @pytest.mark.parametrize(
        ("today", "standing"),
        [
            (date(2026, 12, 22), Standing.SELLABLE),  # the last day of sale
            (date(2026, 12, 23), Standing.LEAVING),
            (date(2026, 12, 25), Standing.LEAVING),  # the last day of use
            (date(2026, 12, 26), Standing.HELD),
        ],
    )
    def test_it_is_sold_until_some_days_before_its_date_and_leaves_until_its_date(
        self, today: date, standing: Standing
    ) -> None:
        assert Terms(CHRISTMAS, 3).standing(today) == standing

    def test_what_is_blocked_does_not_leave_whatever_its_date(self) -> None:
        assert Terms(None, 0, is_blocked=True).standing(CHRISTMAS) == Standing.HELD

    def test_the_next_day_on_which_something_changes_is_known(self) -> None:
        terms = Terms(CHRISTMAS, 3)
        assert terms.changes_on(date(2026, 12, 1)) == date(2026, 12, 23)
        assert terms.changes_on(date(2026, 12, 23)) == date(2026, 12, 26)
        assert terms.changes_on(date(2026, 12, 26)) is None
        assert Terms(None, 3).changes_on(CHRISTMAS) is None


def a_batch(key: int, quantity: int, day: int | None, standing: Standing = Standing.SELLABLE, held: int = 0) -> Batch:
    return Batch(key, date(2026, 12, day) if day else None, quantity, held, standing)


class TestPicking:
    def test_the_first_to_expire_leaves_first_and_what_has_no_date_last(self) -> None:
        there = [a_batch(1, 5, None), a_batch(2, 5, 20), a_batch(3, 5, 10)]
        assert pick(there, 12) == {3: 5, 2: 5, 1: 2}

    def test_what_is_held_back_stays(self) -> None:
        there = [a_batch(1, 5, 10, Standing.HELD, 5), a_batch(2, 5, 12, Standing.LEAVING, 2), a_batch(3, 5, 20)]
        assert pick(there, 6) == {2: 3, 3: 3}
        assert pick(there, 6, sellable_only=True) == {3: 5}

    def test_what_a_count_misses_is_thought_to_be_of_what_pickers_take_first(self) -> None:
        assert missing([a_batch(1, 5, 10, Standing.HELD, 5), a_batch(2, 4, 20)], 6) == {2: 4, 1: 2}

    def test_returned_units_have_the_shortest_life_of_those_that_were_sent(self) -> None:
        assert returned({1: 2, 2: 5}, [2, 1], 6) == {2: 5, 1: 1}


class TestHolding:
    def test_expired_and_blocked_units_are_held_and_promises_that_do_not_fit_give_way(self) -> None:
        found = hold([a_batch(1, 10, 1, Standing.HELD, 0), a_batch(2, 4, 20)], promised=6)
        assert (dict(found.held), found.lost) == ({1: 10, 2: 0}, 2)

    def test_of_what_is_sold_no_more_only_what_is_promised_may_leave(self) -> None:
        there = [a_batch(1, 6, 10, Standing.LEAVING), a_batch(2, 20, 30)]
        assert hold(there, promised=8).held == {1: 0, 2: 0}
        assert hold(there, promised=4).held == {1: 2, 2: 0}

    def test_what_was_held_once_is_not_promised_anew(self) -> None:
        there = [a_batch(1, 6, 10, Standing.LEAVING, 4), a_batch(2, 20, 30)]
        assert hold(there, promised=15).held == {1: 4, 2: 0}

    def test_of_several_the_longest_life_is_held_first(self) -> None:
        there = [a_batch(1, 3, 10, Standing.LEAVING), a_batch(2, 3, 11, Standing.LEAVING)]
        assert hold(there, promised=2).held == {1: 1, 2: 3}


def test_each_lot_sells_what_is_asked_for_by_its_day_less_what_those_before_it_serve() -> None:
    assert sold_in_time([(5, 2), (10, 4), (100, 10)], [2.0] * 5) == [4.0, 4.0, 12.0]
