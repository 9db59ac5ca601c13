"""Where a visit came from, how an order is shared among its touches, and what a table of spend says. No database."""

from datetime import date
from decimal import Decimal
from random import Random

import pytest

from analytics.behaviour import crediting, origins, spending
from analytics.behaviour.crediting import Model
from analytics.behaviour.origins import DIRECT, UNKNOWN, Grouping, Origin
from analytics.behaviour.spending import COLUMNS, Mistake
from config.kernel.money import Money

TODAY = date(2026, 11, 20)
HEADING = ",".join(COLUMNS)
SEARCH = Origin(Grouping.PAID_SEARCH, "naver", "cpc", "brand")
POST = Origin(Grouping.SOCIAL, "instagram", "", "autumn")
MAIL = Origin(Grouping.EMAIL, "newsletter", "email", "weekly")


@pytest.mark.parametrize(
    ("told", "grouping", "source"),
    [
        ({}, "direct", ""),
        ({"referrer": "search.naver.com"}, "organic_search", "naver"),
        ({"referrer": "m.search.naver.com"}, "organic_search", "naver"),
        ({"referrer": "m.blog.naver.com"}, "social", "naver_blog"),
        ({"referrer": "cafe.naver.com"}, "social", "naver_cafe"),
        ({"referrer": "search.daum.net"}, "organic_search", "daum"),
        ({"referrer": "www.google.co.kr"}, "organic_search", "google"),
        ({"referrer": "mail.google.com"}, "email", "google"),
        ({"referrer": "google.evil.example"}, "referral", "google.evil.example"),
        ({"referrer": "band.us"}, "social", "band"),
        ({"referrer": "story.kakao.com"}, "social", "kakaostory"),
        ({"referrer": "L.Instagram.com"}, "social", "instagram"),
        ({"referrer": "notinstagram.com"}, "referral", "notinstagram.com"),
        ({"referrer": "www.ppomppu.co.kr"}, "referral", "ppomppu.co.kr"),
        ({"referrer": "shop.example"}, "direct", ""),
        ({"referrer": "m.shop.example:8443"}, "direct", ""),
        ({"referrer": "pay.naver.com"}, "direct", ""),
        ({"referrer": "cert.inicis.com"}, "direct", ""),
        ({"click_id": "gclid"}, "paid_search", "google"),
        ({"click_id": "napm", "referrer": "search.naver.com"}, "paid_search", "naver"),
        ({"click_id": "kakao_click"}, "paid_social", "kakao"),
        ({"click_id": "fbclid"}, "social", "facebook"),
        ({"source": "naver", "medium": "cpc"}, "paid_search", "naver"),
        ({"source": "네이버", "medium": "CPC "}, "paid_search", "naver"),
        ({"source": "naver", "click_id": "napm"}, "paid_search", "naver"),
        ({"source": "instagram", "medium": "cpc"}, "paid_social", "instagram"),
        ({"source": "ig", "medium": "paid_social"}, "paid_social", "instagram"),
        ({"source": "facebook", "medium": "banner"}, "paid_social", "facebook"),
        ({"source": "criteo", "medium": "retargeting"}, "paid_other", "criteo"),
        ({"source": "danawa", "medium": "cpc"}, "paid_other", "danawa"),
        ({"source": "instagram", "medium": "social"}, "social", "instagram"),
        ({"source": "kakao", "medium": "message"}, "message", "kakao"),
        ({"source": "kakao", "medium": "알림톡"}, "message", "kakao"),
        ({"source": "newsletter"}, "email", "newsletter"),
        ({"source": "stibee", "medium": "email"}, "email", "stibee"),
        ({"source": "naver", "medium": "organic"}, "organic_search", "naver"),
        ({"source": "blogger", "medium": "affiliate"}, "referral", "blogger"),
        ({"source": "leaflet", "medium": "qr"}, "other", "leaflet"),
        ({"campaign": "autumn", "referrer": "search.naver.com"}, "other", "naver"),
        ({"source": "stibee", "medium": "email", "click_id": "gclid"}, "email", "stibee"),
    ],
)
def test_each_visit_has_one_kind_of_origin(told: dict[str, str], grouping: str, source: str) -> None:
    found = origins.of(**told, own=frozenset({"shop.example"}))
    assert (found.grouping.value, found.source) == (grouping, source)


def test_one_campaign_written_in_two_ways_is_one_line() -> None:
    one = origins.of(source="Naver", medium="cpc", campaign="Brand ")
    other = origins.of(source="네이버", medium="CPC", campaign="brand")
    assert one.key == other.key == "paid_search/naver/brand"
    assert origins.of(source="a/b", campaign="c/d").key == "other/a b/c/d"


def test_letters_that_grow_in_small_stay_within_their_column() -> None:
    found = origins.of(source="ß" * 100, medium="ŉ" * 100, campaign="ΐ" * 100, referrer="İ" * 255)
    assert max(map(len, (found.source, found.medium, found.campaign))) <= 100
    assert len(found.key) <= 400
    assert len(origins.of(referrer="İ" * 255).key) <= 400


def shared(model: Model, number: int, amount: int) -> list[int]:
    return [int(one) for one in crediting.of_money(model, number, Money(Decimal(amount), "KRW"))]


def test_models_share_ten_thousand_won_as_reckoned_by_hand() -> None:
    assert shared(Model.LAST, 4, 10_000) == [0, 0, 0, 10_000]
    assert shared(Model.FIRST, 4, 10_000) == [10_000, 0, 0, 0]
    assert shared(Model.POSITION, 4, 10_000) == [4_000, 1_000, 1_000, 4_000]
    assert shared(Model.LINEAR, 4, 10_000) == [2_500] * 4


