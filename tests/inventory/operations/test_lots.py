"""Lots: received, shipped, returned, moved, counted, blocked and written off."""

import random
from datetime import date, datetime, timedelta

import pytest

from config.kernel import invariants
from config.kernel.errors import DomainError
from inventory.models import Lot, LotEntry, LotLevel, Reservation, StockLevel, StockMovement, Warehouse
from inventory.operations import counting, history, lots, receiving, reservations, stock, transfers
from inventory.operations.history import ImpossibleHistory, PastMovement
from inventory.operations.ledger import Document, InsufficientStock
from inventory.operations.lotbook import LotInvalid, LotShort, LotsUnnamed, LotUnits
from inventory.operations.lots import LotDecided, LotTermsInvalid, StillThere
from inventory.operations.receiving import DeliveryNoteUsed
from inventory.operations.reservations import NotReserved
from inventory.operations.transfers import Wanted
from inventory.queries import lots as queries
from tests.builders import a_stocked_variant, a_warehouse
from tests.inventory.lots import a_tea, balance, lot, lying, receive, sent_order

pytestmark = pytest.mark.django_db
SOON, LATER = date(2026, 11, 25), date(2026, 12, 31)
ORDER, PARCEL = Document("BASKET", "1"), Document("SHIPMENT", "S1")


def broken(at: datetime) -> list[str]:
    return [str(one) for one in invariants.check_all(at=at) if one.invariant in ("I1", "I2", "I3", "I10", "I17", "I19")]


class TestBeginning:
    def test_what_lies_there_becomes_one_lot(self, store: Warehouse, at: datetime) -> None:
        tea = a_stocked_variant(7, store)
        lots.track(
            variant_id=tea.pk, shelf_life_days=90, sell_until_days=3, opening="OLD", opening_expires_on=SOON, reason="식품",
            actor=None, at=at,
        )  # fmt: skip
        assert lying(tea) == {"OLD": (7, 0)}
        assert StockLevel.objects.get(variant=tea).lots_due_on == date(2026, 11, 23)
        assert broken(at) == []

    def test_it_has_to_be_named(self, store: Warehouse, at: datetime) -> None:
        with pytest.raises(LotTermsInvalid) as refusal:
            lots.track(
                variant_id=a_stocked_variant(7, store).pk, shelf_life_days=9, sell_until_days=0, reason="식품", actor=None,
                at=at,
            )  # fmt: skip
        assert refusal.value.details == {"field": "opening"}

    def test_it_ends_only_where_nothing_lies(self, store: Warehouse, at: datetime) -> None:
        tea = a_tea(at)
        receive(sent_order(tea, store, at), tea, "DN-1", at, A=(1, LATER))
        with pytest.raises(StillThere):
            lots.untrack(variant_id=tea.pk, actor=None, at=at)
        stock.write_off(
            variant_id=tea.pk, warehouse_id=store.pk, quantity=1, reason="견본", lot="A", actor=None, at=at
        )  # fmt: skip
        assert not lots.untrack(variant_id=tea.pk, actor=None, at=at).tracks_lots

    def test_the_past_is_written_before(self, store: Warehouse, at: datetime) -> None:
        tea = a_tea(at)
        entry = PastMovement(tea.pk, store.pk, "RECEIPT", 5, Document("RECEIPT", "1"), at)
        with pytest.raises(ImpossibleHistory):
            history.write_stock(movements=[entry])


class TestReceiving:
    def test_a_delivery_says_of_which_lots_it_is(self, store: Warehouse, at: datetime) -> None:
        tea = a_tea(at)
        order = sent_order(tea, store, at)
        with pytest.raises(LotsUnnamed):
            receiving.receive_goods(number=order.number, delivery_note="1", quantities={tea.sku: 5}, actor=None, at=at)
        receive(order, tea, "1", at, A=(3, SOON), B=(2, LATER))
        assert lying(tea) == {"A": (3, 0), "B": (2, 0)}
        first = lot("A")
        assert (first.supplier_id, first.line.purchase_order) == (order.supplier_id, order)  # type: ignore[union-attr]
        assert queries.of_receipt(order.receipts.get().number) == {tea.sku: {"A": 3, "B": 2}}

    def test_the_same_note_with_other_lots_is_refused(self, store: Warehouse, at: datetime) -> None:
        tea = a_tea(at)
        order = sent_order(tea, store, at)
        receive(order, tea, "1", at, A=(3, SOON))
        receive(order, tea, "1", at, A=(3, SOON))
        with pytest.raises(DeliveryNoteUsed):
            receive(order, tea, "1", at, B=(3, SOON))
        assert lying(tea) == {"A": (3, 0)}

    @pytest.mark.parametrize(
        "told",
        [
            {"A": (3, date(2026, 11, 20))},  # expired yesterday
            {"A": (3, None)},  # nobody says when it expires
            {"A": (0, SOON), "B": (3, LATER)},
            {"x" * 41: (3, SOON)},
        ],
    )
    def test_what_makes_no_sense_is_refused(
        self, store: Warehouse, at: datetime, told: dict[str, tuple[int, date | None]]
    ) -> None:
        tea = a_tea(at)
        with pytest.raises(LotInvalid):
            receive(sent_order(tea, store, at), tea, "1", at, **told)
        assert lying(tea) == {}

    def test_a_lot_has_one_date(self, store: Warehouse, at: datetime) -> None:
        tea = a_tea(at)
        order = sent_order(tea, store, at)
        receive(order, tea, "1", at, A=(3, SOON))
        with pytest.raises(LotInvalid):
            receive(order, tea, "2", at, A=(3, LATER))
        receive(order, tea, "2", at, A=(3, None))
        assert lying(tea) == {"A": (6, 0)}

    def test_the_shelf_life_dates_a_lot_without_a_date(self, store: Warehouse, at: datetime) -> None:
        tea = a_tea(at, shelf_life_days=30)
        receive(sent_order(tea, store, at), tea, "1", at, A=(3, None))
        assert lot("A").expires_on == date(2026, 12, 21)


