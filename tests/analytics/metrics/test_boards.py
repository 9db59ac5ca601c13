"""The explorer, the boards and the live board: who sees what, what the numbers lead to, and files."""

import csv
import io
import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from analytics.comparing import Against
from analytics.metrics import METRICS, Cut
from analytics.models import Board, BoardTile
from analytics.operations import boards as operations
from analytics.operations import rollups
from analytics.queries import annotations, catalogue, contributing, exploring, live
from analytics.queries.annotations import Kind
from analytics.queries.exploring import Question
from analytics.queries.measuring import Part
from config.kernel import clock
from config.kernel.roles import Role
from inventory.operations import catalog
from orders.importing import workbook
from tests.analytics.builders import Line, an_order, movements, seoul
from tests.builders import a_category, a_product, a_promotion, a_variant, a_warehouse
from tests.config.kernel.pages import a_client, a_staff_member, foreign_words, words_of

pytestmark = pytest.mark.django_db

NOW = seoul("2026-11-20", "15:00")  # a Friday
TODAY = date(2026, 11, 20)
EXPLORER = "admin:analytics_explorer"
LIVE = "admin:analytics_live"


@pytest.fixture(autouse=True)
def _friday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def owner() -> Client:
    return a_client(a_staff_member())


def trade(days: int = 30) -> dict[str, Any]:
    """An order of a cup each noon and from the last ten days on one of two bowls; both lie in one warehouse."""
    cup = a_variant(a_product(a_category(name="cups"), name="cup"), sku="CUP-1")
    bowl = a_variant(a_product(a_category(name="bowls"), name="bowl"), sku="BOWL-1")
    here = a_warehouse(name="w-1")
    for number in range(days):
        noon = NOW.replace(hour=12) - timedelta(days=number)
        an_order(noon, Line(cup, 1, 10_000), channel="web")
        movements(noon, cup, here, ("SHIPMENT", -1))
        if number < 10:
            an_order(noon, Line(bowl, 2, 5_000), channel="app")
    rollups.rebuild_due(at=NOW)
    return {"cup": cup, "bowl": bowl, "here": here}


def everything(_permission: str) -> bool:
    return True


def explored(client: Client, **query: Any) -> Any:
    return client.get(reverse(EXPLORER), query)


# --- the explorer ------------------------------------------------------------------------------------------------------


def test_the_explorer_opens_with_the_sales_of_thirty_days_day_by_day(owner: Client) -> None:
    trade()

    shown = explored(owner).context

    assert (shown["question"].metric.code, shown["question"].by) == ("sales", Cut.DAY)
    assert [tile["value"] for tile in shown["tiles"]] == ["₩400,000"]
    assert len(shown["charts"][0]["chart"]["slots"]) == 30
    assert len(shown["heat"]["chart"]["cells"]) == 168
    assert shown["table"]["rows"][0]["name"].startswith("2026-11-20")


def test_a_metric_is_shown_by_every_cut_it_knows(owner: Client) -> None:
    trade()

    for by in (one.value for one in catalogue.cuts_of(METRICS["units"]) if one not in (Cut.SLOT, Cut.SEGMENT)):
        page = explored(owner, metric="units", by=by, against="feast" if by == "day" else "before", beside="gross")

        assert page.context["table"]["rows"], by
        # The whole is of the rows: cut by SKU both are of closed days only.
        assert page.context["tiles"][0]["value"] == ("47" if by in ("category", "sku") else "50"), by


def test_points_lead_to_their_rows(owner: Client) -> None:
    trade()
    asked = [{}, {"by": "month"}, {"by": "channel"}, {"by": "sku"}, {"metric": "shipped_units", "by": "day"},
             {"metric": "returned", "by": "day"}, {"by": "category", "against": "before"}]  # fmt: skip

    links = set()
    for query in asked:
        shown = explored(owner, **query).context
        links |= {row["url"] for row in shown["table"]["rows"][:3]} | {tile["url"] for tile in shown["tiles"]}
        links |= {slot["url"] for drawn in shown["charts"] for slot in drawn["chart"]["slots"][:2]}
        links |= {row["url"] for row in (shown["explained"] or {"rows": []})["rows"]}
        links |= {shown["csv_url"], shown["xlsx_url"], shown["tiles"][0]["definition"]}

    assert "" not in links
    assert {link: owner.get(link).status_code for link in links} == dict.fromkeys(links, 200)


REFUSED = [
    ({"first": "2026-11-20", "last": "2026-11-19"}, "last"),
    ({"first": "2020-11-20"}, "first"),
    ({"first": "yesterday"}, "first"),
    ({"by": "moon"}, "by"),
    ({"by": "warehouse"}, "by"),
    ({"metric": "moon"}, "metric"),
    ({"sku": "no-such-sku"}, "sku"),
    ({"channel": "moon"}, "channel"),
    ({"beside": "moon"}, "beside"),
    ({"against": "moon"}, "against"),
    ({"form": "moon"}, "form"),
]


