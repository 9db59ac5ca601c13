"""Lists on any screen: a phone shows a row in few lines, and numbers stand under their headings."""

from datetime import timedelta
from typing import Any

import pytest

from config.kernel import clock
from config.kernel.models import User
from inventory.operations import catalog
from tests.analytics.builders import Line, an_order
from tests.builders import a_customer, a_policy, a_promotion, a_stocked_variant, a_warehouse, an_offer
from tests.e2e.browser import NARROW
from tests.e2e.conftest import Visitor

LISTS = [
    "orders/order", "inventory/variant", "inventory/stocklevel", "inventory/warehouse", "inventory/reorderpolicy",
    "inventory/pricechange", "campaigns/customer", "campaigns/promotion",
]  # fmt: skip
# A page of fifty rows is at most 6,000 pixels high: so much of it has each row, with the gap below it.
HIGHEST = 112
CARDS = """() => [...document.querySelectorAll('#result_list .data-row')].map(row => ({
    height: row.getBoundingClientRect().height,
    empty: [...row.children].filter(cell => cell.offsetHeight && !cell.children.length && !cell.textContent.trim()).length,
}))"""
# Of each column of which every cell is a number: how far the heading ends from the numbers.
NUMBERS = r"""() => {
    const right = (node) => {
        const range = document.createRange();
        range.selectNodeContents(node);
        return range.getBoundingClientRect().right;
    };
    const heads = [...document.querySelectorAll('#result_list thead th')];
    const rows = [...document.querySelectorAll('#result_list .data-row')];
    return heads.map((head, place) => {
        const cells = rows.map(row => row.children[place]);
        const isNumber = cells.every(cell => /^([₩+-]?[\d,]+(\.\d+)?%?|-)$/.test(cell.innerText.trim()))
            && cells.some(cell => /\d/.test(cell.innerText));
        const title = head.querySelector('.text');
        return isNumber ? { title: head.innerText.trim(), off: Math.abs(right(title) - right(cells[0])) } : null;
    }).filter(Boolean);
}"""


def an_owner(name: str) -> User:
    return User.objects.create_user(name, is_staff=True, is_superuser=True)


@pytest.fixture
def rows() -> None:
    now, store = clock.now(), a_warehouse()
    for number in range(3):
        cup = a_stocked_variant(10 + number, store)
        an_offer(cup)
        a_policy(cup, store)
        an_order(now - timedelta(days=number), Line(cup, 1, 10_000))
        catalog.change_price(variant_id=cup.pk, list_price=cup.list_price + 1_000, reason="인상", actor=None, at=now)
        a_customer(name="김하늘", phone="010-1234-5678", email="sky@example.com")
        a_promotion(now, starts_at=now + timedelta(days=30))  # It would be given in the journeys of others.


@pytest.mark.usefixtures("rows")
def test_a_phone_shows_a_row_in_a_few_lines_and_none_of_them_empty(visitor: Visitor) -> None:
    visit = visitor(viewport=NARROW)
    visit.log_in(an_owner("reads-on-a-phone"))

    for path in LISTS:
        visit.open(f"/admin/{path}/")
        cards: list[dict[str, Any]] = visit.page.evaluate(CARDS)

        assert cards, path
        assert max(card["height"] for card in cards) <= HIGHEST, path
        assert sum(card["empty"] for card in cards) == 0, path
        assert visit.fits_its_screen(), path


@pytest.mark.usefixtures("rows")
def test_headings_of_numbers_stand_over_their_numbers(visitor: Visitor) -> None:
    visit = visitor()
    visit.log_in(an_owner("reads-numbers"))
    found = {}

    for path in LISTS:
        visit.open(f"/admin/{path}/")
        found[path] = visit.page.evaluate(NUMBERS)

    assert sum(len(columns) for columns in found.values()) >= 15
    assert [(path, one) for path, columns in found.items() for one in columns if one["off"] > 1] == []
