"""Sharing a budget: never more than there is, in full packs, and close to the best choice."""

import itertools
import random

from inventory.stocking.caps import Wish, share


def test_without_caps_everybody_gets_everything() -> None:
    found = share([Wish("a", 10, 3.0, 5.0), Wish("b", 4, 9.0, 1.0)])
    assert found.granted == {"a": 10, "b": 4}
    assert found.saved == found.bound == 6


def test_what_saves_most_for_its_money_comes_first_and_the_last_is_cut_to_packs() -> None:
    wishes = [Wish("cheap", 10, 1.0, 30.0), Wish("dear", 20, 5.0, 50.0, order_multiple=6), Wish("poor", 10, 5.0, 1.0)]
    found = share(wishes, budget=75)
    assert found.granted == {"cheap": 10, "dear": 12, "poor": 1}
    assert found.cost <= 75
    assert share(wishes, budget=0).granted == {"cheap": 0, "dear": 0, "poor": 0}


def test_below_the_minimum_nothing_is_granted_and_volume_binds_too() -> None:
    found = share([Wish("a", 10, 1.0, 9.0, volume=2.0, minimum_quantity=5)], volume=8)
    assert found.granted == {"a": 0}
    assert share([Wish("a", 10, 1.0, 9.0, volume=2.0)], budget=100, volume=8).granted == {"a": 4}


def test_caps_are_kept_and_half_of_the_best_choice_is_saved() -> None:
    chance = random.Random(4)  # noqa: S311
    for _round in range(60):
        wishes = [Wish(key, 1, chance.uniform(1, 9), chance.uniform(0, 9)) for key in range(8)]
        budget = chance.uniform(9, 25)
        found = share(wishes, budget=budget)
        best = max(
            sum(wish.saved for wish in chosen)
            for size in range(9)
            for chosen in itertools.combinations(wishes, size)
            if sum(wish.unit_cost for wish in chosen) <= budget
        )
        assert found.cost <= budget + 1e-6
        assert best / 2 <= found.saved <= best + 1e-9 <= found.bound + 1e-6
