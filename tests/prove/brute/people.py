"""Who buys, how long it takes, and who comes back. Closed days only: nothing that happens from `until` on."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from campaigns.models import Promotion, SegmentMembership
from tests.prove.brute.counting import Item, share
from tests.prove.brute.selling import Sales, Sold, local
from tests.prove.brute.visiting import Seen, Visiting
from tests.prove.clicks import SEOUL
from tests.prove.counted_views import Watched, ends_of_step

WEEK = timedelta(days=7)
LOOKS_BACK = timedelta(days=180)


@dataclass(frozen=True)
class People:
    sales: Sales
    visiting: Visiting
    until: datetime

    @property
    def sold(self) -> list[Sold]:
        return [one for one in self.sales.sold if one.at < self.until]

    def own_visits(self) -> dict[str, Seen]:
        """The visit of each order that stands, by its number: told on its day, the day before or the day after."""
        found, telling = {}, self.visiting.telling
        for order in self.sales.sold:
            on = local(order.at).date()
            near = [one for one in telling.get(order.number, []) if abs((one.day - on).days) <= 1]
            if near:
                found[order.number] = near[0]
        return found

    def of_person(self) -> dict[Any, list[Seen]]:
        found: dict[Any, list[Seen]] = defaultdict(list)
        for visit in self.visiting.visits:
            found[visit.person].append(visit)
        return found

    # --- how long until the first order, and until the second

    def newcomers(self) -> list[Item]:
        bought: dict[Any, list[datetime]] = defaultdict(list)
        own = self.own_visits()
        for order in self.sold:
            if order.customer is not None:
                bought["customer", order.customer].append(order.at)
            visit = own.get(order.number)
            if visit is not None and visit.customer is None:
                bought["browser", visit.visitor].append(order.at)
        found = []
        for person, visits in self.of_person().items():
            for place, visit in enumerate(visits):
                if visit.starts >= self.until or (place and visits[place - 1].starts >= visit.starts - LOOKS_BACK):
                    continue
                orders = sorted(bought[person])
                if person[0] == "customer" and orders and orders[0] < visit.starts:
                    continue
                at = next((one for one in orders if one >= visit.starts), None)
                watched = self._watched(visit.starts, at, visit.channel, timedelta(days=90))
                found.append(Item(visit.starts.astimezone(SEOUL), watched, {"channel": (visit.channel,)}))
        return found

    def first_orders(self) -> list[Item]:
        second = {one.customer: one.at for one in self.sold if one.place == 2}
        return [
            Item(
                local(one.at),
                self._watched(one.at, second.get(one.customer), one.channel, timedelta(days=365)),
                {"channel": (one.channel,)},
            )
            for one in self.sold
            if one.place == 1
        ]

    def _watched(self, since: datetime, at: datetime | None, channel: str, most: timedelta) -> Watched:
        if at is not None and at - since <= most:
            return Watched(local(since).date(), channel, (at - since).total_seconds(), has_bought=True)
        return Watched(local(since).date(), channel, min(self.until - since, most).total_seconds(), has_bought=False)

    # --- how long before an order something was done

    def carts(self) -> list[Item]:
        own, found = self.own_visits(), []
        for order in self.sold:
            visit = own.get(order.number)
            added = [one.at for one in visit.of("product_added") if one.at <= order.at] if visit else []
            if added:
                found.append(self._took(order, min(added)))
        return found

    def clicks(self) -> list[Item]:
        return [
            self._took(order, max(moments))
            for order, kind, _code, moments in self._touched()
            if kind in ("promotion_clicked", "message_clicked")
        ]

    def sightings(self) -> list[Item]:
        return [
            self._took(order, min(moments)) for order, kind, _code, moments in self._touched() if kind == "promotion_viewed"
        ]

    def planned(self) -> list[Item]:
        offers = {str(one.pk): one for one in Promotion.objects.all()}
        return [
            Item(
                local(order.at), int(code in offers and _in_force(offers[code], local(order.at))), {"channel": (order.channel,)}
            )
            for order, kind, code, _moments in self._touched()
            if kind == "promotion_clicked"
        ]

    def _took(self, order: Sold, since: datetime) -> Item:
        return Item(local(order.at), ends_of_step((order.at - since).total_seconds()), {"channel": (order.channel,)})

    def _touched(self) -> Iterable[tuple[Sold, str, str, list[datetime]]]:
        """What the person of each order clicked and saw within the seven days before it, in any of their visits."""
        own, visits = self.own_visits(), self.of_person()
        for order in self.sold:
            theirs = list(visits.get(("customer", order.customer), [])) if order.customer is not None else []
            visit = own.get(order.number)
            if visit is not None:
                theirs += visits.get(("browser", visit.visitor), [])
            moments: dict[tuple[str, str], list[datetime]] = defaultdict(list)
            for one in theirs:
                for at, kind, code in self.visiting.touches.get(one.visitor, []):
                    if one.starts <= at <= one.ends and order.at - WEEK < at <= order.at:
                        moments[kind, code].append(at)
            for (kind, code), told in moments.items():
                yield order, kind, code, told

    # --- coming back

    def returning(self) -> list[Item]:
        """Visits of who was here on an earlier day, with the orders placed in them."""
        orders: dict[Seen, int] = defaultdict(int)
        own = self.own_visits()
        for order in self.sales.sold:
            if order.number in own:
                orders[own[order.number]] += 1
        found = []
        for visits in self.of_person().values():
            days: list[date] = []
            for visit in visits:
                earlier = [day for day in days if day < visit.day]
                if earlier and (visit.day - max(earlier)) <= LOOKS_BACK:
                    facts = {"visits": 1, "orders": orders[visit]}
                    found.append(Item(visit.starts.astimezone(SEOUL), facts, {"channel": (visit.channel,)}))
                days.append(visit.day)
        return found

    def buying(self) -> list[Item]:
        member: dict[int, list[int]] = defaultdict(list)
        for customer, segment in SegmentMembership.objects.values_list("customer_id", "segment_id"):
            member[customer].append(segment)
        return [
            Item(local(one.at), one.customer, {"segment": tuple(member[one.customer])})
            for one in self.sold
            if one.customer is not None
        ]

    def staying(self) -> list[Item]:
        """First orders of months whose next month is over, with whether the customer ordered in that one."""
        months: dict[int, set[tuple[int, int]]] = defaultdict(set)
        for one in self.sold:
            if one.customer is not None:
                months[one.customer].add((local(one.at).year, local(one.at).month))
        found = []
        for one in self.sold:
            if one.place == 1 and one.customer is not None:
                at = local(one.at)
                after = (at.year + at.month // 12, at.month % 12 + 1)
                if date(after[0] + after[1] // 12, after[1] % 12 + 1, 1) <= self.until.astimezone(SEOUL).date():
                    found.append(Item(at, int(after in months[one.customer]), {"channel": (one.channel,)}))
        return found

    def active(self) -> dict[int, tuple[set[date], set[date]]]:
        """By customer the days on which they came or ordered, and those on which goods of theirs came back."""
        found: dict[int, tuple[set[date], set[date]]] = defaultdict(lambda: (set(), set()))
        for order in self.sold:
            if order.customer is not None:
                found[order.customer][0].add(local(order.at).date())
        for visit in self.visiting.visits:
            if visit.customer is not None and visit.starts < self.until:
                found[visit.customer][0].add(visit.day)
        for customer, day in self.sales.returns:
            if day < self.until.astimezone(SEOUL).date():
                found[customer][1].add(day)
        return found


def reactivated(active: Mapping[int, tuple[set[date], set[date]]], first: date, last: date) -> Fraction | None:
    """Of those without a visit, an order or a return for 60 days when the span begins: who came or ordered in it."""
    dormant = back = 0
    for came, returned in active.values():
        before = [day for day in came | returned if day < first]
        if before and (first - max(before)).days >= 60:
            dormant += 1
            back += any(first <= day <= last for day in came)
    return share(back, dormant)


def _in_force(offer: Promotion, at: datetime) -> bool:
    if at < offer.starts_at or (offer.ends_at is not None and at >= offer.ends_at):
        return False
    on = at.date()
    if offer.from_hour is not None and offer.until_hour is not None:
        if offer.from_hour < offer.until_hour:
            if not offer.from_hour <= at.hour < offer.until_hour:
                return False
        elif offer.until_hour <= at.hour < offer.from_hour:
            return False
        elif at.hour < offer.until_hour:
            on -= timedelta(days=1)  # the night belongs to the day on which it began
    return not offer.weekdays or on.weekday() in offer.weekdays