@pytest.mark.parametrize("model", Model)
def test_one_touch_gets_everything(model: Model) -> None:
    assert shared(model, 1, 9_999) == [9_999]
    assert crediting.of_an_order(model, 1) == [Decimal(1)]


def test_of_two_touches_each_gets_half_by_position() -> None:
    assert shared(Model.POSITION, 2, 10_001) == [5_001, 5_000]


def test_what_cannot_be_divided_goes_to_the_largest_remainder() -> None:
    assert shared(Model.LINEAR, 3, 10_000) == [3_334, 3_333, 3_333]
    # 40 %, 20/3 % three times, 40 % of 101: 40.4, 6.73, 6.73, 6.73, 40.4
    assert shared(Model.POSITION, 5, 101) == [40, 7, 7, 7, 40]
    assert crediting.of_an_order(Model.LINEAR, 3) == [Decimal("0.333334"), Decimal("0.333333"), Decimal("0.333333")]


def test_shares_always_sum_to_the_order_and_to_its_amount() -> None:
    draw = Random(117)  # noqa: S311
    for _ in range(2_000):
        number, amount = draw.randrange(1, 101), draw.choice((0, 1, 7, -350, draw.randrange(10**9)))
        for model in Model:
            assert sum(crediting.of_an_order(model, number)) == 1
            assert sum(shared(model, number, amount)) == amount


def test_direct_visits_count_only_where_there_is_nothing_else() -> None:
    assert crediting.counted([DIRECT, SEARCH, DIRECT, POST, DIRECT]) == [1, 3]
    assert crediting.counted([DIRECT, DIRECT]) == [0, 1]
    assert crediting.counted([]) == []


def test_a_path_tells_repeated_steps_once_and_leaves_out_the_middle_of_a_long_one() -> None:
    assert crediting.path([SEARCH, SEARCH, DIRECT, SEARCH, MAIL]) == "paid_search>email"
    assert crediting.path([DIRECT]) == "direct"
    assert crediting.path([]) == UNKNOWN.grouping.value
    assert crediting.path([SEARCH, MAIL] * 3) == "paid_search>email>paid_search>email>paid_search>email"
    assert crediting.path([SEARCH, MAIL] * 4) == "paid_search>email>...>email>paid_search>email"
    assert len(crediting.path([Origin(Grouping.ORGANIC_SEARCH), Origin(Grouping.PAID_SEARCH)] * 50)) <= 120


def test_a_line_assists_where_another_one_brought_the_last_visit() -> None:
    assert crediting.assisting([SEARCH, POST, SEARCH, DIRECT]) == {POST}
    assert crediting.assisting([SEARCH]) == set()
    assert crediting.assisting([]) == set()


# --- spend


def read(*lines: str, heading: str = HEADING) -> spending.Read:
    return spending.of_file("\r\n".join((heading, *lines)).encode(), today=TODAY, currency="KRW")


def mistakes(*lines: str) -> list[tuple[int, str, str]]:
    return [(one.row, one.column, one.problem) for one in read(*lines).mistakes]


def test_a_row_of_spend_is_grouped_as_the_visits_it_brings() -> None:
    (one,) = read('2026-11-19,Naver,CPC,Brand,"12,000",340,"51,000"').rows
    assert (one.origin.key, one.impressions, one.clicks, one.cost) == ("paid_search/naver/brand", 12_000, 340, Decimal(51_000))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp949"])
def test_korean_tables_are_read_however_a_spreadsheet_wrote_them(encoding: str) -> None:
    content = "날짜,매체,유형,캠페인,노출수,클릭수,광고비\n2026.11.19,네이버,검색광고,가을,1,1,100\n"
    (one,) = spending.of_file(content.encode(encoding), today=TODAY, currency="KRW").rows
    assert (one.day, one.origin.key) == (date(2026, 11, 19), "paid_search/naver/가을")


def test_every_mistake_is_named_with_its_row_and_column() -> None:
    assert mistakes(
        "2026-11-19,naver,cpc,brand,1,1,100",
        "2026-02-30,naver,cpc,brand,1,1,100",
        "2026-11-21,naver,cpc,brand,1,1,100",
        "2026-11-19,,cpc,brand,x,-1,1e5",
        "2026-11-19,네이버,cpc,BRAND,1,1,200",
        "2026-11-19,google,cpc,brand,1,1,100.5",
    ) == [
        (3, "day", "not_a_day"),
        (4, "day", "not_yet"),
        (5, "source", "missing"),
        (5, "impressions", "not_a_count"),
        (5, "clicks", "not_a_count"),
        (5, "cost", "not_money"),
        (6, "campaign", "twice"),
        (7, "cost", "not_money"),
    ]
    assert read("2026-02-30,naver,cpc,brand,1,1,100", "2026-11-19,naver,cpc,brand,1,1,100").rows == ()


def test_a_file_that_is_no_table_is_refused_as_a_whole() -> None:
    def of(content: bytes) -> list[Mistake]:
        return list(spending.of_file(content, today=TODAY, currency="KRW").mistakes)

    assert of(b"") == of(b"\n\n") == of(HEADING.encode()) == [Mistake(0, "", "empty")]
    assert of(b"\xff\xfe\x00") == [Mistake(0, "", "not_text")]
    assert of(b"day,source\n") == [Mistake(1, name, "no_column") for name in COLUMNS[2:]]
    assert of(f"{HEADING}\n1,2\n".encode()) == [Mistake(2, "", "broken_row")]
    assert of(f'{HEADING}\n"open'.encode())[0].problem == "broken_row"