class TestSelling:
    def test_what_expired_is_not_promised_though_no_job_ran(self, store: Warehouse, at: datetime) -> None:
        tea = a_tea(at)
        receive(sent_order(tea, store, at), tea, "1", at, A=(5, SOON), B=(2, LATER))
        midnight = datetime.fromisoformat("2026-11-26T00:00:01+09:00")
        with pytest.raises(InsufficientStock) as refusal:
            reservations.reserve(document=ORDER, demand={tea.pk: 3}, at=midnight)
        assert refusal.value.details["lines"][0]["available"] == 2
        reservations.reserve(document=ORDER, demand={tea.pk: 2}, at=midnight)
        assert balance(tea) == (7, 0)
        assert broken(midnight) == []

    def test_a_second_before_midnight_of_its_last_day_of_sale_it_is(self, store: Warehouse, at: datetime) -> None:
        tea = a_tea(at)
        receive(sent_order(tea, store, at), tea, "1", at, A=(5, SOON))
        reservations.reserve(
            document=ORDER, demand={tea.pk: 1}, at=datetime.fromisoformat("2026-11-22T23:59:59+09:00")
        )  # fmt: skip
        with pytest.raises(InsufficientStock):
            reservations.reserve(
                document=ORDER, demand={tea.pk: 1}, at=datetime.fromisoformat("2026-11-23T00:00:00+09:00")
            )  # fmt: skip

    def test_what_was_promised_leaves_until_it_expires_and_not_after(self, store: Warehouse, at: datetime) -> None:
        tea = a_tea(at)
        receive(sent_order(tea, store, at), tea, "1", at, A=(5, SOON))
        reservations.reserve(document=ORDER, demand={tea.pk: 4}, at=at)
        place = (tea.pk, store.pk)
        reservations.consume(document=ORDER, parcel=PARCEL, items={place: 3}, actor=None, at=at + timedelta(days=4))
        assert queries.sent(lot("A").pk) == [("S1", 3)]
        with pytest.raises(NotReserved):
            reservations.consume(
                document=ORDER, parcel=Document("SHIPMENT", "S2"), items={place: 1}, actor=None, at=at + timedelta(days=5)
            )

    def test_orders_of_skus_without_lots_ask_nothing_more(
        self, store: Warehouse, at: datetime, django_assert_num_queries: object
    ) -> None:
        cup = a_stocked_variant(5, store)
        with django_assert_num_queries(3):  # type: ignore[operator]
            reservations.reserve(document=ORDER, demand={cup.pk: 1}, at=at)


