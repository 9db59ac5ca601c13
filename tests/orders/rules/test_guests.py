"""Who a guest is, is proved by what only they and the shop know."""

import pytest

from orders.guests import proves

SHIP_TO = {"name": "김하늘", "phone": "010-1234-5678", "email": "Haneul@Example.kr"}


@pytest.mark.parametrize(
    "contact", ["010-1234-5678", "01012345678", " 010 1234 5678 ", "+82 10-1234-5678", "haneul@example.kr", "HANEUL@example.kr"]
)
def test_the_phone_and_the_e_mail_prove_it_however_they_are_spelled(contact: str) -> None:
    assert proves(contact, SHIP_TO)


@pytest.mark.parametrize(
    "contact",
    ["", " ", "-", "010", "1234-5678", "010-1234-5679", "김하늘", "haneul", "haneul@example.com", "@", "\x00", "가@나"],
)
def test_anything_else_proves_nothing(contact: str) -> None:
    assert not proves(contact, SHIP_TO)


@pytest.mark.parametrize("ship_to", [{}, {"phone": "", "email": ""}, {"phone": None}, {"phone": "010"}, {"phone": "----"}])
@pytest.mark.parametrize("contact", ["", "010", "----", "None", "010-1234-5678"])
def test_where_nothing_was_given_nothing_proves(ship_to: dict[str, str], contact: str) -> None:
    assert not proves(contact, ship_to)
