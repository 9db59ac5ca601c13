"""The pure rules: how addresses are spelled, and which days can be trusted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from analytics.behaviour import addresses, quality
from analytics.behaviour.quality import Received, troubles


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("https://shop.example", "https://shop.example"),
        (" HTTPS://Shop.Example:443 ", "https://shop.example"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("https://한국도자기.한국", "https://xn--3e0bmof2lh1xryp.xn--3e0b707e"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_an_address_is_spelled_as_browsers_do(typed: str, sent: str) -> None:
    assert addresses.origin(typed) == sent


@pytest.mark.parametrize(
    "typed",
    [
        *("", "shop.example", "ftp://shop.example", "https://shop.example/", "https://shop.example/cart", "https://a@b"),
        *("https://shop.example?x", "https://shop.example:99999", "https://shop.example:0", "https://-a-", "https://[x]"),
        *("https://*.example", "https://shop example", "https://" + "a" * 300, "https://a..b", "null", "*"),
    ],
)
def test_what_no_browser_would_send_is_refused(typed: str) -> None:
    with pytest.raises(addresses.NotAnOrigin):
        addresses.origin(typed)


@pytest.mark.parametrize(
    ("typed", "network"),
    [("203.0.113.0/24", "203.0.113.0/24"), (" 203.0.113.7 ", "203.0.113.7/32"), ("2001:db8::/32", "2001:db8::/32")],
)
def test_networks_and_single_addresses_are_read(typed: str, network: str) -> None:
    assert addresses.network(typed) == network


@pytest.mark.parametrize(
    ("typed", "meant"), [("203.0.113.7/24", "203.0.113.0/24"), ("office", ""), ("", ""), ("0.0.0.0/0", ""), ("::/0", "")]
)
def test_what_is_no_network_is_refused_with_what_was_meant(typed: str, meant: str) -> None:
    with pytest.raises(addresses.NotANetwork) as refused:
        addresses.network(typed)
    assert refused.value.meant == meant


GOOD = Received(batches=300, stored=1_000, doubled=20, quarantined=10, events=980, usual=1_000.0, silence=timedelta(minutes=30))


@pytest.mark.parametrize(
    ("day", "wrong"),
    [
        (GOOD, ()),
        (replace(GOOD, events=499), ("incomplete",)),
        (replace(GOOD, events=500), ()),
        (replace(GOOD, usual=None, events=1), ()),
        (replace(GOOD, usual=40.0, events=0), ()),
        (replace(GOOD, usual=0.0, events=0), ()),
        (replace(GOOD, quarantined=53), ("quarantined",)),
        (replace(GOOD, stored=10, quarantined=9), ()),
        (replace(GOOD, silence=timedelta(hours=3, seconds=1)), ("silent",)),
        (replace(GOOD, silence=timedelta(hours=9), usual=200.0, events=190), ()),
        (replace(GOOD, silence=timedelta(hours=9), usual=None), ("silent",)),
        (Received(usual=1_000.0, silence=timedelta(hours=14)), ("incomplete", "silent")),
    ],
)
def test_a_day_is_bad_by_what_is_written_down(day: Received, wrong: tuple[str, ...]) -> None:
    assert troubles(day) == wrong


def test_a_usual_day_is_the_median_of_at_least_two() -> None:
    assert (quality.usual([]), quality.usual([900]), quality.usual([900, 100, 1_000])) == (None, None, 900)


def test_shares_of_nothing_are_none() -> None:
    nothing = Received()
    assert nothing.doubled_share is nothing.quarantined_share is nothing.late_share is nothing.completeness is None