class TestComingBack:
    def test_returned_units_go_back_to_the_lot_they_came_from(self, store: Warehouse, at: datetime) -> None:
        tea = a_tea(at)
        receive(sent_order(tea, store, at), tea, "1", at, A=(2, SOON), B=(5, LATER))
        place = (tea.pk, store.pk)
        reservations.reserve(document=ORDER, demand={tea.pk: 4}, at=at)
        reservations.consume(document=ORDER, parcel=PARCEL, items={place: 4}, actor=None, at=at)
        told = {"items": {place: 1}, "actor": None, "at": at, "parcels": ["S1"]}
        stock.take_back(document=Document("RETURN", "R1"), **told)  # type: ignore[arg-type]
        told |= {"items": {place: 2}, "earlier": ["R1"]}
        stock.take_back(document=Document("RETURN", "R2"), **told)  # type: ignore[arg-type]
        assert lying(tea) == {"A": (2, 0), "B": (4, 0)}
        assert queries.came_back(lot("A").pk) == {"R1": 1, "R2": 1}

    def test_what_was_sent_before_lots_waits_for_somebody_to_sort_it(self, store: Warehouse, at: datetime) -> None:
        tea = a_tea(at)
        stock.take_back(document=Document("RETURN", "R1"), items={(tea.pk, store.pk): 2}, actor=None, at=at)
        assert lying(tea) == {"RETURNED": (2, 2)}
        with pytest.raises(LotDecided):
            lots.free(lot_id=lot("RETURNED").pk, reason="?", actor=None, at=at)
        found = [LotUnits("RETURNED", 0), LotUnits("A", 2, LATER)]
        assert (
            lots.count(variant_id=tea.pk, warehouse_id=store.pk, found=found, reason="정리", actor=None, at=at) is None
        )  # fmt: skip
        assert (lying(tea), balance(tea)) == ({"A": (2, 0)}, (2, 2))
        assert broken(at) == []


class TestMoving:
    def test_a_transfer_carries_its_lots(self, store: Warehouse, at: datetime) -> None:
        far = a_warehouse()
        tea = a_tea(at)
        receive(sent_order(tea, store, at), tea, "1", at, A=(3, SOON), B=(5, LATER))
        order = transfers.draft(
            from_warehouse_id=store.pk, to_warehouse_id=far.pk, lines=[Wanted(tea.pk, 5)], reason="보충", actor=None, at=at
        )
        transfers.ship(number=order.number, actor=None, at=at)
        transfers.receive(number=order.number, quantities={tea.sku: 2}, actor=None, at=at)
        transfers.receive(number=order.number, quantities={tea.sku: 2}, actor=None, at=at)
        transfers.close(number=order.number, reason="파손", actor=None, at=at)
        there = LotLevel.objects.filter(level__warehouse=far, quantity__gt=0).values_list("lot__code", "quantity")
        assert sorted(there) == [("A", 3), ("B", 1)]
        assert broken(at) == []

    def test_what_is_sold_no_more_is_not_moved(self, store: Warehouse, at: datetime) -> None:
        tea = a_tea(at)
        receive(sent_order(tea, store, at), tea, "1", at, A=(3, SOON), B=(1, LATER))
        with pytest.raises(InsufficientStock):
            transfers.move(
                variant_id=tea.pk, from_warehouse_id=store.pk, to_warehouse_id=a_warehouse().pk, quantity=2, reason="이동",
                actor=None, at=at + timedelta(days=3),
            )  # fmt: skip


class TestCorrecting:
    def test_a_correction_names_its_lot(self, store: Warehouse, at: datetime) -> None:
        tea = a_tea(at)
        receive(sent_order(tea, store, at), tea, "1", at, A=(3, SOON), B=(2, LATER))
        with pytest.raises(LotsUnnamed):
            stock.adjust(variant_id=tea.pk, warehouse_id=store.pk, quantity=1, reason="발견", actor=None, at=at)
        stock.adjust(variant_id=tea.pk, warehouse_id=store.pk, quantity=1, reason="발견", lot="A", actor=None, at=at)
        with pytest.raises(LotShort):
            stock.write_off(
                variant_id=tea.pk, warehouse_id=store.pk, quantity=5, reason="파손", lot="A", actor=None, at=at
            )  # fmt: skip
        assert lying(tea) == {"A": (4, 0), "B": (2, 0)}

    def test_writing_off_what_is_held_takes_no_promise(self, store: Warehouse, at: datetime) -> None:
        tea = a_tea(at)
        receive(sent_order(tea, store, at), tea, "1", at, A=(3, SOON), B=(2, LATER))
        reservations.reserve(document=ORDER, demand={tea.pk: 2}, at=at)
        late = at + timedelta(days=9)
        (entry,) = lots.write_off(lot_id=lot("A").pk, reason="기한 지남", actor=None, at=late)
        assert (entry.quantity, entry.cause) == (-3, "EXPIRED")
        assert Reservation.objects.get(document_number="1", document_kind="BASKET").held == 2
        assert broken(late) == []

    def test_a_sheet_counts_skus_and_what_is_too_much_waits_to_be_sorted(self, store: Warehouse, at: datetime) -> None:
        tea = a_tea(at)
        receive(sent_order(tea, store, at), tea, "1", at, A=(3, SOON), B=(4, LATER))
        for expected, counted in ((7, 5), (5, 8)):
            counting.count(
                warehouse_id=store.pk, lines=[(tea.pk, expected, counted)], note="", actor=None, at=at
            )  # fmt: skip
        assert lying(tea) == {"A": (1, 0), "B": (4, 0), "FOUND": (3, 3)}
        assert balance(tea) == (8, 5)
        assert broken(at) == []

    def test_a_count_by_lot_names_every_lot_that_lies_there(self, store: Warehouse, at: datetime) -> None:
        tea = a_tea(at)
        receive(sent_order(tea, store, at), tea, "1", at, A=(3, SOON), B=(4, LATER))
        here = {"variant_id": tea.pk, "warehouse_id": store.pk, "reason": "실사", "actor": None, "at": at}
        with pytest.raises(LotInvalid):
            lots.count(found=[LotUnits("A", 3)], **here)  # type: ignore[arg-type]
        entry = lots.count(found=[LotUnits("A", 1), LotUnits("B", 4), LotUnits("C", 1, LATER)], **here)  # type: ignore[arg-type]
        assert entry is not None
        assert (entry.quantity, lying(tea)) == (-1, {"A": (1, 0), "B": (4, 0), "C": (1, 0)})
        assert broken(at) == []


