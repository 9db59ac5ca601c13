"""The smaller rules of buying: order days, classes, price breaks, lots, and sharing what is scarce."""

from dataclasses import replace
from datetime import date, datetime, time
from itertools import combinations, product
from random import Random

import pytest

from inventory.classing import Sold, classed
from inventory.order_days import order_days
from inventory.replenishment import Nothing, Position, Rounding, Terms, advised, plan, raised_to_break
from inventory.sharing import Bid, avoided, shared
from inventory.stocking.policy import decide
from inventory.stocking.values import LeadTime, Outlook
from tests.inventory.test_replenishment import STEADY, TERMS

FRIDAY = datetime(2026, 11, 20, 3, 30)  # noqa: DTZ001  the shop's own time


class TestOrderDays:
    def test_a_supplier_that_takes_orders_every_day_is_looked_at_again_tomorrow(self) -> None:
        days = order_days([], None, FRIDAY)

        assert (days.next_on, days.after_on, days.review_days, days.is_today) == (
            date(2026, 11, 20), date(2026, 11, 21), 1, True,
        )  # fmt: skip

    def test_what_misses_the_next_order_day_waits_for_the_one_after_it(self) -> None:
        days = order_days([0, 3], None, FRIDAY)  # Mondays and Thursdays

        assert (days.next_on, days.after_on) == (date(2026, 11, 23), date(2026, 11, 26))
        assert (days.review_days, days.is_today) == (6, False)

    def test_once_a_week_the_stock_has_to_last_the_week_after(self) -> None:
        assert order_days([4], None, FRIDAY).review_days == 7

    def test_after_the_hour_an_order_counts_for_the_next_day(self) -> None:
        before, after = FRIDAY.replace(hour=14, minute=59), FRIDAY.replace(hour=15, minute=0)

        assert order_days([], time(15), before).next_on == date(2026, 11, 20)
        assert order_days([], time(15), after).next_on == date(2026, 11, 21)
        assert order_days([4], time(15), after).next_on == date(2026, 11, 27)


class TestClasses:
    def test_the_few_that_make_most_of_the_turnover_are_a(self) -> None:
        sold = [Sold((number, 1), turnover, 26, 26) for number, turnover in enumerate([700, 150, 60, 50, 40])]

        found = classed(sold)

        assert [one.abc for one in found] == ["A", "A", "B", "B", "C"]
        assert [one.share_above for one in found] == [0, 0.7, 0.85, 0.91, 0.96]

    def test_the_one_that_crosses_a_border_is_above_it_and_what_was_not_sold_is_c(self) -> None:
        found = classed([Sold((number, 1), turnover, 26, 26) for number, turnover in enumerate([70, 15, 12, 3, 0])])

        assert [one.abc for one in found] == ["A", "A", "B", "C", "C"]

    def test_steady_uneven_and_rare_ones_are_told_apart(self) -> None:
        steady, uneven, rare = (10,) * 26, (10, 0) * 13, (0,) * 25 + (10,)

        found = classed([Sold((n, 1), 1, sum(w), sum(u * u for u in w)) for n, w in enumerate([steady, uneven, rare])])

        assert {one.place[0]: one.xyz for one in found} == {0: "X", 1: "Z", 2: "Z"}
        variation = {one.place[0]: one.variation for one in found}
        assert (variation[0], variation[1]) == (0, pytest.approx(1.0198, abs=1e-4))
        assert classed([Sold((1, 1), 1, 260, 26 * 100 + 26 * 36)])[0].xyz == "Y"  # ten, give or take six

    def test_what_was_never_sold_is_of_the_last_class(self) -> None:
        (one,) = classed([Sold((1, 1), 0, 0, 0)])

        assert (one.abc, one.xyz, one.variation) == ("C", "Z", None)


class TestLeadTimesAndOrderDays:
    def test_a_supplier_that_is_unsure_asks_for_more_safety_stock(self) -> None:
        sure, unsure = plan(STEADY, TERMS, Position()), plan(STEADY, replace(TERMS, lead_time_deviation=2), Position())

        assert sure.safety_stock == 8.48
        assert unsure.safety_stock == 12.66  # 1.6449 x the root of 1.8234² x 8 + (2.8571 x 2)²

    def test_a_supplier_of_one_order_day_a_week_is_bridged_for_that_week(self) -> None:
        made = plan(STEADY, replace(TERMS, review_days=7), Position())

        assert (made.protected_days, made.expected_demand) == (14, 40.0)