def test_a_question_that_makes_no_sense_is_refused_at_its_field(owner: Client) -> None:
    trade(3)

    for query, field in REFUSED:
        page = explored(owner, **query)
        assert (page.status_code, list(page.context["form"].errors)) == (200, [field])
        assert "table" not in page.context
        assert owner.get(reverse("admin:analytics_explorer_csv"), query).status_code == 400


def test_each_role_is_offered_the_figures_of_its_own(owner: Client) -> None:
    trade(3)

    def offered(role: Role) -> set[str]:
        page = explored(a_client(a_staff_member(role.value, role=role)))
        groups = page.context["form"].fields["metric"].choices
        return {code for _group, options in groups for code, _title in options}

    assert offered(Role.ANALYST) == set(METRICS)
    warehouse, buyer = offered(Role.WAREHOUSE), offered(Role.BUYER)
    assert "shipped_units" in warehouse
    assert not {"sales", "profit", "orders"} & warehouse
    assert "profit" in buyer
    assert "orders" not in buyer
    clerk = offered(Role.ORDER_CLERK)
    assert {"parcels", "canceled_share"} <= clerk
    assert not {"sales", "profit", "orders"} & clerk


def test_what_the_role_does_not_see_is_not_shown_when_asked_for_by_hand() -> None:
    trade(3)
    buyer = a_client(a_staff_member("buyer", role=Role.BUYER))

    assert list(explored(buyer, metric="orders").context["form"].errors) == ["metric"]
    assert list(explored(buyer, metric="gross", by="hour").context["form"].errors) == ["by"]
    assert explored(buyer, metric="gross", by="sku").context["table"]["rows"]


def test_the_table_leaves_as_csv_and_as_a_workbook_and_the_audit_knows(owner: Client, tmp_path: Path) -> None:
    trade(3)
    query = {"metric": "sales", "beside": ["orders", "profit"], "first": "2026-11-18", "last": "2026-11-20", "by": "day"}

    said = b"".join(owner.get(reverse("admin:analytics_explorer_csv"), query).streaming_content)
    file = owner.get(reverse("admin:analytics_explorer_xlsx"), query)

    told = list(csv.reader(io.StringIO(said.decode("utf-8-sig"))))
    path = tmp_path / "table.xlsx"
    path.write_bytes(file.content)
    book = [row for _number, row in workbook.rows(path, most_bytes=100_000)]
    assert told[0] == ["일자", "매출", "주문 수", "매출총이익"]
    assert [row[:3] for row in told[1:]] == [[row[0], "20000", "2"] for row in told[1:]]
    # Today's profit is not known before its figures are made.
    assert told[3][3] == ""
    assert [row[:3] for row in book] == [row[:3] for row in told]
    assert LogEntry.objects.filter(object_repr="sales-day-20261118-20261120").count() == 2


def test_the_days_before_are_compared_weekday_by_weekday() -> None:
    trade()
    asked = Question((METRICS["sales"],), date(2026, 11, 11), TODAY, Cut.DAY, Against.BEFORE)

    found = exploring.answer(asked, may=everything, at=NOW)

    assert found.partners[TODAY] == date(2026, 11, 6)
    assert (found.whole.values["sales"], found.earlier_whole) == (200_000, 100_000)
    assert found.earlier[TODAY] == 10_000
    assert found.earlier_span == (date(2026, 10, 28), date(2026, 11, 6))


def test_the_parts_explain_the_whole_change() -> None:
    trade()
    asked = Question((METRICS["sales"],), date(2026, 11, 11), TODAY, Cut.DAY, Against.BEFORE)

    found = exploring.answer(asked, may=everything, at=NOW)

    # By category closed days are known: nine of them, each with two bowls more than nine days of the weeks before.
    assert found.explained_by is Cut.CATEGORY
    assert [(one.change, one.share) for one in found.contributions] == [(90_000, 1), (0, 0)]
    average = Question((METRICS["average_order"],), date(2026, 11, 11), TODAY, Cut.DAY, Against.BEFORE)
    assert exploring.answer(average, may=everything, at=NOW).contributions == []


def test_shares_of_a_change_are_told_with_their_sign() -> None:
    found = contributing.explained({"a": Decimal(30), "b": Decimal(5)}, {"a": Decimal(10), "b": Decimal(10), "c": Decimal(5)})

    assert [(one.key, one.change, one.share) for one in found] == [
        ("a", 20, 2),
        ("b", -5, -Decimal("0.5")),
        ("c", -5, -Decimal("0.5")),
    ]
    assert contributing.explained({"a": Decimal(1)}, {"a": Decimal(1)})[0].share is None