class TestDeciding:
    def test_a_block_makes_promises_give_way_the_newest_first(self, store: Warehouse, at: datetime) -> None:
        tea = a_tea(at)
        receive(sent_order(tea, store, at), tea, "1", at, A=(3, SOON), B=(4, LATER))
        reservations.reserve(document=ORDER, demand={tea.pk: 3}, at=at)
        reservations.reserve(document=Document("BASKET", "2"), demand={tea.pk: 3}, at=at + timedelta(seconds=1))
        lots.block(lot_id=lot("B").pk, reason="회수", actor=None, at=at)
        held = dict(
            Reservation.objects.filter(state="ACTIVE", document_kind="BASKET").values_list("document_number", "quantity")
        )
        assert held == {"1": 3}
        with pytest.raises(LotDecided):
            lots.block(lot_id=lot("B").pk, reason="회수", actor=None, at=at)
        assert broken(at) == []

    def test_a_wrong_date_is_corrected_and_what_follows_follows(self, store: Warehouse, at: datetime) -> None:
        tea = a_tea(at)
        receive(sent_order(tea, store, at), tea, "1", at, A=(3, SOON))
        lots.correct_date(lot_id=lot("A").pk, expires_on=date(2026, 11, 1), reason="오타", actor=None, at=at)
        assert balance(tea) == (3, 0)
        lots.correct_date(lot_id=lot("A").pk, expires_on=LATER, reason="오타", actor=None, at=at)
        assert balance(tea) == (3, 3)


def test_lots_add_up_whatever_happens(store: Warehouse, at: datetime) -> None:
    """Two hundred steps drawn by chance, over ninety days of lots that come and expire."""
    chance = random.Random(6)  # noqa: S311
    tea, far = a_tea(at), a_warehouse()
    order = sent_order(tea, store, at, 100_000)
    documents: list[Document] = []
    done = 0
    for step in range(200):
        now = at + timedelta(hours=step * 11)
        day = now.date()
        try:
            match chance.randrange(9):
                case 0 | 1:
                    units, expires_on = chance.randint(3, 9), day + timedelta(days=chance.randint(1, 20))
                    receive(order, tea, f"{step}", now, **{f"L{step}": (units, expires_on)})
                case 2 | 3:
                    documents.append(Document("BASKET", str(step)))
                    reservations.reserve(document=documents[-1], demand={tea.pk: chance.randint(1, 6)}, at=now)
                case 4:
                    one = chance.choice(documents or [ORDER])
                    held = Reservation.objects.filter(document_number=one.number, state="ACTIVE", document_kind="BASKET")
                    items = {(row.variant_id, row.warehouse_id): row.held for row in held}
                    reservations.consume(document=one, parcel=Document("SHIPMENT", str(step)), items=items, actor=None, at=now)
                case 5:
                    reservations.release(document=chance.choice(documents or [ORDER]))
                case 6:
                    some = chance.choice(list(Lot.objects.all()) or [Lot()])
                    call = lots.free if some.is_blocked else lots.block
                    call(lot_id=some.pk, reason="시험", actor=None, at=now)
                case 7:
                    transfers.move(
                        variant_id=tea.pk, from_warehouse_id=store.pk, to_warehouse_id=far.pk, quantity=chance.randint(1, 4),
                        reason="이동", actor=None, at=now,
                    )  # fmt: skip
                case _:
                    there = balance(tea)[0]
                    lines = [(tea.pk, there, max(there + chance.randint(-3, 2), 0))]
                    counting.count(warehouse_id=store.pk, lines=lines, note="", actor=None, at=now)
            done += 1
        except DomainError:
            pass
        if step % 10 == 9:
            assert broken(now) == []
    assert done > 80
    assert LotEntry.objects.count() > 100
    assert StockMovement.objects.filter(kind="SHIPMENT").exists()
