"""A shop with something on every page: of size 1 one or few rows of everything, else so many, in lists and in documents."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db.models import F, Model
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from analytics.models import CustomerRhythm, DemandSeries
from campaigns.models import (
    Campaign,
    Consent,
    Customer,
    Promotion,
    Segment,
    SegmentMembership,
)
from campaigns.operations import (
    coupons,
    customers,
    occurrences,
    promotions,
)
from config.kernel import (
    jobs,
    shop,
    tokens,
)
from config.kernel.models import JobRun, OutboxDelivery, OutboxEvent, TokenScope, User
from config.kernel.roles import Role
from inventory.models import (
    ApprovalLimit,
    Bin,
    BinPlace,
    Lane,
    LearnedLeadTime,
    Lot,
    Mode,
    PriceBreak,
    PurchaseMail,
    PurchaseOrder,
    ReplenishmentProposal,
    Reservation,
    ServiceClass,
    StockCount,
    StockingRules,
    StockLevel,
    StockRepair,
    SupplierOffer,
    TransferOrder,
    TransferProposal,
    Variant,
    Warehouse,
    WriteOffCause,
)
from inventory.operations import (
    advice,
    balancing,
    catalog,
    classes,
    confirming,
    counting,
    excess,
    lots,
    purchasing,
    receiving,
    replenishment,
    reservations,
    risks,
    service_levels,
    stock,
    transfers,
)
from inventory.operations.advice import Advice
from inventory.operations.confirming import Confirmed
from inventory.operations.costing import Extra
from inventory.operations.ledger import Document
from inventory.operations.lotbook import LotUnits
from inventory.operations.purchasing import Wanted
from inventory.operations.receiving import Gap
from inventory.queries import ageing
from orders.models import ImportFile, ImportRun, Order, Return
from orders.operations import canceling, fulfilling, noting, paying, returning, shortage, unmatched
from orders.operations.placing import Buyer
from tests import builders
from tests.budgets.observed import Observed

NOW = builders.AT + timedelta(hours=1)
# Deep enough that nothing the shop does in a round empties a shelf.
PLENTY = 10_000


class World(Observed):
    """`size` is how many rows the lists have at least, and how many lines, members or entries the large documents."""

    def __init__(self, size: int, at: datetime) -> None:
        self.size, self.at = size, at
        self._next = count(1)
        self._days_ago = count(2)
        self.warehouse = builders.a_warehouse(priority=1)
        self.supplier = builders.a_supplier()
        # One offer that every order gets; all others wait for a code.
        self.offer = builders.a_promotion(at)
        self.variants: list[Variant] = []
        self.paid: Order
        self.sent: PurchaseOrder

        self._catalog(size)
        self._offers(size)
        self._orders(size)
        self._purchases(size)
        self._stock(size)
        self._simulations(size)
        self._moves(size)
        self._odd_cases(size)
        self._lots(size)
        self._imports(size)
        self._staff(size)
        self._past(size)
        self._events(size)
        self._rhythm(size)
        self._alerts(size)
        self._trust(size)
        self._origins(size)
        self._demand(size)
        self._acts(size)

    # --- the apps, from below

    def _catalog(self, size: int) -> None:
        category = builders.a_category(parent=builders.a_category())
        for _ in range(size):
            builders.a_category(parent=category)
        supplier = [builders.a_supplier() for _ in range(size)][-1]
        product = [builders.a_product(category) for _ in range(size)][-1]
        # Deep in levels and terms: one SKU that lies everywhere and that everybody offers.
        wanted = None
        for _ in range(size):
            wanted = builders.a_variant(product)
            builders.stocked(wanted, self.warehouse, PLENTY, self.at)
            builders.an_offer(wanted, self.supplier)
            builders.an_offer(wanted, supplier, is_preferred=False)
            self.variants.append(wanted)
        assert wanted is not None
        for _ in range(size):
            builders.stocked(wanted, builders.a_warehouse(is_active=False), 1, self.at)
            catalog.change_price(
                variant_id=wanted.pk, list_price=wanted.list_price + 10, reason="인상", actor=self.clerk, at=self.at
            )
            wanted.refresh_from_db()

    @property
    def clerk(self) -> User:
        """Another member of staff each time, whose name a list could ask for row by row."""
        return User.objects.create_user(f"clerk-{next(self._next)}", is_staff=True)

    def _offers(self, size: int) -> None:
        for number in range(size):
            campaign = Campaign.objects.create(name=f"겨울 {number}")
            segment = Segment.objects.create(code=f"s-{number}", name=f"단골 {number}")
            builders.a_promotion(self.at, name=f"예고 {number}", starts_at=self.at + timedelta(days=1))
            ended = {"starts_at": self.at - timedelta(days=9), "ends_at": self.at - timedelta(days=1)}
            builders.a_promotion(self.at, name=f"지난 행사 {number}", **ended)
        customer = builders.a_customer(self.at, external_id="c-1", phone="010-0000-0001", email="a@example.com")
        buyers = [builders.a_customer(self.at) for _ in range(size)]
        SegmentMembership.objects.bulk_create(
            SegmentMembership(segment=segment, customer=one, joined_at=self.at) for one in (customer, *buyers)
        )
        for number in range(size):
            customers.state_consent(
                external_id=customer.external_id,
                channel=Consent.Channel.SMS,
                purpose=Consent.Purpose.ADVERTISING,
                is_given=number % 2 == 0,
                text_version="2026-01",
                source="checkout",
                actor=self.clerk,
                at=self.at,
            )
        promotion = builders.a_promotion(
            self.at,
            name="행사",
            campaign=campaign,
            needs_coupon=True,
            ends_at=self.at + timedelta(days=30),
            products=[one.product for one in self.some_variants(size)],
            categories=[builders.a_category() for _ in range(size)],
            usage_limit=1_000_000,
            budget=Decimal(1_000_000_000),
            segment=segment,
        )
        self._change_often(promotion, size)
        occurrences.settle_due(at=self.at)
        for _ in range(size):
            coupons.issue_batch(promotion_id=promotion.pk, name="1", size=size, actor=self.clerk, at=self.at)
        code = coupons.issue_code(promotion_id=promotion.pk, code="OPEN", usage_limit=None, actor=self.clerk, at=self.at)
        off = builders.a_coupon(promotion)
        coupons.switch(coupon_id=off.pk, on=False, actor=self.clerk, at=self.at)
        builders.a_coupon(promotion, customer=customer)
        self.customer, self.promotion, self.coupon, self.segment = customer, promotion, code, segment

    def _change_often(self, promotion: Promotion, size: int) -> None:
        for number in range(size):
            promotions.extend(
                promotion_id=promotion.pk,
                ends_at=self.at + timedelta(days=31 + number),
                reason="연장",
                actor=self.clerk,
                at=self.at,
            )
        promotion.refresh_from_db()

    def _orders(self, size: int) -> None:
        variants, at = self.some_variants(size), self.at
        buyer = Buyer(self.customer.external_id, name=self.customer.name)
        wanted = [(one, 3) for one in variants]

        canceling.cancel(number=builders.a_paid_order((variants[0], 1), at=at).number, reason="품절", actor=None, at=at)
        fulfilling.pick(number=builders.a_paid_order((variants[0], 1), at=at).number, actor=None, at=at)
        self.placed = builders.a_placed_order(*wanted, at=at, customer=buyer)
        self.paid = builders.a_paid_order(*wanted, at=at, customer=buyer)
        for _ in range(size):
            builders.a_placed_order((variants[0], 1), at=at, customer=buyer)
            self._shipped_order()
        self.short = self.a_short_order(size)
        for payment in range(size):
            unmatched.take(
                number=self.placed.number, provider="bank", reference=f"u-{self.placed.number}-{payment}", amount=Decimal(1),
                paid_at=at, actor=self.clerk, at=at,
            )  # fmt: skip

        # The largest is the newest: partly shipped, partly returned, partly refunded, much talked about.
        order = builders.a_paid_order(*wanted, at=at, customer=buyer, codes=[self.coupon.code])
        for parcel in range(min(size, 2)):
            fulfilling.ship(
                number=order.number, positions={line + 1: 1 for line in range(size)}, actor=self.clerk, at=at,
                carrier="우체국", tracking_number=f"{parcel}",
            )  # fmt: skip
        for line in range(size):
            back = returning.accept(
                number=order.number, items={line + 1: 1}, warehouse_id=self.warehouse.pk, reason="변심",
                actor=self.clerk, at=at,
            )  # fmt: skip
            if line % 2:
                returning.receive(number=back.number, restocked={line + 1: 1}, actor=self.clerk, at=at)
            noting.note(number=order.number, text="전화함", actor=self.clerk, at=at)
            paying.record_refund(
                number=order.number, reference=f"r-{order.number}-{line}", amount=Decimal(10), reason="반품",
                actor=self.clerk, at=at,
            )  # fmt: skip
        whole = builders.a_shipped_order(*wanted, at=at, customer=buyer)
        self.shipped = whole
        self.returned = returning.accept(
            number=whole.number, items={line + 1: 1 for line in range(size)}, warehouse_id=self.warehouse.pk,
            reason="변심", actor=self.clerk, at=at,
        )  # fmt: skip
        self.order = Order.objects.get(pk=order.pk)

    def a_short_order(self, size: int) -> Order:
        order = builders.a_paid_order(*((one, 3) for one in self.some_variants(size)), at=self.at)
        held = Reservation.objects.filter(document_number=order.number)
        items = {(one.variant_id, one.warehouse_id): 1 for one in held}
        reservations.release(document=Document("ORDER", order.number), items=items)
        shortage.mark(number=order.number, at=self.at)
        return Order.objects.get(pk=order.pk)

    def _purchases(self, size: int) -> None:
        lines = [Wanted(one.pk, 2 * size) for one in self.some_variants(size)]

        def drafted() -> PurchaseOrder:
            return purchasing.draft(
                supplier_id=self.supplier.pk, warehouse_id=self.warehouse.pk, lines=lines, actor=self.clerk, at=self.at
            )

        self.draft = [drafted() for _ in range(size)][-1]
        by_the_pallet = builders.a_supplier()
        for one in self.some_variants(size):
            builders.an_offer(one, by_the_pallet, minimum_quantity=1_000, is_preferred=False)
        purchasing.draft(
            supplier_id=by_the_pallet.pk, warehouse_id=self.warehouse.pk, lines=lines, actor=self.clerk, at=self.at
        )  # fmt: skip
        order = drafted()
        purchasing.approve(number=order.number, actor=self.clerk, at=self.at)
        order = drafted()
        purchasing.approve(number=order.number, actor=self.clerk, at=self.at)
        self.sent = purchasing.send(number=order.number, actor=self.clerk, at=self.at)
        order = drafted()
        purchasing.approve(number=order.number, actor=self.clerk, at=self.at)
        purchasing.send(number=order.number, actor=self.clerk, at=self.at)
        for turn in range(size):
            said = [Confirmed(one.sku, size, shop.day(self.at) + timedelta(days=turn)) for one in self.some_variants(size)]
            confirming.confirm(number=order.number, lines=said, source="STAFF", note=f"{turn}", actor=self.clerk, at=self.at)
        for delivery in range(size):
            receiving.receive_goods(
                number=order.number, delivery_note=f"{delivery}", quantities={self.some_variants(size)[0].sku: 1},
                actor=self.clerk, at=self.at,
            )  # fmt: skip
        receiving.receive_goods(
            number=order.number, delivery_note="whole", quantities={one.sku: 1 for one in self.some_variants(size)},
            actor=self.clerk, at=self.at,
        )  # fmt: skip
        self._papers(order, size)
        self.purchase = order
        self._below_the_minimum(lines)
        self._needs(size)

    def _papers(self, order: PurchaseOrder, size: int) -> None:
        """A delivery with everything wrong, invoices for its freight, and mails."""
        skus = [one.sku for one in self.some_variants(size)]
        gaps = [Gap("DAMAGED", 1, "깨짐", sku=sku, outcome="RETURN") for sku in skus]
        extras = [Extra("FREIGHT", Decimal(1_000), "VALUE", f"{turn}") for turn in range(size)]
        receiving.receive_goods(
            number=order.number, delivery_note="damaged", quantities=dict.fromkeys(skus, 1), gaps=gaps, extras=extras,
            actor=self.clerk, at=self.at,
        )  # fmt: skip
        PurchaseMail.objects.bulk_create(
            PurchaseMail(
                purchase_order=order, address="a@example.com", language="ko", state="SENT", due_at=self.at, actor=self.clerk
            )
            for _ in range(size)
        )

    def _below_the_minimum(self, lines: list[Wanted]) -> None:
        """A draft of fewer units than its supplier sells."""
        supplier = builders.a_supplier()
        for one in lines:
            variant = Variant.objects.get(pk=one.variant_id)
            builders.an_offer(variant, supplier, minimum_quantity=1_000_000, is_preferred=False)
        purchasing.draft(supplier_id=supplier.pk, warehouse_id=self.warehouse.pk, lines=lines, actor=self.clerk, at=self.at)

    def _needs(self, size: int) -> None:
        """SKUs below their minimum, and the proposals that follow."""
        supplier, needed = builders.a_supplier(), []
        for _ in range(size):
            variant = builders.a_variant()
            builders.an_offer(variant, supplier)
            builders.a_policy(variant, self.warehouse, minimum_stock=20)
            builders.stocked(variant, self.warehouse, 30, self.at - timedelta(days=30))
            builders.shipped(variant, self.warehouse, 29, self.at - timedelta(days=20))
            needed.append(variant)
        self._terms(needed, size)
        replenishment.propose(at=self.at)
        risks.assess(at=self.at)
        for proposal in ReplenishmentProposal.objects.filter(variant__in=needed, is_suggestion=False):
            replenishment.override(proposal_id=proposal.pk, quantity=99, reason="1", actor=self.clerk, at=self.at)

    def _terms(self, needed: list[Variant], size: int) -> None:
        """What the plans reckon with: breaks, learned lead times, classes, advice, limits; and needs only suggested."""
        day = shop.day(self.at) - timedelta(days=1)
        for number, variant in enumerate(needed):
            offer = SupplierOffer.objects.get(variant=variant)
            for one in range(size):
                PriceBreak.objects.create(offer=offer, from_quantity=500 + one, unit_cost=1)
            figures = {"observed_mean": 8, "observed_deviation": 1, "promised": 7, "mean": 7.5, "deviation": 1.2}
            LearnedLeadTime.objects.create(
                supplier=offer.supplier, offer=offer, receipts=number + 1, learned_at=self.at, **figures
            )
            advice.apply_advice(origin=day, at=self.at, advice=[Advice(variant.pk, self.warehouse.pk, [1.0] * 28, 1.5, "mean")])
        for number in range(size):
            suggested = builders.a_variant()
            builders.an_offer(suggested, self.supplier)
            policy = builders.a_policy(suggested, self.warehouse, minimum_stock=20, mode=Mode.SUGGEST)
            service_levels.change(policy_id=policy.pk, level=Decimal("0.9"), reason=f"{number}", actor=self.clerk, at=self.at)
        classes.learn(at=self.at)
        for abc, xyz in ((abc, xyz) for abc in "ABC" for xyz in "XYZ"):
            ServiceClass.objects.get_or_create(abc=abc, xyz=xyz, defaults={"service_level": Decimal("0.95")})
        StockingRules.objects.get_or_create(pk=StockingRules.ONLY)
        for role in list(Role)[:size]:
            ApprovalLimit.objects.get_or_create(role=role.value, defaults={"amount": 10**9})

    def _stock(self, size: int) -> None:
        variants = self.some_variants(size)
        there = dict(StockLevel.objects.filter(warehouse=self.warehouse).values_list("variant_id", "on_hand"))
        for more in range(size):
            counting.count(
                warehouse_id=self.warehouse.pk, note="월말", actor=self.clerk, at=self.at,
                lines=[(one.pk, there[one.pk] + more, there[one.pk] + more + 1) for one in variants],
            )  # fmt: skip
        for _ in range(size):
            reservations.reserve(
                document=Document("BASKET", f"B{next(self._next)}"), demand={variants[0].pk: 1}, at=self.at,
                expires_at=self.at + timedelta(hours=1),
            )  # fmt: skip
        StockLevel.objects.filter(warehouse=self.warehouse, variant__in=variants).update(on_hand=F("on_hand") + 1)
        stock.audit(at=self.at, repair=True, actor=self.clerk)
        self._stockroom(size)

    def _stockroom(self, size: int) -> None:
        """Bins, losses, goods that lie too long, what is due, a count to be approved and, the newest, one that is open."""
        for number in range(size):
            bin_ = Bin.objects.create(warehouse=self.warehouse, code=f"A-{number:02}")
            for one in self.some_variants(size):
                BinPlace.objects.create(bin=bin_, variant=one, is_default=number == 0)
        for one in self.some_variants(size):
            stock.write_off(
                variant_id=one.pk, warehouse_id=self.warehouse.pk, quantity=1, reason="파손", cause=WriteOffCause.BROKEN,
                actor=self.clerk, at=self.at,
            )  # fmt: skip
        counting.propose_due(at=self.at)
        too_much = [(row, row.suggestion) for row in ageing.aged(today=shop.day(self.at)) if row.suggestion]
        for row, suggestion in too_much[:size]:
            excess.dismiss(
                variant_id=row.variant_id, warehouse_id=row.warehouse_id, action=suggestion.action,
                days=ageing.COVER_DAYS, reason="행사 예정", actor=self.clerk, at=self.at,
            )  # fmt: skip
        there = dict(StockLevel.objects.filter(warehouse=self.warehouse).values_list("variant_id", "on_hand"))
        found = {one.pk: there[one.pk] for one in self.some_variants(size)}
        for hand_in in (True, False):
            opened = counting.open_count(
                warehouse_id=self.warehouse.pk, variant_ids=list(found), basis=StockCount.Basis.SKUS, actor=self.clerk,
                at=self.at,
            )  # fmt: skip
            counting.enter(number=opened.number, found=found, actor=self.clerk, at=self.at)
            if hand_in:
                self.counted = counting.hand_in(number=opened.number, actor=self.clerk, at=self.at)

    def _moves(self, size: int) -> None:
        """Lanes, transfers of many lines in every state, one that arrived in many parts, and proposals."""
        far = builders.a_warehouse()
        lanes = [
            Lane.objects.create(from_warehouse=self.warehouse, to_warehouse=one)
            for one in (far, *(builders.a_warehouse(is_active=False) for _ in range(size)))
        ]
        some = self.some_variants(size)

        def drafted() -> TransferOrder:
            lines = [transfers.Wanted(one.pk, 1 + size) for one in some]
            return transfers.draft(
                from_warehouse_id=self.warehouse.pk, to_warehouse_id=far.pk, lines=lines, reason="보충", actor=self.clerk,
                at=self.at,
            )  # fmt: skip

        self.moving = {"draft": [drafted() for _ in range(size)][-1], "shipped": drafted(), "closed": drafted()}
        for name in ("shipped", "closed"):
            number = self.moving[name].number
            transfers.ship(number=number, actor=self.clerk, at=self.at)
            for _ in range(size):
                whole = {one.sku: 1 for one in some}
                transfers.receive(number=number, quantities=whole, actor=self.clerk, at=self.at)
        transfers.close(number=self.moving["closed"].number, reason="파손", actor=self.clerk, at=self.at)
        end = {"free": 1, "incoming": 0, "keep": 0, "demand": 1.5, "cover_before": 1.0, "cover_after": 2.0}
        why = {
            "method": "PROGRAM", "horizon": 21, "days": 1, "lot": 1, "keeps_days": 14, "margin": "1.00", "saved": "1.00",
            "risked": "1.00", "cost": "1.00", "gain": "1.00", "shipment_cost": "1.00", "shipment_units": 2,
            "from": end, "to": end,
        }  # fmt: skip
        for variant, lane in zip(some, lanes, strict=False):
            made = [
                TransferProposal.objects.create(
                    variant=variant, lane=lane, quantity=2, gain=1, explanation=why, as_of=self.at, state=state
                )
                for state in ("ORDERED", "DISMISSED", "OPEN")
            ]
            TransferProposal.objects.filter(pk=made[0].pk).update(transfer=self.moving["draft"])
            balancing.override(proposal_id=made[-1].pk, quantity=9, reason="1", actor=self.clerk, at=self.at)

    def _odd_cases(self, size: int) -> None:
        """Balances that were put right, and money that nobody owed."""
        for variant in self.some_variants(size):
            StockRepair.objects.create(
                variant=variant, warehouse=self.warehouse, on_hand_before=1, on_hand_after=2, reserved_before=0,
                reserved_after=0, actor=self.clerk, repaired_at=self.at,
            )  # fmt: skip

    def _lots(self, size: int) -> None:
        """A SKU with many lots: one has expired, one is blocked, decided on often, and left in many parcels."""
        today = shop.day(self.at)
        tea = builders.a_stocked_variant(20 * (size + 3), self.warehouse, product=self.variants[-1].product)
        lots.track(
            variant_id=tea.pk, shelf_life_days=90, sell_until_days=3, opening="OLD", reason="식품", actor=self.clerk, at=self.at
        )
        self.lot_level = StockLevel.objects.get(variant=tea, warehouse=self.warehouse)
        days = [4, 5, *(10 + number for number in range(size + 1))]
        lots.count(
            variant_id=tea.pk, warehouse_id=self.warehouse.pk, reason="정리", actor=self.clerk, at=self.at,
            found=[
                LotUnits("OLD", 0),
                *(LotUnits(f"L{place}", 20, today + timedelta(days=day)) for place, day in enumerate(days)),
            ],
        )  # fmt: skip
        for _ in range(size):
            builders.a_shipped_order((tea, 1), at=self.at)
        gone, self.lot = Lot.objects.get(variant=tea, code="L1"), Lot.objects.get(variant=tea, code="L0")
        lots.correct_date(
            lot_id=gone.pk, expires_on=today - timedelta(days=1), reason="오타", actor=self.clerk, at=self.at
        )  # fmt: skip
        for _ in range(size):
            lots.block(lot_id=self.lot.pk, reason="의심", actor=self.clerk, at=self.at)
            lots.free(lot_id=self.lot.pk, reason="이상 없음", actor=self.clerk, at=self.at)
        suspect = Lot.objects.get(variant=tea, code="L2")
        lots.block(lot_id=suspect.pk, reason="의심", actor=self.clerk, at=self.at)

    def _shipped_order(self) -> Order:
        return builders.a_shipped_order((self.variants[-1], 1), at=self.at)

    def _imports(self, size: int) -> None:
        for _ in range(size):
            run = ImportRun.objects.create(
                profile="online-retail", state=ImportRun.State.IMPORTED, actor=self.clerk, seconds=1.5, rows_read=size,
                requested_at=self.at, finished_at=self.at, rows_imported=size, rejects=ContentFile(b"row\n", "rejects.csv"),
                report={"currency": "KRW", "files": [], "outcomes": [], "months": [], "figures": {}},
            )  # fmt: skip
        ImportFile.objects.bulk_create(ImportFile(run=run, name=f"{number}.csv") for number in range(size))

    def _staff(self, size: int) -> None:
        at, some = self.at, min(size, 3)
        granted = Group.objects.get(name=Role.VIEWER).permissions.all()[: 2 * size]
        for number in range(size):
            group = Group.objects.create(name=f"group {number}")
            user = self.clerk
            user.groups.add(group, *Group.objects.filter(name__in=list(Role)[:some]))
            tokens.issue(account=f"service-{number}", scopes=list(TokenScope.Scope)[:some], actor=None, at=at)
            JobRun.objects.create(
                task_id=f"run-{number}", name=list(jobs.known())[number % len(jobs.known())], state=JobRun.State.FAILED,
                asked_by=user, asked_at=at, finished_at=at, error="it failed", summary={"rows": number},
            )  # fmt: skip
            event = OutboxEvent.objects.create(topic="orders.order_placed", payload={"order": "1"}, recorded_at=at)
            OutboxDelivery.objects.create(
                event=event, subscriber="analytics.mark", state=OutboxDelivery.State.PARKED, next_attempt_at=at
            )
            crontab = CrontabSchedule.objects.create(minute=str(number % 60), hour="1", timezone="Asia/Seoul")
            interval = IntervalSchedule.objects.create(every=1000 + number, period="minutes")
            PeriodicTask.objects.create(name=f"crontab {number}", task="kernel.prune", crontab=crontab)
            PeriodicTask.objects.create(name=f"interval {number}", task="kernel.prune", interval=interval)
            login = {
                "username": user.username,
                "ip_address": "127.0.0.1",
                "user_agent": "x",
                "http_accept": "",
                "path_info": "/",
            }
            AccessAttempt.objects.create(**login, get_data="", post_data="", failures_since_start=1)
            AccessLog.objects.create(**login)
            AccessFailureLog.objects.create(**login)
        group.permissions.add(*granted)

    # --- what pages are asked for

    def rows(self, model: type[Model]) -> Iterator[Any]:
        """Rows whose pages may be opened: the large ones, then the newest."""
        large: dict[type[Model], list[Model]] = {
            Lot: [self.lot],
            StockLevel: [self.lot_level],
            Order: [self.order, self.shipped, self.placed, self.paid, self.short],
            Return: [self.returned],
            Warehouse: [self.warehouse],
            Customer: [self.customer],
            DemandSeries: [self.wanted],
            CustomerRhythm: [CustomerRhythm.objects.get(pk=self.customer.pk)],
            Promotion: [self.promotion],
            PurchaseOrder: [self.purchase],
            SupplierOffer: [SupplierOffer.objects.filter(breaks__isnull=False).earliest("pk")],
            TransferOrder: [self.moving["closed"]],
            Variant: [self.variants[-1]],
        }
        yield from large.get(model, [])
        yield from model._default_manager.order_by("-pk")[:50]

    def row(self, model: type[Model]) -> Any:
        found = next(self.rows(model), None)
        assert found is not None, (
            f"The world of the budgets has no {model._meta.label}: let it make some, in tests/budgets/world.py."
        )
        return found

    def _acts(self, size: int) -> None:
        """Entries of the audit about every kind of row, each by somebody else."""
        kinds = ContentType.objects.get_for_models(*admin.site._registry)
        clerks = [self.clerk for _ in range(size)]
        LogEntry.objects.bulk_create(
            LogEntry(
                user=clerks[one], content_type=kind, object_id=str(self.row(model).pk), object_repr="x", action_time=self.at,
                action_flag=CHANGE if one else ADDITION, change_message="1",
            )
            for model, kind in kinds.items()
            for one in range(size)
        )  # fmt: skip
