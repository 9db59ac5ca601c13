"""The pages of counting, bins and reports: who may do what, what a blind sheet keeps to itself, what files hold."""

import csv
import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from config.kernel import clock
from config.kernel.roles import Role
from inventory.models import Bin, BinPlace, CountDue, ExcessDismissal, StockCount, StockMovement, Variant, Warehouse
from inventory.operations import counting, stock, transfers
from tests.builders import a_stocked_variant, a_warehouse, stocked
from tests.inventory.admin.pages import address, level, press, someone, told

pytestmark = pytest.mark.django_db
State = StockCount.State


@pytest.fixture
def cup(warehouse: Warehouse) -> Variant:
    return a_stocked_variant(4711, warehouse, sku="CUP-WHITE", name="흰색")


def opened(client: Client, warehouse: Warehouse, **chosen: Any) -> StockCount:
    asked = {"warehouse": warehouse.pk, "due": "", "skus": "", "is_blind": "on", **chosen}
    answer = client.post(address(StockCount, "open"), asked)
    assert answer.status_code == 302, answer.context["form"].errors
    return StockCount.objects.latest("pk")


def typed(client: Client, count: StockCount, found: dict[Variant, object], **more: Any) -> Any:
    return sent(client, count, client.get(address(StockCount, "sheet", count.pk)), found, **more)


def sent(client: Client, count: StockCount, page: Any, found: dict[Variant, object], **more: Any) -> Any:
    """All that a browser sends from this page: what it showed, changed where something was typed."""
    carried = {name: page.context[name] for name in ("began", "slip")}
    for row in page.context["rows"]:
        variant = row.told.line.variant_id
        carried |= {f"shown-{variant}": row.shown, f"counted-{variant}": row.typed}
    values = {f"counted-{one.pk}": units for one, units in found.items()}
    return client.post(address(StockCount, "sheet", count.pk), {**carried, **values, **more}, follow=True)


def rows(answer: Any) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