class TestLots:
    def test_as_many_lots_as_lift_the_position_above_the_reorder_point(self) -> None:
        terms = replace(TERMS, lots=True, order_multiple=12)  # a lot of 40 is sold as 48

        made = plan(STEADY, terms, Position(on_hand=30))
        lower = plan(STEADY, terms, Position(on_hand=0, reserved=0))
        short = plan(STEADY, terms, Position(on_hand=0, reserved=20))

        assert (made.lot, made.reorder_point, made.target) == (48, 32, 80)
        assert (made.quantity, lower.quantity, short.quantity) == (48, 48, 96)
        assert plan(STEADY, terms, Position(on_hand=33)).nothing is Nothing.ENOUGH


class TestPriceBreaks:
    TERMS = replace(TERMS, unit_cost=5_000.0, order_cost=4_000.0, breaks=[(60, 4_000.0)])

    def test_a_break_that_pays_is_bought(self) -> None:
        made = plan(STEADY, self.TERMS, Position(on_hand=28))

        assert (made.wanted, made.quantity, made.rounding) == (44, 60, Rounding.BREAK)

    def test_one_that_does_not_pay_for_the_time_on_the_shelf_is_left(self) -> None:
        dear = replace(self.TERMS, breaks=[(2_000, 4_990.0)])

        assert plan(STEADY, dear, Position(on_hand=28)).quantity == 44

    def test_one_that_does_not_fit_below_the_maximum_is_left(self) -> None:
        made = plan(STEADY, replace(self.TERMS, maximum_stock=72), Position(on_hand=28))

        assert (made.quantity, made.rounding) == (44, Rounding.NONE)

    def test_one_that_lasts_longer_than_a_quarter_is_left(self) -> None:
        cheap = replace(self.TERMS, breaks=[(258, 2_000.0)])  # 90 days of 2.8571 are 257.1

        assert plan(STEADY, cheap, Position(on_hand=28)).quantity == 44
        assert plan(STEADY, replace(cheap, breaks=[(257, 2_000.0)]), Position(on_hand=28)).quantity == 257

    def test_nothing_is_never_raised(self) -> None:
        assert raised_to_break(0, 3.0, self.TERMS, None) == 0


class TestAdvice:
    TERMS = replace(TERMS, unit_cost=5_000.0, margin=6_000.0, order_cost=4_000.0)

    def test_every_term_follows_from_the_ones_before_it(self) -> None:
        made = advised(Outlook([4.0] * 28, 1.5), self.TERMS, Position(on_hand=10))

        assert (made.mean, made.protected_days, made.expected_demand) == (4.0, 8, 32.0)
        assert (made.by_chance, made.by_doubt, made.by_lead_time, made.ratio) == (48.0, 0.0, 0.0, 1.5)
        assert made.reorder_point == 44  # the least stock that suffices 95 of 100 times
        assert made.safety_stock == 12.0
        # the root of 2 x 4 x 4,000 / (0.25 x 5,000 / 365)
        assert made.economic_quantity == 96.66
        decided = decide(Outlook([4.0] * 28, 1.5), LeadTime(7), self.TERMS.economics())
        assert (made.lot, made.target) == (decided.quantity, decided.levels.target) == (97, decided.levels.target)
        assert (made.wanted, made.quantity) == (made.target - 10, made.target - 10)
        assert made.days_of_cover == 2.5

    def test_days_to_cover_that_staff_chose_count_instead_of_the_costs(self) -> None:
        made = advised(Outlook([4.0] * 28), replace(self.TERMS, by_cost=False), Position())

        assert made.lot == 4 * 14

    def test_a_peak_ahead_is_bought_before_it_comes(self) -> None:
        flat, peak = Outlook([4.0] * 28), Outlook([4.0] * 5 + [12.0] * 23)

        assert advised(peak, self.TERMS, Position()).reorder_point > advised(flat, self.TERMS, Position()).reorder_point

    def test_nothing_expected_and_nothing_there_is_no_demand(self) -> None:
        assert advised(Outlook([0.0] * 28), self.TERMS, Position()).nothing is Nothing.NO_DEMAND

    def test_whatever_is_expected_the_plan_keeps_its_promises(self) -> None:
        chance = Random(57)  # noqa: S311  cases, not secrets
        for level, lots, maximum, pack in product([0.5, 0.97], [False, True], [None, 40], [1, 6]):
            terms = replace(
                self.TERMS, service_level=level, lots=lots, maximum_stock=maximum, order_multiple=pack,
                minimum_quantity=chance.choice([1, 12]), breaks=chance.choice([[], [(48, 4_500.0)]]),
                lead_time_deviation=chance.choice([0, 2.5]), review_days=chance.choice([1, 7]),
            )  # fmt: skip
            for _ in range(5):
                outlook = Outlook([chance.random() * chance.choice([0.1, 1, 10]) for _ in range(28)], 1 + chance.random())
                made = advised(outlook, terms, Position(on_hand=chance.randint(0, 40), on_order=chance.choice([0, 20])))

                assert (made.quantity == 0) == (made.nothing is not None)
                assert made.quantity % pack == 0
                if made.quantity:
                    assert made.position <= made.reorder_point
                    assert maximum is None or made.position + made.quantity <= maximum
                    assert made.rounding is not Rounding.NONE or made.position + made.quantity <= made.target


