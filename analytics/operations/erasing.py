"""Makes a person unknown everywhere: what the law wants kept stays and tells of nobody.

One transaction from the top down: orders must be closed, the customer becomes nobody, addresses, notes and whatever staff wrote
is blanked, visits and their events get numbers that lead to no browser, and what was read of the person's rhythm goes. What
was made of their visits is marked to be made anew. Events outside of visits carry no more than the number of a customer who is
nobody; they are found by looking at all of them, so a job does it (`sweep`).
"""

import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from analytics.models import (
    CustomerRhythm,
    Erasure,
    EventMatch,
    KnownVisitor,
    QuarantinedEvent,
    Visit,
)
from analytics.operations import (
    attribution_days,
    demand,
    event_copies,
    event_figures,
    interest,
    purchase_marks,
    rhythm,
    visits,
)
from analytics.queries import person
from campaigns.models import Customer
from campaigns.operations import erasing as customers
from config.kernel import accesses, erasing, shop
from config.kernel.bulk import unhurried
from config.kernel.errors import Invalid
from config.kernel.models import User
from orders.operations import erasing as orders

LONGEST_REASON = 200
# Hours come as those of UTC; where the shop keeps other ones, both are counted.
ALMOST_AN_HOUR = timedelta(minutes=59)


class ErasureRefused(Invalid):
    code = "erasure_invalid"


@transaction.atomic
def erase(*, customer_id: int, reason: str, actor: User | None, at: datetime, address: str | None = None) -> Erasure:
    """For good. A person erased before stays as they are; one with an open order is refused."""
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise ErasureRefused(
            _("Say why in at most %(most)s characters.") % {"most": LONGEST_REASON}, details={"field": "reason"}
        )
    unhurried()
    # Whoever makes these holds up customers at their end, and staff who say something hold the rhythm before the customer.
    purchase_marks.alone()
    rhythm.alone()
    CustomerRhythm.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
    customer = customers.lock(customer_id=customer_id)
    if done := Erasure.objects.filter(customer=customer).first():
        return done
    numbers = orders.lock_closed(customer_id=customer_id)
    was = [customer.external_id, customer.phone, customer.email]
    patterns = person.patterns_of(customer)
    _tells_who(was, reason, customer)
    called = f"{erasing.ERASED}{secrets.token_hex(8)}"
    customers.erase(customer=customer, called=called, at=at)
    orders.erase(customer_id=customer_id)
    demand.customer_erased(customer_id=customer_id, at=at)
    erasing.answers(words=[*was, *numbers], at=at)
    found, events = _unlink(customer_id, was[0], at)
    _drop_quarantined(was)
    CustomerRhythm.objects.filter(pk=customer_id).delete()
    _call("analytics_erase_texts", [customer_id, patterns])
    done = Erasure.objects.create(
        customer=customer, reason=reason, actor=actor, orders=len(numbers), visits=found, events=events, erased_at=at
    )
    accesses.record(
        deed=accesses.Deed.ERASED,
        subject=Customer._meta.label_lower,
        row_key=customer_id,
        actor=actor,
        at=at,
        address=address,
    )
    return done


def sweep(*, at: datetime) -> int:
    """Reaches the events of erased persons that lie in no visit, and tells how many there were."""
    return sum(_sweep(pk, at) for pk in Erasure.objects.filter(swept_at=None).order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _sweep(pk: int, at: datetime) -> int:
    unhurried()
    erasure = Erasure.objects.select_for_update(no_key=True).get(pk=pk)
    if erasure.swept_at is not None:
        return 0
    # Whose older events were is forgotten already.
    since = at - timedelta(days=settings.EVENTS_PERSONAL_DAYS + 2)
    hours = _call("analytics_erase_events", [erasure.customer_id, secrets.token_hex(16), since])
    events: int = sum(number for _hour, number in hours)
    for hour, _number in hours:
        event_figures.recount(first=hour, last=hour + ALMOST_AN_HOUR)
    visits.mark(days={shop.day(hour) for hour, _number in hours}, at=at)
    event_copies.mark(days=_days(hour for hour, _number in hours), at=at)
    erasure.swept_at, erasure.events = at, erasure.events + events
    erasure.save(update_fields=["swept_at", "events"])
    return events


def _tells_who(was: list[str], reason: str, customer: Customer) -> None:
    """The reason is kept for good."""
    if any(word and word.lower() in reason.lower() for word in (*was, customer.name)):
        raise ErasureRefused(_("The reason tells who it was: it is kept for good."), details={"field": "reason"})


def _unlink(customer_id: int, external_id: str, at: datetime) -> tuple[int, int]:
    """Visits and their events get other numbers, so that they are counted as before and lead to nobody and to no browser."""
    visits.known_alone()
    salt, known = secrets.token_hex(16), KnownVisitor.objects.filter(external_id=external_id)
    theirs = Visit.objects.filter(customer_id=customer_id).values_list("visitor", flat=True)
    visitors = sorted({*theirs, *known.values_list("visitor", flat=True)})
    attribution_days.mark(days=attribution_days.days_of_visitors(visitors), at=at)
    purchase_marks.visits_erased(customer_id=customer_id, visitors=visitors, salt=salt, at=at)
    visits.mark(days=interest.drop_terms(customer_id=customer_id), at=at)
    EventMatch.objects.filter(Q(customer_id=customer_id) | Q(visitor__in=visitors)).delete()
    known.delete()
    found = _call("analytics_erase_visits", [customer_id, salt])
    # Somebody else may be the only one now whom a browser is known as.
    visits.known_otherwise(visitors=visitors, at=at)
    hours = sorted({hour for _visits, _events, at in found for hour in at or ()})
    for hour in hours:
        event_figures.recount(first=hour, last=hour + ALMOST_AN_HOUR)
    event_copies.mark(days=_days(hours), at=at)
    return (found[0][0], found[0][1]) if found else (0, 0)


def _days(hours: Iterable[datetime]) -> set[date]:
    return {shop.day(moment) for hour in hours for moment in (hour, hour + ALMOST_AN_HOUR)}


def _drop_quarantined(words: list[str]) -> None:
    for word in words:
        if word:
            QuarantinedEvent.objects.filter(raw__contains=word).delete()


def _call(function: str, given: list[Any]) -> list[Any]:
    marks = ", ".join(["%s"] * len(given))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {function}({marks})", given)  # noqa: S608  a name of this file
        return list(cursor.fetchall())