def test_promotions_prices_and_empty_shelves_stand_beside_the_line() -> None:
    shop = trade()
    cup, bowl, here = shop["cup"], shop["bowl"], shop["here"]
    a_promotion(NOW, name="promo-1").occurrences.create(
        started_at=seoul("2026-11-01"), ended_at=seoul("2026-11-03", "00:00"), uses=0, amount=0
    )
    catalog.change_price(
        variant_id=cup.pk, list_price=Decimal(13_370), reason="인상", actor=a_staff_member("p"), at=seoul("2026-11-05")
    )
    # Seven bowls came on the 10th, left on the 13th, three came back on the 16th and are there.
    movements(seoul("2026-11-10"), bowl, here, ("RECEIPT", 7))
    movements(seoul("2026-11-13"), bowl, here, ("SHIPMENT", -7))
    movements(seoul("2026-11-16"), bowl, here, ("RECEIPT", 4))
    movements(seoul("2026-11-20", "10:00"), bowl, here, ("SHIPMENT", -1))
    bowl.levels.create(warehouse=here, on_hand=3)
    rollups.rebuild_trailing(at=NOW, days=20)
    span: dict[str, Any] = {"first": date(2026, 11, 1), "last": TODAY, "at": NOW}

    asked = Question((METRICS["sales"],), date(2026, 11, 1), TODAY, Cut.DAY)
    found = exploring.answer(asked, may=everything, at=NOW)

    told = [(one.kind, one.first, one.last, one.title.split()[0]) for one in found.annotations]
    assert (Kind.PROMOTION, date(2026, 11, 1), date(2026, 11, 2), "promo-1") in told
    assert (Kind.PRICE, date(2026, 11, 5), date(2026, 11, 5), "cup") in told
    assert [one[1] for one in told if one[0] is Kind.STOCK_OUT and one[3] == "bowl"] == [date(2026, 11, 13)]
    of_bowls = annotations.of_span(of=Part({Cut.SKU: bowl.pk}), fresh=found.fresh, **span)
    assert {one.kind for one in of_bowls} == {Kind.PROMOTION, Kind.STOCK_OUT}


# --- boards ------------------------------------------------------------------------------------------------------------


def a_board(**values: Any) -> Board:
    tiles = values.pop("tiles", [{"metric": "sales", "form": "NUMBER"}])
    board = Board.objects.create(**{"name": "board-1", **values})
    for tile in tiles:
        BoardTile.objects.create(board=board, **tile)
    return board


EVERY_FORM = [
    {"metric": "sales", "form": "NUMBER", "days": 7},
    {"metric": "orders", "form": "LINE"},
    {"metric": "orders", "form": "LINE", "days": 1},
    {"metric": "orders", "form": "HEAT", "channel": "web"},
    {"metric": "profit", "form": "TABLE", "cut": "category"},
    {"metric": "shipped_units", "form": "NUMBER"},
    {"metric": "no_longer_counted", "form": "NUMBER"},
]


def test_a_board_shows_its_tiles_in_every_form(owner: Client) -> None:
    trade()
    board = a_board(tiles=EVERY_FORM)

    tiles = owner.get(reverse("admin:analytics_board_show", args=[board.pk])).context["tiles"]

    assert [str(tile["form"]) for tile in tiles] == ["NUMBER", "LINE", "LINE", "HEAT", "TABLE", "NUMBER"]
    assert (tiles[0]["value"], tiles[0]["before"]) == ("₩140,000", "₩90,000")
    assert [row["text"] for row in tiles[4]["rows"]] != []
    assert {owner.get(tile["url"]).status_code for tile in tiles} == {200}


def test_of_a_shared_board_each_role_sees_the_figures_of_its_own() -> None:
    trade(5)
    board = a_board(tiles=EVERY_FORM, shared_with=["warehouse", "buyer"])
    page = reverse("admin:analytics_board_show", args=[board.pk])

    def titles(role: Role) -> list[str]:
        found = a_client(a_staff_member(role.value, role=role)).get(page).context["tiles"]
        return [re.sub("-.*", "", tile["name"]) for tile in found]

    assert titles(Role.WAREHOUSE) == ["shipped_units"]
    assert titles(Role.BUYER) == ["profit", "shipped_units"]
    assert a_client(a_staff_member("m", role=Role.MARKETER)).get(page).status_code == 404
    assert a_client(a_staff_member("c", role=Role.ORDER_CLERK)).get(page).status_code == 403