class TestASheet:
    def test_from_the_sheet_to_the_ledger_by_two_people(self, cup: Variant, warehouse: Warehouse) -> None:
        counter, chief = someone(Role.WAREHOUSE), someone(Role.BUYER)
        count = opened(counter, warehouse, skus=cup.sku)

        typed(counter, count, {cup: 4710}, done="1")
        count.refresh_from_db()
        assert (count.state, level(cup).on_hand) == (State.COUNTED, 4711)
        assert press(counter, count, "approve", reason="").status_code == 403
        press(chief, count, "approve", reason="포장 중 파손", seen=chief_sees(chief, count))

        count.refresh_from_db()
        assert (count.state, count.reason, level(cup).on_hand) == (State.POSTED, "포장 중 파손", 4710)
        assert StockMovement.objects.get(document_kind="COUNT").document_number == count.number

    def test_a_blind_sheet_tells_the_counter_nothing_until_it_is_handed_in(self, cup: Variant, warehouse: Warehouse) -> None:
        counter = someone(Role.WAREHOUSE)
        count = opened(counter, warehouse, skus=cup.sku)
        typed(counter, count, {cup: 12}, save="1")

        for page in ("sheet", "change"):
            text = counter.get(address(StockCount, page, count.pk)).content.decode()
            assert "4711" not in text
            assert "4,711" not in text
            assert "4699" not in text.replace(",", "")
        assert all("4711" not in row for row in rows(counter.get(address(StockCount, "variance", count.pk))))

        typed(counter, count, {cup: 12}, done="1")
        count.refresh_from_db()
        assert count.state == State.RECOUNT
        typed(counter, count, {cup: 12}, done="1")
        assert "4711" in counter.get(address(StockCount, "change", count.pk)).content.decode().replace(",", "")

    def test_scans_add_up_and_an_unknown_code_is_told(self, cup: Variant, warehouse: Warehouse) -> None:
        counter = someone(Role.WAREHOUSE)
        count = opened(counter, warehouse, skus=cup.sku)

        for units in ("1", "", "3"):
            counter.post(address(StockCount, "sheet", count.pk), {"scan": "1", "code": cup.sku, "units": units})
        wrong = counter.post(address(StockCount, "sheet", count.pk), {"scan": "1", "code": "NOPE", "units": "1"})
        odd = counter.post(address(StockCount, "sheet", count.pk), {"scan": "1", "code": cup.sku, "units": "1.5"})

        assert count.lines.get().counted == 5
        assert "NOPE" in told(wrong)
        assert told(odd)

    @pytest.mark.parametrize("units", ["-1", "1.5", "열", "9" * 30])
    def test_what_is_no_quantity_is_named_at_its_line(self, cup: Variant, warehouse: Warehouse, units: str) -> None:
        counter = someone(Role.WAREHOUSE)
        count = opened(counter, warehouse, skus=cup.sku)

        page = typed(counter, count, {cup: units}, done="1")

        assert page.context["rows"][0].error
        assert count.lines.get().counted is None

    def test_what_moved_since_the_page_was_opened_is_counted_once_more(self, cup: Variant, warehouse: Warehouse) -> None:
        counter = someone(Role.WAREHOUSE)
        count = opened(counter, warehouse, skus=cup.sku)
        page = counter.get(address(StockCount, "sheet", count.pk))
        stocked(cup, warehouse, 1, clock.now())

        sent(counter, count, page, {cup: 4712}, done="1")

        count.refresh_from_db()
        assert (count.state, count.lines.get().doubt) == (State.RECOUNT, "MOVED")

    def test_what_a_colleague_scanned_stays_when_another_line_is_saved(self, cup: Variant, warehouse: Warehouse) -> None:
        counter, plate = someone(Role.WAREHOUSE), a_stocked_variant(9, warehouse, sku="PLATE")
        count = opened(counter, warehouse, skus=f"{cup.sku}\nPLATE")
        typed(counter, count, {cup: 5}, save="1")
        page = counter.get(address(StockCount, "sheet", count.pk))
        for _ in range(2):
            counting.scan(number=count.number, code=cup.sku, actor=None, at=clock.now())

        sent(counter, count, page, {plate: "x"}, save="1")
        sent(counter, count, page, {plate: 9}, save="1")

        assert dict(count.lines.values_list("variant", "counted")) == {cup.pk: 7, plate.pk: 9}

    @pytest.mark.parametrize("began", ["", "2026-13-99T00:00:00", "2099-01-01T00:00:00+09:00", "\x00", "another sheet's"])
    def test_when_the_counter_began_is_believed_only_as_the_page_said_it(
        self, cup: Variant, warehouse: Warehouse, began: str
    ) -> None:
        counter = someone(Role.WAREHOUSE)
        count = opened(counter, warehouse, skus=cup.sku)
        if began == "another sheet's":
            other = opened(counter, warehouse, skus=cup.sku)
            began = counter.get(address(StockCount, "sheet", other.pk)).context["began"]

        answer = typed(counter, count, {cup: 4711}, save="1", began=began)

        assert (answer.status_code, count.lines.get().counted) == (200, None)
        assert "저장하지 않았습니다" in told(answer)

    def test_a_page_that_is_shown_again_keeps_when_its_counter_began(self, cup: Variant, warehouse: Warehouse) -> None:
        counter = someone(Role.WAREHOUSE)
        count = opened(counter, warehouse, skus=cup.sku)
        page = counter.get(address(StockCount, "sheet", count.pk))
        stocked(cup, warehouse, 1, clock.now())

        again = sent(counter, count, page, {cup: "x"}, save="1")
        sent(counter, count, again, {cup: 4712}, save="1")

        assert count.lines.get().doubt == "MOVED"

    def test_the_one_who_approves_has_lines_counted_once_more_or_gives_up(self, cup: Variant, warehouse: Warehouse) -> None:
        owner = someone(Role.OWNER)
        count = opened(owner, warehouse, skus=cup.sku)
        typed(owner, count, {cup: 4711}, done="1")

        press(owner, count, "again", lines=[cup.pk], seen=chief_sees(owner, count))
        count.refresh_from_db()
        assert count.state == State.RECOUNT
        press(owner, count, "cancel", reason="다음 주에", seen=chief_sees(owner, count))
        count.refresh_from_db()
        assert (count.state, count.reason) == (State.CANCELED, "다음 주에")

    def test_sheets_are_opened_by_bin_by_category_and_by_what_is_due(self, cup: Variant, warehouse: Warehouse) -> None:
        counter = someone(Role.WAREHOUSE)
        BinPlace.objects.create(bin=Bin.objects.create(warehouse=warehouse, code="A-01"), variant=cup)
        counting.propose_due(at=clock.now())

        found = [
            opened(counter, warehouse, **chosen)
            for chosen in ({"due": "all"}, {"bins": "a-0"}, {"category": cup.product.category_id})
        ]

        assert [one.basis for one in found] == ["CYCLE", "BIN", "CATEGORY"]
        assert {one.lines.get().variant for one in found} == {cup}

    @pytest.mark.parametrize("chosen", [{}, {"due": "A"}, {"bins": "Z"}, {"skus": "NOPE"}])
    def test_nothing_to_count_is_refused_at_its_field(self, cup: Variant, warehouse: Warehouse, chosen: dict[str, str]) -> None:
        answer = someone(Role.WAREHOUSE).post(address(StockCount, "open"), {"warehouse": warehouse.pk, **chosen})

        assert set(answer.context["form"].errors) & {*chosen, "__all__"}
        assert not StockCount.objects.exists()

    @pytest.mark.parametrize("role", [Role.WAREHOUSE, Role.OWNER])
    def test_a_quick_count_beyond_the_limit_waits_for_approval(self, cup: Variant, warehouse: Warehouse, role: Role) -> None:
        values = {"warehouse": warehouse.pk, "skus": cup.sku, f"expected-{cup.pk}": 4711, f"counted-{cup.pk}": 4000}

        someone(role).post(address(StockCount, "count"), values)

        assert StockCount.objects.get().state == State.COUNTED
        assert level(cup).on_hand == 4711

    def test_those_who_only_look_open_no_sheet(self, cup: Variant, warehouse: Warehouse, owner: Client) -> None:
        count = opened(owner, warehouse, skus=cup.sku)
        viewer = someone(Role.VIEWER)

        assert viewer.get(address(StockCount, "open")).status_code == 403
        assert viewer.get(address(StockCount, "sheet", count.pk)).status_code == 403
        assert owner.get(address(StockCount, "sheet", 0)).status_code == 404
        assert owner.get(address(StockCount, "sheet", "x")).status_code == 404


