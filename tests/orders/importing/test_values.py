"""Cells mean one thing or are refused; nothing is guessed."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from orders.importing import values
from orders.importing.values import Unreadable


@pytest.mark.parametrize(("text", "value"), [("2.55", "2.55"), ("0", "0"), ("-11062.06", "-11062.06"), ("0.0001", "0.0001")])
def test_an_amount_has_at_most_four_decimals(text: str, value: str) -> None:
    assert values.amount(text, "price") == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "1,000",
        "1.000,50",
        "1e9",
        "NaN",
        "１２３",
        "₩1000",
        "",
        " 1",
        "1.",
        ".5",
        "0.00001",
        "+5",
        "1000000000000000",
        "Infinity",
    ],
)
def test_what_is_no_plain_amount_is_refused(text: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        values.amount(text, "price")
    assert (refusal.value.problem, refusal.value.column, refusal.value.value) == ("amount", "price", text)


@pytest.mark.parametrize("text", ["1.5", "", "1e3", "six", "３", "1,000"])
def test_units_are_whole_numbers(text: str) -> None:
    with pytest.raises(Unreadable, match="units"):
        values.units(text, "quantity")


def test_units_have_a_limit() -> None:
    with pytest.raises(Unreadable, match="too_many_units"):
        values.units("100000000", "quantity")


@pytest.mark.parametrize(
    "text",
    [
        "2026.11.21", "21/11/26", "45982", "2026-02-30 10:00:00", "2026-11-21", "2026-11-21T10:00:00",
        "2026-11-21 24:00:00", "２０26-11-21 10:00:00",
    ],
)  # fmt: skip
def test_a_moment_has_one_notation(text: str) -> None:
    with pytest.raises(Unreadable, match="moment"):
        values.moment(text, "date")


@pytest.mark.parametrize("text", ["=1+1", "+82", "-- sale", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_text_that_begins_like_a_formula_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="formula"):
        values.words(text, "name")


@pytest.mark.parametrize("text", ["a\u200bb", "\u202eabc", "a\tb", "a\rb", "a\nb"])
def test_characters_nobody_can_see_are_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="invisible"):
        values.words(text, "name")


def test_hangul_of_a_mac_becomes_the_usual_one() -> None:
    assert values.words("\u1107\u1162\u11a8\u110c\u1161", "name") == "백자"


def test_markup_is_text_like_any_other() -> None:
    assert values.words("<script>alert(1)</script>", "name") == "<script>alert(1)</script>"


def test_spaces_around_and_within_are_tidied() -> None:
    assert values.words("  POPPY'S   BEDROOM ", "name") == "POPPY'S BEDROOM"


def test_a_text_has_a_limit() -> None:
    with pytest.raises(Unreadable, match="too_long"):
        values.words("a" * 201, "name")


@pytest.mark.parametrize(
    ("text", "problem"), [("1.23E+12", "damaged_code"), ("8,5E+10", "damaged_code"), ("85-A", "code"), ("", "code")]
)
def test_a_code_that_a_spreadsheet_damaged_is_told_apart(text: str, problem: str) -> None:
    read: Callable[[str, str], Any] = values.code(re.compile("[0-9A-Z]+"))
    with pytest.raises(Unreadable) as refusal:
        read(text, "SKU")
    assert refusal.value.problem == problem


def test_leading_zeros_of_a_code_stay() -> None:
    assert values.code(re.compile("[0-9]+"))("00042", "SKU") == "00042"


@pytest.mark.parametrize(
    ("last", "today", "days"),
    [
        (date(2011, 9, 30), date(2026, 11, 20), 5530),  # both Fridays
        (date(2011, 9, 30), date(2026, 11, 19), 5523),
        (date(2026, 11, 21), date(2026, 11, 21), 0),
        (date(2026, 11, 25), date(2026, 11, 21), -7),
    ],
)
def test_a_past_is_moved_by_whole_weeks_to_end_today_or_in_the_week_before(last: date, today: date, days: int) -> None:
    assert values.weeks_between(last, today) == days


def test_the_same_cells_give_the_same_name() -> None:
    assert values.digest(["a", "b"]) == values.digest(("a", "b"))
    assert values.digest(["ab", ""]) != values.digest(["a", "b"])
    assert len(values.digest(["a"])) == values.DIGEST
