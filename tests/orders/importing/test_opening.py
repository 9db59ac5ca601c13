"""The smallest opening stock by which no shipment ever took what was not there."""

from random import Random

from orders.importing.opening import Openings


def test_the_deepest_point_decides() -> None:
    openings: Openings[str] = Openings()
    for units in (-3, +5, -4, +10):
        openings.move("cup", units)
    assert openings.needed() == {"cup": 3}


def test_what_never_falls_below_zero_needs_none() -> None:
    openings: Openings[str] = Openings()
    openings.move("cup", +5)
    openings.move("cup", -5)
    assert openings.needed() == {}


def test_units_held_at_the_end_must_lie_there() -> None:
    openings: Openings[str] = Openings()
    openings.move("cup", +1)
    openings.hold("cup", 4)
    assert openings.needed() == {"cup": 3}


def test_with_the_opening_no_history_falls_below_zero_and_with_one_less_it_does() -> None:
    random = Random(7)  # noqa: S311
    for _case in range(200):
        story = [random.randint(-9, 9) for _step in range(random.randint(1, 30))]
        openings: Openings[int] = Openings()
        for units in story:
            openings.move(0, units)
        needed = openings.needed().get(0, 0)
        balances = [needed + sum(story[:step]) for step in range(len(story) + 1)]
        assert min(balances) == 0 if needed else min(balances) >= 0