class TestSharing:
    def test_enough_for_all_is_given_to_all(self) -> None:
        assert shared([Bid("a", 10, 4, 1, 5), Bid("b", 5, 5, 1, 1)], 15) == {"a": 10, "b": 5}

    def test_what_is_urgent_comes_before_what_lasts_for_later(self) -> None:
        assert shared([Bid("rich", 10, 2, 1, 100), Bid("poor", 10, 4, 1, 1)], 8) == {"rich": 4, "poor": 4}

    def test_the_most_lost_margin_avoided_comes_first(self) -> None:
        bids = [Bid("a", 5, 5, 10, 50), Bid("b", 5, 5, 1, 40)]  # b avoids more for each unit of room

        assert shared(bids, 25) == {"a": 2, "b": 5}

    def test_packs_and_minimum_quantities_are_kept(self) -> None:
        assert shared([Bid("a", 24, 24, 1, 5, least=12, multiple=12)], 20) == {"a": 12}
        assert shared([Bid("a", 24, 24, 1, 5, least=24, multiple=12)], 20) == {"a": 0}

    def test_what_uses_nothing_of_it_is_never_cut(self) -> None:
        assert shared([Bid("light", 50, 5, 0, 1), Bid("heavy", 5, 5, 1, 9)], 0) == {"light": 50, "heavy": 0}

    def test_never_more_than_there_is_and_never_more_than_was_asked(self) -> None:
        chance = Random(58)  # noqa: S311
        for _ in range(300):
            bids = [
                Bid(n, chance.randint(1, 40) * 6, chance.randint(0, 60), chance.choice([0, 0.5, 3]), chance.random() * 9,
                    least=chance.choice([1, 12]), multiple=6)
                for n in range(chance.randint(1, 12))
            ]  # fmt: skip
            room = chance.random() * 300

            granted = shared(bids, room)

            assert sum(granted[bid.key] * bid.use for bid in bids) <= room + 1e-6
            for bid in bids:
                units = granted[bid.key]
                assert units <= bid.units
                assert units % 6 == 0
                assert units == 0 or units >= bid.least
            assert shared(bids, room) == granted

    def test_the_dearest_is_cut_to_packs_and_without_money_nobody_gets_any(self) -> None:
        bids = [Bid("cheap", 10, 10, 1, 30), Bid("dear", 20, 20, 5, 50, multiple=6), Bid("poor", 10, 10, 5, 1)]

        assert shared(bids, 75) == {"cheap": 10, "dear": 12, "poor": 1}
        assert shared(bids, 0) == {"cheap": 0, "dear": 0, "poor": 0}

    def test_below_the_minimum_nothing_is_granted(self) -> None:
        assert shared([Bid("a", 10, 10, 2, 9, least=5)], 8) == {"a": 0}
        assert shared([Bid("a", 10, 10, 2, 9)], 8) == {"a": 4}

    def test_one_that_avoids_more_alone_than_all_small_ones_comes_before_them(self) -> None:
        bids = [Bid("small", 1, 1, 1, 2), Bid("large", 1, 1, 10, 10)]

        assert shared(bids, 10) == {"small": 0, "large": 1}

    def test_half_of_the_best_choice_is_avoided(self) -> None:
        chance = Random(4)  # noqa: S311
        for _ in range(60):
            bids = [Bid(key, 1, 1, chance.uniform(1, 9), chance.uniform(0, 9)) for key in range(8)]
            room = chance.uniform(3, 25)
            granted = shared(bids, room)
            best = max(
                sum(bid.worth for bid in chosen)
                for size in range(9)
                for chosen in combinations(bids, size)
                if sum(bid.use for bid in chosen) <= room
            )

            assert sum(bid.use * granted[bid.key] for bid in bids) <= room + 1e-6
            assert best / 2 <= avoided(bids, granted) <= best + 1e-9


def test_terms_keep_their_meaning_when_nothing_is_said() -> None:
    assert Terms(7, 14, 0.95).economics().cover_days is None
    assert Terms(7, 14, 0.95, by_cost=False).economics().cover_days == 14
