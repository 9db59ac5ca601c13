"""Corrections of stock: each leaves one entry with a reason, and nothing is promised that does not lie there."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command

from config.kernel.errors import DomainError
from config.kernel.models import OutboxEvent, User
from inventory.locking import Place
from inventory.models import Reservation, StockCount, StockLevel, StockMovement, StockRepair, Variant, Warehouse
from inventory.operations import counting, reservations, stock
from inventory.operations.ledger import Document
from inventory.queries import drift
from tests.builders import a_stocked_variant, a_variant, a_warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def warehouse() -> Warehouse:
    return a_warehouse()


@pytest.fixture
def cup(warehouse: Warehouse) -> Variant:
    return a_stocked_variant(10, warehouse)


def level(variant: Variant, warehouse: Warehouse) -> tuple[int, int]:
    return StockLevel.objects.values_list("on_hand", "reserved").get(variant=variant, warehouse=warehouse)


def lost() -> list[tuple[str, int]]:
    events = OutboxEvent.objects.filter(topic="inventory.reservations_lost").order_by("id")
    return [(event.payload["document_number"], event.payload["quantity"]) for event in events]


def days_told() -> list[str]:
    return list(OutboxEvent.objects.filter(topic="inventory.stock_changed").values_list("payload__on", flat=True))


@pytest.fixture(autouse=True)
def _balances_equal_the_ledger() -> object:
    yield
    assert list(drift.differences()) == []


class TestAdjusting:
    def test_an_adjustment_writes_one_entry_with_its_reason(self, cup: Variant, warehouse: Warehouse, at: datetime) -> None:
        entry = stock.adjust(variant_id=cup.pk, warehouse_id=warehouse.pk, quantity=-3, reason=" 진열 이동 ", actor=None, at=at)

        assert (entry.kind, entry.quantity, entry.reason, entry.occurred_at) == ("ADJUSTMENT", -3, "진열 이동", at)
        assert entry.document_number.startswith("AD-261121-")
        assert level(cup, warehouse) == (7, 0)
        assert days_told() == ["2026-11-21"]

    def test_the_first_units_of_a_sku_make_its_level(self, warehouse: Warehouse, at: datetime) -> None:
        new = a_variant()

        stock.adjust(variant_id=new.pk, warehouse_id=warehouse.pk, quantity=5, reason="기초 재고", actor=None, at=at)

        assert level(new, warehouse) == (5, 0)

    @pytest.mark.parametrize(
        ("quantity", "reason", "code"),
        [
            (0, "오류", "quantity_invalid"),
            (10**9, "오류", "quantity_invalid"),
            (1, "  ", "reason_missing"),
            (-11, "오류", "insufficient_stock"),
        ],
    )
    def test_what_makes_no_sense_is_refused_and_changes_nothing(
        self, cup: Variant, warehouse: Warehouse, at: datetime, quantity: int, reason: str, code: str
    ) -> None:
        with pytest.raises(DomainError) as refused:
            stock.adjust(variant_id=cup.pk, warehouse_id=warehouse.pk, quantity=quantity, reason=reason, actor=None, at=at)

        assert refused.value.code == code
        assert level(cup, warehouse) == (10, 0)
        assert days_told() == []


class TestGivingWay:
    """What lies there decides: where less lies than is promised, the newest promises go."""

    @pytest.fixture
    def promised(self, cup: Variant, warehouse: Warehouse, at: datetime) -> None:
        for number, units in enumerate([4, 3, 2]):
            reservations.reserve(
                document=Document("ORDER", f"O{number}"), demand={cup.pk: units}, at=at + timedelta(minutes=number)
            )

    @pytest.mark.usefixtures("promised")
    def test_available_units_go_first_and_nobody_loses_anything(self, cup: Variant, warehouse: Warehouse, at: datetime) -> None:
        stock.write_off(variant_id=cup.pk, warehouse_id=warehouse.pk, quantity=1, reason="파손", actor=None, at=at)

        assert level(cup, warehouse) == (9, 9)
        assert lost() == []

    @pytest.mark.usefixtures("promised")
    @pytest.mark.parametrize("how", ["write_off", "adjust", "count"])
    def test_the_newest_reservations_lose_their_units_and_are_told_of(
        self, cup: Variant, warehouse: Warehouse, at: datetime, how: str
    ) -> None:
        here = {"variant_id": cup.pk, "warehouse_id": warehouse.pk, "actor": None, "at": at}
        if how == "write_off":
            stock.write_off(quantity=5, reason="침수", **here)  # type: ignore[arg-type]
        elif how == "adjust":
            stock.adjust(quantity=-5, reason="오류", **here)  # type: ignore[arg-type]
        else:
            counting.count(warehouse_id=warehouse.pk, lines=[(cup.pk, 10, 5)], note="", actor=None, at=at)

        assert level(cup, warehouse) == (5, 5)
        assert sorted(lost()) == [("O1", 2), ("O2", 2)]
        held = {one.document_number: (one.held, one.state) for one in Reservation.objects.all()}
        assert held == {"O0": (4, "ACTIVE"), "O1": (1, "ACTIVE"), "O2": (0, "RELEASED")}

    @pytest.mark.usefixtures("promised")
    def test_a_document_that_lost_units_may_reserve_again(self, cup: Variant, warehouse: Warehouse, at: datetime) -> None:
        stock.adjust(variant_id=cup.pk, warehouse_id=warehouse.pk, quantity=-2, reason="오류", actor=None, at=at)
        stock.adjust(variant_id=cup.pk, warehouse_id=warehouse.pk, quantity=5, reason="찾음", actor=None, at=at)

        reservations.reserve(document=Document("ORDER", "O2"), demand={cup.pk: 1}, at=at)

        assert lost() == [("O2", 1)]
        assert [one.held for one in Reservation.objects.filter(document_number="O2")] == [2]


class TestCounting:
    def test_a_count_records_every_line_and_corrects_only_the_differences(
        self, cup: Variant, warehouse: Warehouse, at: datetime
    ) -> None:
        plate = a_stocked_variant(4, warehouse)

        taken = counting.count(
            warehouse_id=warehouse.pk, lines=[(cup.pk, 10, 12), (plate.pk, 4, 4)], note="월말", actor=None, at=at
        )

        assert taken.number.startswith("SC-261121-")
        assert taken.lines.count() == 2
        entries = StockMovement.objects.filter(document_kind="COUNT", document_number=taken.number)
        assert [(entry.variant_id, entry.quantity) for entry in entries] == [(cup.pk, 2)]
        assert (level(cup, warehouse), level(plate, warehouse)) == ((12, 0), (4, 0))

    def test_a_count_of_units_that_moved_meanwhile_is_refused_whole_and_names_the_sku(
        self, cup: Variant, warehouse: Warehouse, at: datetime
    ) -> None:
        plate = a_stocked_variant(4, warehouse)
        stock.adjust(variant_id=cup.pk, warehouse_id=warehouse.pk, quantity=-1, reason="오류", actor=None, at=at)

        with pytest.raises(counting.CountStale) as refused:
            counting.count(warehouse_id=warehouse.pk, lines=[(cup.pk, 10, 10), (plate.pk, 4, 3)], note="", actor=None, at=at)

        assert refused.value.details["lines"] == [{"sku": cup.sku, "expected": 10, "on_hand": 9}]
        assert cup.sku in str(refused.value)
        assert StockCount.objects.count() == 0
        assert level(plate, warehouse) == (4, 0)

    @pytest.mark.parametrize("counted", [[], [5, 5], [-1]])
    def test_a_count_that_makes_no_sense_is_refused(
        self, cup: Variant, warehouse: Warehouse, at: datetime, counted: list[int]
    ) -> None:
        with pytest.raises(counting.CountInvalid):
            counting.count(
                warehouse_id=warehouse.pk, lines=[(cup.pk, 10, found) for found in counted], note="", actor=None, at=at
            )


def test_units_that_customers_sent_back_are_on_the_shelf_again(cup: Variant, warehouse: Warehouse, at: datetime) -> None:
    place: Place = (cup.pk, warehouse.pk)

    (entry,) = stock.take_back(document=Document("RETURN", "R1"), items={place: 2}, actor=None, at=at)

    assert (entry.kind, entry.quantity, entry.document_number) == ("RETURN", 2, "R1")
    assert level(cup, warehouse) == (12, 0)


@pytest.mark.parametrize("what", ["variant_id", "warehouse_id"])
def test_a_place_that_does_not_exist_is_refused(cup: Variant, warehouse: Warehouse, at: datetime, what: str) -> None:
    place = {"variant_id": cup.pk, "warehouse_id": warehouse.pk, what: 0}

    with pytest.raises(stock.UnknownPlace):
        stock.adjust(quantity=1, reason="오류", actor=None, at=at, **place)


def repair_stock(*arguments: str) -> str:
    out = StringIO()
    call_command("repair_stock", *arguments, stdout=out)
    return out.getvalue()


class TestAuditing:
    @pytest.fixture
    def drifted(self, cup: Variant, warehouse: Warehouse, at: datetime) -> Place:
        reservations.reserve(document=Document("ORDER", "O1"), demand={cup.pk: 4}, at=at)
        StockLevel.objects.filter(variant=cup, warehouse=warehouse).update(on_hand=12, reserved=1)
        return cup.pk, warehouse.pk

    def test_each_difference_is_named_and_left_alone(self, drifted: Place, cup: Variant, at: datetime) -> None:
        (found,) = stock.audit(at=at).differences

        assert (found.sku, found.on_hand, found.moved, found.reserved, found.held) == (cup.sku, 12, 10, 1, 4)
        assert stock.audit(at=at, repair=True).repaired == (found,)

    def test_a_repair_moves_the_balance_and_never_the_ledger(
        self, drifted: Place, cup: Variant, warehouse: Warehouse, at: datetime
    ) -> None:
        entries = StockMovement.objects.count()

        stock.audit(at=at, repair=True)

        assert level(cup, warehouse) == (10, 4)
        assert StockMovement.objects.count() == entries
        assert stock.audit(at=at) == stock.Audited(())

    def test_a_repair_is_on_record_with_the_one_who_asked(self, drifted: Place, cup: Variant, at: datetime) -> None:
        clerk = User.objects.create_user("clerk", is_staff=True)

        stock.audit(at=at, repair=True, actor=clerk)
        stock.audit(at=at, repair=True, actor=clerk)

        kept = StockRepair.objects.get()
        assert (kept.variant, kept.actor, kept.repaired_at) == (cup, clerk, at)
        assert (kept.on_hand_before, kept.on_hand_after, kept.reserved_before, kept.reserved_after) == (12, 10, 1, 4)

    def test_the_command_shows_first_and_repairs_when_asked_by_name(
        self, drifted: Place, cup: Variant, warehouse: Warehouse
    ) -> None:
        clerk = User.objects.create_user("clerk", is_staff=True)
        clerk.user_permissions.add(Permission.objects.get(codename="correct_stock"))

        shown, repaired, nothing = (
            repair_stock(*arguments) for arguments in ((), ("--apply", "--by", "clerk"), ("--apply", "--by", "clerk"))
        )

        difference = f"{cup.sku}@{warehouse.code}: on hand 12 for 10, reserved 1 for 4"
        assert shown.splitlines() == [difference, "Nothing was changed. --apply --by NAME puts the levels right."]
        assert repaired.splitlines() == [f"{difference}: put right"]
        assert nothing.startswith("Every level is")
        assert level(cup, warehouse) == (10, 4)

    @pytest.mark.parametrize("arguments", [["--apply"], ["--apply", "--by", "nobody"], ["--apply", "--by", "onlooker"]])
    def test_the_command_repairs_for_nobody_unknown(
        self, drifted: Place, cup: Variant, warehouse: Warehouse, at: datetime, arguments: list[str]
    ) -> None:
        User.objects.create_user("onlooker", is_staff=True)

        with pytest.raises(CommandError):
            repair_stock(*arguments)

        assert level(cup, warehouse) == (12, 1)
        stock.audit(at=at, repair=True)

    def test_a_balance_that_promised_more_than_the_ledger_holds_gives_the_newest_promises_up(
        self, cup: Variant, warehouse: Warehouse, at: datetime
    ) -> None:
        StockLevel.objects.filter(variant=cup, warehouse=warehouse).update(on_hand=20)
        reservations.reserve(document=Document("ORDER", "O1"), demand={cup.pk: 13}, at=at)

        stock.audit(at=at, repair=True)

        assert level(cup, warehouse) == (10, 10)
        assert lost() == [("O1", 3)]