def chief_sees(client: Client, count: StockCount) -> str:
    """The version of the page that is before this person."""
    page = client.get(address(StockCount, "change", count.pk))
    return next((one["seen"] for one in page.context["operation_buttons"]), "")


class TestReports:
    def url(self, name: str) -> str:
        return reverse(f"admin:inventory_{name}")

    PAGES = ("valuation", "ageing", "projection", "losses")
    FILES = ("valuation_csv", "ageing_csv", "projection_csv", "losses_csv")

    @pytest.mark.parametrize("name", [*PAGES, *FILES])
    def test_what_goods_cost_is_shown_only_to_those_who_see_costs(self, cup: Variant, warehouse: Warehouse, name: str) -> None:
        stock.write_off(variant_id=cup.pk, warehouse_id=warehouse.pk, quantity=1, reason="파손", actor=None, at=clock.now())
        seen, hidden = someone(Role.BUYER).get(self.url(name)), someone(Role.WAREHOUSE).get(self.url(name))

        assert seen.status_code == hidden.status_code == 200
        if name in self.PAGES:
            assert "₩" not in hidden.content.decode()
        elif name != "projection_csv":
            assert len(rows(hidden)[0]) < len(rows(seen)[0])

    def test_the_value_of_a_day_as_page_table_and_workbook(self, cup: Variant, warehouse: Warehouse, owner: Client) -> None:
        today = clock.now().astimezone().date()

        page, table = owner.get(self.url("valuation")), rows(owner.get(self.url("valuation_csv")))
        book = owner.get(self.url("valuation_xlsx"))

        assert "₩23,555,000" in page.content.decode()
        assert table[1][:1] + table[1][4:] == ["CUP-WHITE", "4711", "5000", "23555000"]
        assert "CUP-WHITE" in zipfile.ZipFile(io.BytesIO(book.content)).read("xl/worksheets/sheet1.xml").decode()
        before = {"day": (today - timedelta(days=900)).isoformat()}
        assert len(rows(owner.get(self.url("valuation_csv"), before))) == 1

    def test_what_is_between_two_warehouses_is_told_unless_one_is_asked_for(
        self, cup: Variant, warehouse: Warehouse, owner: Client
    ) -> None:
        moved = transfers.draft(
            from_warehouse_id=warehouse.pk, to_warehouse_id=a_warehouse().pk, lines=[transfers.Wanted(cup.pk, 711)],
            reason="보충", actor=None, at=clock.now(),
        )  # fmt: skip
        transfers.ship(number=moved.number, actor=None, at=clock.now())

        page, table = owner.get(self.url("valuation")), rows(owner.get(self.url("valuation_csv")))
        here = rows(owner.get(self.url("valuation_csv"), {"warehouse": warehouse.pk}))

        assert "₩23,555,000" in page.content.decode()
        assert [line[3:] for line in table[1:]] == [
            [warehouse.name, "4000", "5000", "20000000"], ["이동 중", "711", "5000", "3555000"],
        ]  # fmt: skip
        assert [line[3:] for line in here[1:]] == [[warehouse.name, "4000", "5000", "20000000"]]

    @pytest.mark.parametrize(
        ("name", "asked"),
        [
            ("valuation", {"day": "x"}), ("valuation", {"day": "2999-01-01"}), ("ageing", {"days": "7"}),
            ("projection", {"by": "color"}), ("losses", {"first": "2026-02-02", "last": "2026-01-01"}),
        ],
    )  # fmt: skip
    def test_a_bad_question_is_told_at_its_field(self, owner: Client, name: str, asked: dict[str, str]) -> None:
        page, file = owner.get(self.url(name), asked), owner.get(self.url(f"{name}_csv"), asked)

        assert page.context["form"].errors
        assert file.status_code == 400

    def test_a_suggestion_is_dismissed_with_a_reason_and_stays_away(self, cup: Variant, owner: Client) -> None:
        here = reverse("admin:inventory_ageing_dismiss", args=[level(cup).pk])
        hidden = owner.get(here).context["hidden"]

        assert owner.post(here, hidden).context["form"].errors
        owner.post(here, {**hidden, "reason": "행사 물량"})

        assert ExcessDismissal.objects.get().reason == "행사 물량"
        assert "행사 물량" not in owner.get(self.url("ageing")).content.decode()
        assert "행사 물량" in owner.get(self.url("ageing"), {"show": "dismissed"}).content.decode()
        assert someone(Role.WAREHOUSE).get(here).status_code == 403

    def test_what_is_due_tells_why(self, cup: Variant, owner: Client) -> None:
        counting.propose_due(at=clock.now())

        assert "실사한 적 없음" in owner.get(address(CountDue)).content.decode()


class TestBins:
    def test_a_sku_has_one_default_in_a_warehouse(self, cup: Variant, warehouse: Warehouse) -> None:
        clerk = someone(Role.WAREHOUSE)
        lines = {
            "places-TOTAL_FORMS": 1, "places-INITIAL_FORMS": 0, "places-0-variant": cup.pk, "places-0-is_default": "on",
        }  # fmt: skip
        for code, place in (("A-01", warehouse), ("B-01", warehouse), ("A-01", a_warehouse())):
            clerk.post(address(Bin, "add"), {"warehouse": place.pk, "code": code, "is_active": "on", **lines})

        assert set(BinPlace.objects.values_list("bin__code", "is_default", "warehouse__code")) == {
            ("A-01", True, "icheon"), ("A-01", True, Warehouse.objects.latest("pk").code),
        }  # fmt: skip

    def test_labels_are_printed_of_the_list_as_it_is_narrowed(self, warehouse: Warehouse, owner: Client) -> None:
        for code in ("A-01", "B-01"):
            Bin.objects.create(warehouse=warehouse, code=code)

        text = owner.get(address(Bin, "labels"), {"q": "B-"}).content.decode()

        assert "B-01" in text
        assert "A-01" not in text
