"""What analytics keeps of the shop that the budgets are counted in: figures, events, alerts, forecasts, what-ifs."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from analytics.models import (
    DemandSeries,
    EventCopy,
    EventKind,
    EventMatch,
    EventSource,
    Incident,
    Outlet,
    OutletFile,
    OutletRun,
    ServedRegion,
    Simulation,
    SlotConversion,
    SlotRun,
)
from analytics.operations import (
    alert_rules,
    attribution,
    buyer_types,
    decisive_slots,
    demand,
    demand_overrides,
    erasing,
    event_figures,
    event_kinds,
    event_rules,
    forecast_scores,
    forecasts,
    incidents,
    notices,
    purchases,
    reports,
    rhythm,
    rollups,
    simulations,
    spend,
    targets,
    trending,
    visits,
    webhooks,
)
from analytics.queries import alerts
from campaigns.models import Customer
from config.kernel import accesses, shop
from config.kernel.models import User
from inventory.models import Category, Variant, Warehouse
from orders.models import Order
from tests import builders
from tests.analytics.builders import Line, an_order, movements
from tests.analytics.events.builders import a_batch, a_source, an_event, told


class Observed:
    """The part of the world that looks at the others."""

    at: datetime
    warehouse: Warehouse
    variants: list[Variant]
    customer: Customer
    order: Order
    clerk: User
    _next: Iterator[int]
    _days_ago: Iterator[int]

    def some_variants(self, size: int) -> list[Variant]:
        """So many different ones, the newest last."""
        return self.variants[-size:]

    def _simulations(self, size: int) -> None:
        """Answered what-ifs, over demand that never changes."""
        from analytics.simulation import traces, what_if

        terms = what_if.Terms(7, 4000, 0.25, 0.97)
        played = traces.stationary(means=[2.0] * 3, ratio=1.5, days=240, warm_up=182, price=10_000, seed=1)
        found = what_if.answer(played, asked=terms, today=terms, cost_share=0.5, fed="SALES")
        for _ in range(size):
            asked = simulations.ask(
                question=simulations.Question(Decimal("0.97"), 7, Decimal(4000), Decimal("0.25"), 56),
                actor=self.clerk,
                at=self.at,
            )
            Simulation.objects.filter(pk=asked.pk).update(
                state=Simulation.State.DONE, result=found, ran_at=self.at, seconds=2, warehouse=self.warehouse
            )

    def _past(self, size: int) -> None:
        """Closed business days, each with its own channel, and their figures."""
        for _ in range(size):
            noon = self.at.replace(hour=3) - timedelta(days=next(self._days_ago))
            variant = builders.a_variant(builders.a_product(builders.a_category()))
            an_order(noon, Line(variant, 2, 10_000, discount=1_000), channel=f"shop-{next(self._next)}"[:20])
            movements(noon, variant, self.warehouse, ("SHIPMENT", -2))
        rollups.rebuild_due(at=self.at)

    def _events(self, size: int) -> None:
        """Sources, each with a batch of its own on so many days, of which some events cannot be read; and own kinds."""
        for number in range(size):
            source = a_source(name=f"쇼핑몰 {number}", at=self.at - timedelta(days=40))
            for days_ago in range(size):
                at = self.at - timedelta(days=days_ago)
                skus = [an_event("product_viewed", at=at, sku=one.sku) for one in self.some_variants(size)]
                searched = [an_event("products_searched", at=at, query=f"찻잔 {one}", results=0) for one in range(size)]
                told(source, a_batch(*skus, *searched, *({"id": str(one)} for one in range(size)), customer="c-1"), at=at)
            event_kinds.define(
                name=f"kind_{number}", properties={f"p{one}": {} for one in range(size)}, required=[], actor=None, at=self.at
            )
        event_figures.count_due()
        visits.rebuild_due(at=self.at)
        trending.rank(at=self.at)
        self.server = a_source(EventSource.Nature.SERVER, code="server")
        event_kinds.switch(number=EventKind.objects.latest("number").pk, on=False, actor=None)

    def _rhythm(self, size: int) -> None:
        """Customers who buy again and again, of whom staff have said something."""
        for customer in (*(builders.a_customer(self.at) for _ in range(size)), self.customer):
            for number in range(4 + size):
                variant = self.some_variants(size)[number % size]
                an_order(self.at - timedelta(days=3 + 20 * number), Line(variant), channel="shop-1", customer=customer)
        purchases.rebuild_due(at=self.at)
        rhythm.refresh(at=self.at)
        for _ in range(size):
            buyer_types.say(
                customer_id=self.customer.pk, buyer_type="DELIBERATE", reason="전화", actor=self.clerk, at=self.at
            )  # fmt: skip
        for days_ago in range(1, size + 1):
            SlotRun.objects.create(
                first_on=self.at, last_on=self.at - timedelta(days=10 + days_ago), made_at=self.at, visits=1, ordered=0
            )
        run = decisive_slots.find(at=self.at)
        SlotConversion.objects.bulk_create(
            SlotConversion(
                run=run, channel="x", weekday=number % 7, hour=number % 24, visits=90, ordered=9, weeks=8, baseline=0.1,
                lift=2, chance=0, q=0, is_decisive=True,
            )
            for number in range(size)
        )  # fmt: skip

    def _alerts(self, size: int) -> None:
        """Rules, each with an incident of many lines and mails that is not over, and packs, each with a report."""
        alert_rules.furnish(at=self.at)
        for number in range(size):
            people = [self.clerk for _ in range(size)]
            rule = alert_rules.add(
                values={"name": f"규칙 {number}", "metric": "orders", "kind": "RELATIVE", "limit": Decimal(10)},
                recipients=people,
                at=self.at - timedelta(days=90),
            )
            seen = alerts.observe(rule, at=self.at)
            incident = Incident.objects.create(
                rule=rule, severity=rule.severity, opened_at=self.at, seen_at=self.at, value=1, peak=1,
                evidence=dict(seen.evidence), assignee=self.clerk,
            )  # fmt: skip
            for one in people:
                incidents.comment(incident_id=incident.pk, text="확인 중", actor=one, at=self.at)
            notices.tell(incident=incident, occasion="OPENED", to=people, due_at=self.at, why="role:owner")
            hook = webhooks.add(name=f"웹훅 {number}", url=webhooks.Checked("https://93.184.216.34/"), at=self.at)
            rule.webhooks.add(hook)
            for occasion in ("OPENED", "ESCALATED", "RESOLVED")[:size]:
                webhooks.tell(incident=incident, occasion=occasion, at=self.at)
            looked_for = event_rules.add(values={"name": f"행동 {number}", "act": "product_viewed"}, at=self.at)
            EventMatch.objects.create(
                rule=looked_for, version=1, subject=f"c{self.customer.pk}/s{self.some_variants(1)[0].pk}", slot=number,
                customer=self.customer, variant=self.some_variants(1)[0], count=size, matched_at=self.at, found_at=self.at,
                inputs={
                    "terms": {"act": "product_viewed", "at_least": 3, "within": 60, "subject": "CUSTOMER"},
                    "acts": [{"id": str(one), "at": self.at.isoformat()} for one in range(size)],
                },
            )  # fmt: skip
            pack = reports.add(values={"name": f"보고 {number}", "metrics": ["orders", "sales"]}, recipients=people, at=self.at)
            reports.send_now(pack_id=pack.pk, actor=self.clerk, at=self.at)

    def _trust(self, size: int) -> None:
        """Accesses to personal data, and persons who were erased, each by somebody else."""
        for number in range(size):
            accesses.record(
                deed=accesses.Deed.OPENED, subject="orders.order", row_key=self.order.pk, actor=self.clerk, at=self.at
            )
            gone = builders.a_customer(self.at, external_id=f"gone-{number}")
            erasing.erase(customer_id=gone.pk, reason="요청", actor=self.clerk, at=self.at)
        erasing.sweep(at=self.at)
        for number in range(size):
            day = self.at.date() - timedelta(days=number + 1)
            EventCopy.objects.create(day=day, state="CLEAN", rebuilt_at=self.at, source_rows=1, checksum=1)
            outlet = Outlet.objects.create(
                code=f"o-{number}", view="stock", first_day=self.at, last_day=self.at, created_at=self.at
            )
            for one in range(size):
                OutletRun.objects.create(outlet=outlet, began_at=self.at, seconds=1, looked_at=1, written=1, rows=1)
                day = self.at.date() - timedelta(days=one)
                OutletFile.objects.create(outlet=outlet, day=day, rows=1, size=1, sha256="0" * 64, written_at=self.at)

    def _origins(self, size: int) -> None:
        """Orders, each after visits by so many campaigns, and what these cost."""
        source, campaigns = a_source(channel="web"), [f"campaign-{number}" for number in range(size)]
        for number in range(size):
            customer = builders.a_customer(external_id=f"came-{number}")
            order = an_order(self.at - timedelta(days=1), Line(self.variants[0]), customer=customer)
            for hours, campaign in enumerate(campaigns, 1):
                at = order.placed_at - timedelta(hours=hours)
                utm = {"utm_source": "naver", "utm_medium": "cpc", "utm_campaign": campaign}
                told(source, a_batch(an_event(at=at, **utm), visitor=f"came-{number}", customer=customer.external_id), at=at)
        for days_ago in range(1, size + 1):
            day = shop.day(self.at - timedelta(days=days_ago)).isoformat()
            row = {"day": day, "source": "naver", "medium": "cpc", "cost": "1000"}
            spend.take_rows(rows=[row | {"campaign": one} for one in campaigns], actor=self.clerk, at=self.at)
        event_figures.count_due()
        visits.rebuild_due(at=self.at)
        attribution.rebuild_due(at=self.at)

    def _demand(self, size: int) -> None:
        """Evenings of forecasts, each judged, with what staff set instead and how methods changed."""
        for number in range(size):
            ServedRegion.objects.create(warehouse=self.warehouse, postal_prefix=f"9{number}")
        origin = demand.yesterday(at=self.at)
        for weeks_ago in range(4, -1, -1):
            forecasts.night(origin=origin - timedelta(weeks=weeks_ago), at=self.at)
        series = DemandSeries.objects.order_by("pk").first()
        assert series is not None
        for number in range(size):
            demand_overrides.set_demand(
                series_id=series.pk, first_on=self.at.date(), last_on=self.at.date() + timedelta(days=9), units_a_day=None,
                percent=number, reason="박람회", actor=self.clerk, at=self.at,
            )  # fmt: skip
            forecast_scores.choose(
                demand_class="SMOOTH", method=f"m{number}", why={"errors": {"mean": 1.0}}, since=origin, at=self.at
            )
        self.wanted = series
        month = shop.day(self.at).replace(day=1)
        for category in (None, *Category.objects.order_by("-pk")[:size]):
            key = category.pk if category else None
            targets.add_target(
                month=month, category_id=key, amount=Decimal(1_000_000), units=900, actor=self.clerk, at=self.at
            )  # fmt: skip
