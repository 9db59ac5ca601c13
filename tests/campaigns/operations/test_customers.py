"""Whom the shop knows, what they agreed to, and the segments they are in."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Consent, Customer, Segment, SegmentMembership
from campaigns.operations import customers, segments
from campaigns.operations.customers import ConsentRefused, CustomerRefused
from campaigns.operations.segments import NoSuchSegment, UnknownCustomers
from campaigns.queries import customers as queries
from campaigns.queries.customers import ForPricing, NoSuchCustomer
from config.kernel.models import User
from tests.builders import a_customer

pytestmark = pytest.mark.django_db


def a_segment(code: str = "vip") -> Segment:
    return Segment.objects.create(code=code, name=code)


def test_a_customer_is_made_once_and_keeps_what_is_not_told(at: datetime) -> None:
    first = customers.upsert(external_id="c-1", name=" 김하늘 ", email="Sky@Example.com", at=at)
    again = customers.upsert(external_id="c-1", phone="010-0000-0001", at=at + timedelta(days=1))
    erased = customers.upsert(external_id="c-1", name="", at=at)

    assert first.pk == again.pk == erased.pk
    assert (again.name, again.phone, again.email, again.created_at) == ("김하늘", "010-0000-0001", "sky@example.com", at)
    assert erased.name == ""
    assert Customer.objects.count() == 1


def test_an_upsert_takes_one_statement(at: datetime) -> None:
    with CaptureQueriesContext(connection) as seen:
        customers.upsert(external_id="c-1", at=at)

    assert len([one for one in seen.captured_queries if "SAVEPOINT" not in one["sql"]]) == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"external_id": ""}, "external_id"),
        ({"external_id": " c"}, "external_id"),
        ({"external_id": "c" * 65}, "external_id"),
        ({"external_id": "c\0"}, "external_id"),
        ({"name": "x" * 101}, "name"),
        ({"phone": "1" * 21}, "phone"),
        ({"email": "not an address"}, "email"),
        ({"name": "a\nb"}, "name"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_field(at: datetime, values: dict[str, Any], field: str) -> None:
    with pytest.raises(CustomerRefused) as refused:
        customers.upsert(**{"external_id": "c-1", "at": at} | values)

    assert list(refused.value.details) == [field]


def test_consent_is_a_history_whose_latest_statement_holds(at: datetime) -> None:
    a_customer(external_id="c-1")

    def say(given: bool, moment: datetime, purpose: str = "ADVERTISING") -> Consent:
        return customers.state_consent(
            external_id="c-1", channel="SMS", purpose=purpose, is_given=given, text_version="v1", source="web", actor=None,
            at=moment,
        )  # fmt: skip

    say(True, at)
    say(True, at, "NIGHT_ADVERTISING")
    say(False, at + timedelta(days=1))

    holding = {one.purpose: one.is_given for one in queries.consents(Customer.objects.get().pk)}
    assert holding == {"ADVERTISING": False, "NIGHT_ADVERTISING": True}
    assert Consent.objects.count() == 3


@pytest.mark.parametrize("wrong", [{"channel": "FAX"}, {"purpose": "FUN"}, {"text_version": " "}, {"source": "x" * 41}])
def test_a_statement_that_says_nothing_is_refused(at: datetime, wrong: dict[str, str]) -> None:
    a_customer(external_id="c-1")
    told: dict[str, Any] = {"channel": "SMS", "purpose": "ADVERTISING", "text_version": "v1", "source": "web"} | wrong

    with pytest.raises(ConsentRefused) as refused:
        customers.state_consent(external_id="c-1", is_given=True, actor=None, at=at, **told)

    assert list(refused.value.details) == list(wrong)
    with pytest.raises(NoSuchCustomer):
        customers.state_consent(
            external_id="nobody", channel="SMS", purpose="ADVERTISING", is_given=True, text_version="v", source="w", actor=None,
            at=at,
        )  # fmt: skip


def test_pricing_learns_who_somebody_is_in_one_query(at: datetime) -> None:
    customer = a_customer(external_id="c-1")
    vip, young = a_segment("vip"), a_segment("young")
    for segment in (vip, young):
        segments.add(segment_id=segment.pk, customer_ids=[customer.pk], actor=None, at=at)

    with CaptureQueriesContext(connection) as seen:
        who = queries.for_pricing("c-1")

    assert who == ForPricing(customer.pk, frozenset({vip.pk, young.pk}))
    assert len(seen) == 1
    assert queries.for_pricing("nobody") == queries.for_pricing("\0") == ForPricing()
    assert queries.for_pricing(a_customer().external_id).segments == frozenset()


def test_members_join_leave_and_are_replaced(at: datetime) -> None:
    segment = a_segment()
    ids = [a_customer().pk for _ in range(4)]

    assert segments.add(segment_id=segment.pk, customer_ids=ids[:2], actor=None, at=at) == 2
    assert segments.add(segment_id=segment.pk, customer_ids=ids[:3], actor=None, at=at + timedelta(days=1)) == 1
    assert segments.remove(segment_id=segment.pk, customer_ids=[ids[0]], actor=None, at=at) == 1
    assert segments.replace_members(
        segment_id=segment.pk, customer_ids=ids[2:], actor=None, at=at + timedelta(days=2)
    ) == (1, 1)  # fmt: skip

    joined = dict(SegmentMembership.objects.values_list("customer_id", "joined_at"))
    assert joined == {ids[2]: at + timedelta(days=1), ids[3]: at + timedelta(days=2)}


def test_who_changed_the_members_of_a_segment_stays_on_record(at: datetime) -> None:
    marketer = User.objects.create_user("marketer")
    segment = a_segment()
    ids = [a_customer(external_id=f"c-{number}").pk for number in range(3)]
    told: dict[str, Any] = {"segment_id": segment.pk, "actor": marketer, "at": at}

    segments.add_named(external_ids=["c-0", "c-1"], **told)
    segments.add_named(external_ids=["c-1"], **told)  # changes nothing
    segments.replace_members(segment_id=segment.pk, customer_ids=ids[1:], actor=None, at=at + timedelta(days=1))
    segments.remove(customer_ids=ids[1:], **told)

    changes = segment.changes.order_by("id").values_list("joined", "left", "actor", "changed_at")
    assert list(changes) == [
        (2, 0, marketer.pk, at), (1, 1, None, at + timedelta(days=1)), (0, 2, marketer.pk, at),
    ]  # fmt: skip


def test_somebody_unknown_keeps_everybody_out(at: datetime) -> None:
    segment = a_segment()
    a_customer(external_id="c-1")

    with pytest.raises(UnknownCustomers) as refused:
        segments.add_named(segment_id=segment.pk, external_ids=["c-1", "c-2"], actor=None, at=at)
    with pytest.raises(UnknownCustomers):
        segments.replace_members(segment_id=segment.pk, customer_ids=[0], actor=None, at=at)
    with pytest.raises(NoSuchSegment):
        segments.add(segment_id=0, customer_ids=[], actor=None, at=at)

    assert refused.value.details == {"unknown": ["c-2"], "count": 1}
    assert not SegmentMembership.objects.exists()
