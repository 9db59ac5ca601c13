"""The rules of counting, ageing and projecting, by hand-made numbers."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from inventory import ageing, counting, projecting
from inventory.ageing import Action, Facts, Layer, Suggestion
from inventory.stocking.values import Outlook

TODAY = date(2026, 11, 20)  # a Friday


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


class TestCounting:
    @pytest.mark.parametrize(
        ("expected", "counted", "cost", "beyond"),
        [(10, 10, 1_000_000, False), (10, 8, 100, False), (10, 7, 100, True), (10, 13, 100, True), (10, 9, 60_000, True)],
    )
    def test_beyond_the_tolerance_by_units_or_by_value(self, expected: int, counted: int, cost: int, beyond: bool) -> None:
        found = counting.differs(expected=expected, counted=counted, unit_cost=Decimal(cost), units=2, value=Decimal(50_000))

        assert found is beyond

    def test_what_moved_since_is_kept(self) -> None:
        found = counting.correction(expected=10, counted=8, on_hand=13)

        assert (found.difference, found.moved_since, found.remaining, found.is_impossible) == (-2, 3, 11, False)

    def test_more_cannot_leave_than_was_counted(self) -> None:
        assert counting.correction(expected=10, counted=2, on_hand=7).is_impossible

    @pytest.mark.parametrize(
        ("counted", "on_hand", "corrections", "why"),
        [
            (None, 3, 0, "NEVER"), (None, 0, 0, None), (29, 3, 0, None), (30, 3, 0, "INTERVAL"), (30, 0, 0, "INTERVAL"),
            (1, 3, 2, "CORRECTED"),
        ],
    )  # fmt: skip
    def test_what_is_due_and_why(self, counted: int | None, on_hand: int, corrections: int, why: str | None) -> None:
        last = None if counted is None else ago(counted)
        found = counting.due(today=TODAY, last_counted_on=last, every_days=30, on_hand=on_hand, corrections=corrections)

        assert (found.why if found else None) == why


class TestAgeing:
    def test_first_in_first_out_what_lies_there_came_last(self) -> None:
        found = ageing.layers(12, [(ago(5), 8), (ago(40), 10), (ago(400), 100)])

        assert found == [Layer(8, ago(5)), Layer(4, ago(40))]
        assert ageing.buckets(found, TODAY) == [8, 4, 0, 0, 0]
        assert ageing.mean_age(found, TODAY) == 17

    def test_what_no_arrival_explains_is_of_unknown_age(self) -> None:
        found = ageing.layers(5, [(ago(30), 2)])

        assert found == [Layer(2, ago(30)), Layer(3, None)]
        assert ageing.buckets(found, TODAY) == [2, 0, 0, 0, 3]
        assert ageing.mean_age([Layer(3, None)], TODAY) is None

    @pytest.mark.parametrize(("days", "bucket"), [(0, 0), (30, 0), (31, 1), (90, 1), (180, 2), (365, 3), (366, 4)])
    def test_borders_belong_to_the_younger(self, days: int, bucket: int) -> None:
        assert ageing.buckets([Layer(1, ago(days))], TODAY)[bucket] == 1

    def test_too_much_is_beyond_what_is_promised_and_expected(self) -> None:
        assert ageing.excess(on_hand=100, reserved=10, expected=59.2) == 30
        assert ageing.excess(on_hand=10, reserved=10, expected=0) == 0

    @pytest.mark.parametrize(
        ("changed", "suggested"),
        [
            ({}, Suggestion(Action.MARKDOWN, 40)),
            ({"incoming": 15}, Suggestion(Action.STOP_BUYING, 15)),
            ({"lacking": 25, "lacking_warehouse": 7}, Suggestion(Action.TRANSFER, 25, 7)),
            ({"last_receipt_days": 60}, Suggestion(Action.RETURN, 40)),
            ({"per_day": 0.0, "youngest_days": 366}, Suggestion(Action.WRITE_OFF, 40)),
            ({"per_day": 0.0, "youngest_days": 365}, Suggestion(Action.MARKDOWN, 40)),
            ({"excess": 0}, None),
        ],
    )
    def test_the_cheapest_that_applies_is_suggested(self, changed: dict[str, object], suggested: Suggestion | None) -> None:
        usual: dict[str, object] = {
            "on_hand": 50, "reserved": 0, "excess": 40, "per_day": 0.1, "incoming": 0, "lacking": 0,
            "lacking_warehouse": None, "youngest_days": 100, "last_receipt_days": 100,
        }  # fmt: skip

        assert ageing.suggest(Facts(**(usual | changed))) == suggested  # type: ignore[arg-type]

    def test_a_dismissal_speaks_of_the_same_action_and_not_of_half_as_much_again(self) -> None:
        now = Suggestion(Action.MARKDOWN, 14)

        assert ageing.is_dismissed(now, action="MARKDOWN", units=10)
        assert not ageing.is_dismissed(now, action="RETURN", units=10)
        assert not ageing.is_dismissed(Suggestion(Action.MARKDOWN, 15), action="MARKDOWN", units=10)


class TestProjecting:
    def test_the_first_week_is_what_is_left_of_this_one(self) -> None:
        starts = projecting.weeks(TODAY, 3)

        assert starts == [date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 30)]
        assert projecting.expected_by_week(Outlook(daily=(2.0,) * 7), starts) == [6.0, 14.0, 14.0]

    def test_beyond_the_outlook_its_last_week_goes_on(self) -> None:
        assert projecting.expected_over(Outlook(daily=(1.0,) * 7 + (3.0,) * 7), 12, 4) == 12.0

    def test_what_comes_is_there_in_its_week_and_what_is_overdue_in_the_first(self) -> None:
        starts = projecting.weeks(TODAY, 3)
        found = projecting.project(
            on_hand=10, reserved=0, starts=starts, demand=[6, 14, 14],
            comes={ago(9): 4, date(2026, 11, 23): 5, date(2026, 12, 6): 7, date(2026, 12, 7): 100},
        )  # fmt: skip

        assert [(one.opening, one.comes, one.leaves, one.short, one.closing) for one in found] == [
            (10, 4, 6, 0, 8), (8, 5, 13, 1, 0), (0, 7, 7, 7, 0),
        ]  # fmt: skip
        assert projecting.first_short(found) == date(2026, 11, 23)

    def test_what_is_promised_leaves_first(self) -> None:
        (found,) = projecting.project(on_hand=10, reserved=8, starts=[TODAY], comes={}, demand=[2])

        assert found.leaves == 8

    def test_a_fraction_of_a_unit_is_no_shortage(self) -> None:
        found = projecting.project(on_hand=2, reserved=0, starts=projecting.weeks(TODAY, 3), comes={}, demand=[2.5, 0, 0.6])

        assert projecting.first_short(found) == date(2026, 11, 30)
        assert projecting.first_short(found[:2]) is None

    def test_sums_are_week_by_week(self) -> None:
        one = projecting.project(on_hand=5, reserved=0, starts=[TODAY], comes={TODAY: 1}, demand=[9])
        two = projecting.project(on_hand=5, reserved=0, starts=[TODAY], comes={}, demand=[1])
        (found,) = projecting.summed([one, two])

        assert (found.opening, found.comes, found.leaves, found.short, found.closing) == (10, 1, 7, 3, 4)