def test_a_board_is_changed_by_who_made_it_and_copied_by_others() -> None:
    marketer, other = a_staff_member("marketer", role=Role.MARKETER), a_staff_member("other", role=Role.MARKETER)
    board = a_board(owner=marketer, shared_with=["marketer"], tiles=EVERY_FORM[:2])
    change = reverse("admin:analytics_board_change", args=[board.pk])

    assert a_client(marketer).get(change).context["has_change_permission"]
    assert not a_client(other).get(change).context["has_change_permission"]
    made = operations.copy(board_id=board.pk, actor=other, at=NOW)

    assert (made.owner, made.shared_with, made.tiles.count()) == (other, [], 2)
    assert a_client(other).get(reverse("admin:analytics_board_change", args=[made.pk])).context["has_change_permission"]


def test_a_board_is_put_together_by_a_form(owner: Client) -> None:
    trade(2)

    def sent(**tile: str) -> Any:
        data = {
            "name": "내 보드", "shared_with": ["buyer"], "slip": "",
            "tiles-TOTAL_FORMS": "1", "tiles-INITIAL_FORMS": "0", "tiles-MIN_NUM_FORMS": "0", "tiles-MAX_NUM_FORMS": "12",
            "tiles-0-position": "10", "tiles-0-metric": "sales", "tiles-0-form": "LINE", "tiles-0-cut": "",
            "tiles-0-days": "28",
        } | {f"tiles-0-{name}": value for name, value in tile.items()}  # fmt: skip
        return owner.post(reverse("admin:analytics_board_add"), data)

    assert sent(metric="profit", form="HEAT").status_code == 200
    assert sent(cut="channel").status_code == 200
    assert not Board.objects.filter(name="내 보드").exists()
    assert sent().status_code == 302

    board = Board.objects.get(name="내 보드")
    assert (board.shared_with, board.owner is not None, board.tiles.get().metric) == (["buyer"], True, "sales")


def test_the_built_in_boards_show_figures_that_are_counted() -> None:
    from importlib import import_module

    from analytics.queries import boards, measuring

    built_in = import_module("analytics.migrations.0010_boards").BUILT_IN
    assert [code for code, *_rest in built_in] == ["owner", "marketer", "buyer"]
    for _code, _name, _shared, tiles in built_in:
        for metric, form, cut, days in tiles:
            assert measuring.can_cut(METRICS[metric], boards.cuts(BoardTile(metric=metric, form=form, cut=cut, days=days)))


# --- the live board ----------------------------------------------------------------------------------------------------


def test_the_live_board_tells_this_hour_and_the_course_of_the_day(owner: Client) -> None:
    trade()
    an_order(NOW.replace(hour=14, minute=30), Line(a_variant(), 1, 7_000))

    shown = owner.get(reverse("admin:analytics_live_now")).context

    figures = {str(one["title"]): (one["now"], one["before"]) for one in shown["hours"]["figures"]}
    assert figures["매출"] == ("₩0", "₩7,000")
    assert shown["today"]["sales"] == "₩27,000"
    assert shown["course"]["days"] == 4
    found = live.course("sales", at=NOW)
    assert (found.today[11], found.today[15], found.today[16]) == (0, 27_000, None)
    # Of four Fridays one had bowls as well.
    assert found.usual[23] == Decimal(50_000) / 4


def test_feasts_are_no_days_to_compare_with() -> None:
    assert date(2026, 9, 25) not in live.comparable(date(2026, 10, 2))
    assert len(live.comparable(date(2026, 10, 2))) == 7


def test_the_live_board_sends_who_was_logged_out_to_the_login_page_and_shows_each_role_its_own() -> None:
    trade(2)
    answer = Client().get(reverse("admin:analytics_live_now"))
    assert (answer.status_code, answer.headers["HX-Refresh"]) == (403, "true")

    shown = a_client(a_staff_member("w", role=Role.WAREHOUSE)).get(reverse(LIVE)).context
    assert (shown["today"], shown["course"], shown["hours"]) == (None, None, None)
    assert shown["risks"] is not None


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_pages_speak_the_language_of_the_reader(owner: Client, language: str) -> None:
    trade()
    owner.cookies["django_language"] = language
    board = a_board(tiles=EVERY_FORM)
    pages = [
        *(
            f"{reverse(EXPLORER)}?against=before&beside=margin&{query}"
            for query in ("by=day", "by=category&metric=net", "form=weeks")
        ),
        reverse("admin:analytics_live_now"),
        reverse("admin:analytics_board_show", args=[board.pk]),
    ]

    foreign = {}
    for page in pages:
        said = words_of(owner.get(page))
        plain = re.sub(
            r"\bCUP-1\b|BOWL-1|\bcups?\b|\bbowls?\b|w-1|board-1|CSV|XLSX|PNG|SKU|\bweb\b|\bapp\b|VAT",
            " ",
            said,
            flags=re.IGNORECASE,
        )
        foreign[page] = foreign_words(plain.split("지표 나누는" if language == "ko" else "\0")[0], language)

    assert {page: words for page, words in foreign.items() if words} == {}
