"""The pages of customers and offers: who may open them, what they cost, what buttons do and what they refuse."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from campaigns.models import Campaign, Consent, Coupon, CouponBatch, Customer, Promotion, Redemption, Segment, SegmentMembership
from campaigns.operations import coupons, customers, occurrences, promotions
from campaigns.pricing.settings import Settings
from campaigns.queries.promotions import State
from config.kernel import clock
from config.kernel.models import User
from config.kernel.roles import Role
from tests.builders import a_category, a_coupon, a_customer, a_promotion, a_variant
from tests.config.kernel.pages import a_client, a_staff_member, text

pytestmark = pytest.mark.django_db

LISTS = ["customer", "segment", "campaign", "promotion", "promotionoccurrence", "coupon", "couponbatch", "redemption"]


@pytest.fixture
def marketer() -> User:
    return a_staff_member("marketer", role=Role.MARKETER)


@pytest.fixture
def client(marketer: User) -> Client:
    return a_client(marketer)


def list_of(model: str) -> str:
    return reverse(f"admin:campaigns_{model}_changelist")


def page_of(row: Any) -> str:
    return reverse(f"admin:campaigns_{row._meta.model_name}_change", args=[row.pk])


def press(client: Client, row: Any, button: str, **values: Any) -> Any:
    address = reverse(f"admin:campaigns_{row._meta.model_name}_press", args=[row.pk, button])
    return client.post(address, values, follow=True)


def streamed(answer: Any) -> str:
    assert answer.status_code == 200, answer
    return b"".join(answer.streaming_content).decode()


def told(answer: Any) -> str:
    return " ".join(str(one) for one in answer.context["messages"])


def some_rows(number: int, at: datetime) -> None:
    for _number in range(number):
        customer = a_customer(phone="010-0000-1234", email=f"{_number}@example.com")
        promotion = a_promotion(at, needs_coupon=True, usage_limit=5, budget=Decimal(9000))
        occurrences.settle_due(at=at)
        batch = coupons.issue_batch(promotion_id=promotion.pk, name="b", size=1, actor=None, at=at)
        segment = Segment.objects.create(code=f"s-{promotion.pk}", name="단골")
        SegmentMembership.objects.create(segment=segment, customer=customer, joined_at=at)
        Campaign.objects.create(name="겨울")
        Redemption.objects.create(
            promotion=promotion, coupon=Coupon.objects.get(batch=batch), customer=customer, document_kind="ORDER",
            document_number=f"{promotion.pk}", amount=Decimal(100), redeemed_at=at,
        )  # fmt: skip


def settings(at: datetime, **values: Any) -> dict[str, Any]:
    """The fields of the form, as a browser sends them."""
    return {
        "name": "겨울맞이", "benefit": "PERCENT", "percent": "10", "is_enabled": "on", "covers": "EVERYTHING",
        "starts_at": "2026-11-21T09:00:00", "ends_at": "", "minimum_amount": "0", "priority": "100",
    } | values  # fmt: skip


def test_what_is_missing_is_named_at_its_field_even_when_more_is_wrong(client: Client, at: datetime) -> None:
    page = client.post(reverse("admin:campaigns_promotion_add"), settings(at, percent="", starts_at="sometime"))

    assert set(page.context["adminform"].form.errors) == {"percent", "starts_at"}
    assert "promotion_benefit_complete" not in page.content.decode()


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ({"starts_at": "sometime", "ends_at": "2026-01-01T09:00:00", "from_hour": "9"}, {"starts_at", "until_hour"}),
        ({"covers": "CHOSEN", "skus": "NO-SUCH", "percent": "101"}, {"skus", "percent"}),
        ({"covers": "CHOSEN", "categories": "999999", "budget": "-1"}, {"categories", "budget"}),
        ({"benefit": "SOMETHING", "name": " ", "usage_limit": "0"}, {"benefit", "name", "usage_limit"}),
        ({"ends_at": "later", "priority": "x", "amount": "5"}, {"ends_at", "priority", "amount"}),
    ],
)
def test_every_field_that_is_wrong_is_named_and_none_that_hangs_on_an_unreadable_one(
    client: Client, at: datetime, typed: dict[str, str], named: set[str]
) -> None:
    page = client.post(reverse("admin:campaigns_promotion_add"), settings(at, **typed))

    assert set(page.context["adminform"].form.errors) == named
    assert not Promotion.objects.exists()


@pytest.mark.parametrize("role", [Role.ORDER_CLERK, Role.ANALYST])
@pytest.mark.breaks_promises("uses are typed in, not redeemed")
def test_those_who_sell_or_look_may_open_every_list_and_page(at: datetime, role: Role) -> None:
    some_rows(1, at)
    client = a_client(a_staff_member(role=role))

    for model in LISTS:
        row = apps.get_model("campaigns", model).objects.all()[0]
        assert client.get(list_of(model)).status_code == 200, model
        assert client.get(page_of(row)).status_code == 200, model


@pytest.mark.parametrize("model", LISTS)
def test_the_warehouse_has_no_business_there(at: datetime, model: str) -> None:
    client = a_client(a_staff_member(role=Role.WAREHOUSE))

    assert client.get(list_of(model)).status_code == 403


@pytest.mark.parametrize("role", [Role.ORDER_CLERK, Role.ANALYST, Role.VIEWER])
def test_only_marketers_change_offers(at: datetime, role: Role) -> None:
    promotion = a_promotion(at, needs_coupon=True)
    segment = Segment.objects.create(code="s", name="s")
    client = a_client(a_staff_member(role=role))

    assert client.post(reverse("admin:campaigns_promotion_add"), settings(at)).status_code == 403
    assert client.post(page_of(promotion), settings(at)).status_code == 403
    for button in ("stop_now", "extend", "copy", "make_codes", "add_code"):
        assert press(client, promotion, button, seen="1").status_code == 403
    assert press(client, segment, "add_members").status_code == 403
    assert press(client, a_coupon(promotion), "switch_off").status_code == 403


def test_personal_data_is_masked_for_those_who_never_call_a_customer(at: datetime) -> None:
    customer = a_customer(name="김하늘", phone="010-1234-5678", email="sky@example.com")
    clerk, analyst = a_client(a_staff_member("c", role=Role.ORDER_CLERK)), a_client(a_staff_member("a", role=Role.ANALYST))

    for page in (list_of("customer"), page_of(customer)):
        assert "010-1234-5678" in text(clerk.get(page))
        hidden = text(analyst.get(page))
        assert not any(secret in hidden for secret in ("김하늘", "1234", "sky@example.com"))
        assert "김**" in hidden
    assert press(analyst, customer, "correct").status_code == 403
    assert customer.external_id not in text(analyst.get(list_of("customer"), {"q": "010-1234"}))


@pytest.mark.parametrize("words", ["cust-77", "김하", "010-1234-5678", "01012345678", "010", "SKY@example"])
def test_a_customer_is_found_by_the_beginning_of_what_is_known(client: Client, words: str) -> None:
    a_customer(external_id="cust-777", name="김하늘", phone="010-1234-5678", email="sky@example.com")
    a_customer(external_id="other", name="이바다", phone="02-999-9999", email="sea@example.com")

    found = text(client.get(list_of("customer"), {"q": words}))

    assert "cust-777" in found
    assert "other" not in found


def test_a_customer_is_corrected_and_what_they_said_written_down(client: Client, marketer: User) -> None:
    customer = a_customer(external_id="c-1", name="김하늘", phone="1")

    press(client, customer, "correct", name="김하늘", phone="010-0000-0001", email="Sky@Example.com")
    answer = press(
        client,
        customer,
        "state_consent",
        channel="SMS",
        purpose="ADVERTISING",
        is_given="yes",
        text_version="v1",
        source="전화",
    )

    customer.refresh_from_db()
    assert (customer.phone, customer.email) == ("010-0000-0001", "sky@example.com")
    consent = Consent.objects.get()
    assert (consent.actor, consent.is_given) == (marketer, True)
    assert "전화" in text(answer)


def test_members_are_pasted_and_uploaded_all_or_none(client: Client) -> None:
    segment = Segment.objects.create(code="vip", name="단골")
    for number in range(3):
        a_customer(external_id=f"c-{number}")

    refused = press(client, segment, "add_members", pasted="c-0\nnobody")
    assert "nobody" in told(refused)
    assert not segment.memberships.exists()

    file = SimpleUploadedFile("ids.csv", '﻿"c-1"\r\nc-2,\r\n'.encode())
    press(client, segment, "add_members", pasted="c-0", file=file)
    assert segment.memberships.count() == 3

    press(client, segment, "remove_members", pasted="c-0")
    press(client, segment, "replace_members", pasted="c-0 \n c-2")
    assert set(segment.memberships.values_list("customer__external_id", flat=True)) == {"c-0", "c-2"}


@pytest.mark.parametrize("content", [b"\xb1\xe8", b"c-1\x00", "c-1".encode("utf-16")])
def test_a_file_that_is_no_text_is_refused_by_its_field(client: Client, content: bytes) -> None:
    segment = Segment.objects.create(code="vip", name="단골")

    answer = press(client, segment, "add_members", file=SimpleUploadedFile("ids.csv", content))

    assert "file" in answer.context["form"].errors


def test_a_promotion_is_made_and_changed_through_its_form(client: Client, marketer: User, at: datetime) -> None:
    variant, category = a_variant(), a_category()

    made = client.post(
        reverse("admin:campaigns_promotion_add"),
        settings(
            at, covers="CHOSEN", skus=variant.sku, categories=[category.pk], weekdays=["5", "6"],
            from_hour="22", until_hour="2", budget="100000", reason="연말",
        ),
    )  # fmt: skip
    assert made.status_code == 302, made.context["adminform"].form.errors
    promotion = Promotion.objects.get()
    assert (promotion.weekdays, promotion.hours, promotion.covers) == ([5, 6], (22, 2), "CHOSEN")
    assert list(promotion.products.all()) == [variant.product]
    assert list(promotion.categories.all()) == [category]

    form = client.get(page_of(promotion)).context["adminform"].form
    assert (form["skus"].value(), form["percent"].value(), form["budget"].value()) == (variant.sku, "10", "100000")
    changed = client.post(page_of(promotion), settings(at, percent="15", reason="반응이 좋음", seen_version="1"))
    assert changed.status_code == 302, changed.context["adminform"].form.errors

    promotion.refresh_from_db()
    assert (promotion.percent, promotion.version, promotion.covers) == (Decimal(15), 2, "EVERYTHING")
    page = text(client.get(page_of(promotion)))
    assert "반응이 좋음" in page
    assert "연말" in page
    assert [one.actor for one in promotion.changes.all()] == [marketer, marketer]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"benefit": "FREE_SHIPPING"}, "percent"),
        ({"percent": "101"}, "percent"),
        ({"percent": ""}, "percent"),
        ({"amount": "500"}, "amount"),
        ({"benefit": "AMOUNT", "percent": "", "amount": "99.5"}, "amount"),
        ({"from_hour": "9"}, "until_hour"),
        ({"ends_at": "2026-11-20T09:00:00"}, "ends_at"),
        ({"covers": "CHOSEN"}, "covers"),
        ({"skus": "NO-SUCH"}, "skus"),
        ({"name": " "}, "name"),
        ({"usage_limit": "0"}, "usage_limit"),
    ],
)
def test_settings_that_make_no_sense_are_refused_at_their_field(
    client: Client, at: datetime, values: dict[str, Any], field: str
) -> None:
    answer = client.post(reverse("admin:campaigns_promotion_add"), settings(at, **values))

    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert not Promotion.objects.exists()


def test_a_form_shown_before_somebody_else_changed_the_promotion_is_refused(client: Client, at: datetime) -> None:
    promotion = a_promotion(at)
    promotions.stop_now(promotion_id=promotion.pk, actor=None, at=at)

    answer = client.post(page_of(promotion), settings(at, seen_version="1"), follow=True)
    pressed = press(client, promotion, "extend", seen="1", ends_at="2027-01-01T00:00:00")

    promotion.refresh_from_db()
    assert promotion.version == 2
    assert "다시 확인" in told(answer) or "once more" in told(answer)
    assert told(pressed)


def test_the_buttons_of_a_promotion_stop_extend_and_copy_it(client: Client) -> None:
    promotion = a_promotion(clock.now())

    press(client, promotion, "stop_now", seen="1", reason="재고 부족")
    promotion.refresh_from_db()
    assert promotion.ends_at is not None
    assert promotion.ends_at <= clock.now()
    press(client, promotion, "extend", seen="2", ends_at="2099-01-01T00:00:00")
    press(client, promotion, "copy", seen="3")

    promotion.refresh_from_db()
    assert promotion.ends_at.year in (2098, 2099)
    copy = Promotion.objects.exclude(pk=promotion.pk).get()
    assert not copy.is_enabled
    assert [one.kind for one in promotion.changes.order_by("version")] == ["STOPPED", "EXTENDED"]


@pytest.mark.parametrize(
    ("button", "typed", "kind"),
    [
        ("copy", {}, Promotion),
        ("make_codes", {"name": "봄", "size": "3", "beginning": "", "usage_limit": "1"}, CouponBatch),
        ("state_consent", {
            "channel": "SMS", "purpose": "ADVERTISING", "is_given": "yes", "text_version": "v1", "source": "전화",
        }, Consent),
    ],
)  # fmt: skip
def test_a_double_click_makes_one(at: datetime, button: str, typed: dict[str, str], kind: Any) -> None:
    owner = a_client(a_staff_member("owner"))
    row = a_customer() if kind is Consent else a_promotion(at, needs_coupon=True)
    before = kind.objects.count()
    (shown,) = (one for one in owner.get(page_of(row)).context["operation_buttons"] if one["url"].endswith(f"/{button}/"))
    page = owner.get(shown["url"]).context["hidden"] if typed else {"seen": shown["seen"], "slip": shown["slip"]}

    press(owner, row, button, **page, **typed)
    again = press(owner, row, button, **page, **typed)
    assert "두 번 처리하지 않았습니다" in told(again)
    assert kind.objects.count() == before + 1

    anew = owner.get(shown["url"]).context["hidden"]["slip"] if typed else "another-slip"
    press(owner, row, button, **(page | {"slip": anew}), **typed)
    assert kind.objects.count() == before + 2


def test_codes_are_made_and_downloaded_by_those_who_may(client: Client, at: datetime) -> None:
    promotion = a_promotion(at, needs_coupon=True)

    press(client, promotion, "make_codes", seen="1", name="봄", size="3", beginning="spring-", usage_limit="1")
    press(client, promotion, "add_code", seen="1", written="welcome10")

    batch = CouponBatch.objects.get()
    address = reverse("admin:campaigns_couponbatch_download", args=[batch.pk])
    lines = b"".join(client.get(address).streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert LogEntry.objects.filter(object_id=batch.pk, change_message="Downloaded as a table (CSV)").count() == 1
    assert all(line.startswith("SPRING-") for line in lines[1:])
    assert Coupon.objects.filter(code="WELCOME10", batch=None).exists()
    assert a_client(a_staff_member("v", role=Role.VIEWER)).get(address).status_code == 403
    assert "SPRING-" in text(client.get(list_of("coupon"), {"batch": batch.pk}))


def test_a_code_is_found_by_its_beginning_and_switched_off_and_on(client: Client, at: datetime) -> None:
    coupon = a_coupon(code="SUMMER-1")
    a_coupon(code="WINTER-1")

    found = text(client.get(list_of("coupon"), {"q": "summ"}))
    press(client, coupon, "switch_off")
    coupon.refresh_from_db()

    assert "SUMMER-1" in found
    assert "WINTER-1" not in found
    assert not coupon.is_enabled
    press(client, coupon, "switch_on")
    coupon.refresh_from_db()
    assert coupon.is_enabled
    shown = text(client.get(page_of(coupon)))
    assert shown.index("다시 사용 · ") < shown.index("사용 중지 · ")


def test_a_segment_tells_who_changed_its_members(client: Client, at: datetime) -> None:
    segment = Segment.objects.create(code="vip", name="VIP")
    a_customer(external_id="c-1")

    press(client, segment, "add_members", pasted="c-1")

    shown = text(client.get(page_of(segment)))
    assert "고객 추가·제외 기록" in shown
    assert [(one.joined, one.left, one.actor.username) for one in segment.changes.all()] == [(1, 0, "marketer")]


def test_a_trial_shows_what_it_gives_and_why_not(client: Client, at: datetime) -> None:
    variant = a_variant(list_price=10_000)
    promotion = a_promotion(at, minimum_amount=Decimal(30_000), is_enabled=False)
    address = reverse("admin:campaigns_promotion_try", args=[promotion.pk])

    def ask(basket: str, moment: datetime = at) -> Any:
        return client.get(address, {"basket": basket, "at": moment.strftime("%Y-%m-%dT%H:%M:%S%z")})

    assert client.get(address).status_code == 200
    enough = ask(f"{variant.sku} 3")
    assert enough.context["trial"]["given"] == "₩3,000"
    assert "₩30,000" in ask(f"{variant.sku} 1").context["trial"]["refused"]
    assert ask(f"{variant.sku} 3", at - timedelta(days=9)).context["trial"]["refused"]
    assert variant.product.name in text(enough)
    (line,) = enough.context["trial"]["lines"]
    assert (line["list_price"], line["gross"]) == ("₩10,000", "₩30,000")
    assert not Redemption.objects.exists()


def test_a_trial_names_every_bad_line_of_the_basket_at_once(client: Client, at: datetime) -> None:
    variant, promotion = a_variant(), a_promotion(at)
    address = reverse("admin:campaigns_promotion_try", args=[promotion.pk])
    basket = f"{variant.sku} many\n{variant.sku} 1\nNO-SUCH 1\n{variant.sku} 9999999"

    said = client.get(address, {"basket": basket, "at": f"{at:%Y-%m-%dT%H:%M:%S}"}).context["form"].errors["basket"]

    assert [one[:6] for one in said] == ["1번째 줄이", "4번째 줄이", "없는 SKU"]
    assert "NO-SUCH" in said[2]


@pytest.mark.parametrize(("role", "name"), [(Role.MARKETER, "김하늘"), (Role.VIEWER, "김**")])
def test_customers_leave_as_a_table_as_far_as_one_sees_them(at: datetime, role: Role, name: str) -> None:
    a_customer(external_id="c-1", name="김하늘", phone="010-1234-5678", email="sky@example.com")
    a_customer(external_id="=2+5", name="이바다")
    someone = a_client(a_staff_member("someone", role=role))

    whole = streamed(someone.get(reverse("admin:campaigns_customer_table")))
    one = streamed(someone.get(reverse("admin:campaigns_customer_table"), {"q": "c-1"}))

    assert whole.startswith("\ufeff고객 번호,이름,전화번호,이메일,")
    assert "\n'=2+5," in whole
    assert f"c-1,{name}," in one
    assert ("5678" in whole) == ("sky@" in whole) == (role is Role.MARKETER)
    assert len(one.splitlines()) == 2
    assert LogEntry.objects.filter(change_message__startswith="Downloaded as a table (CSV)").count() == 2


def test_codes_leave_as_a_table_for_those_who_make_them_only(client: Client, at: datetime) -> None:
    a_coupon(a_promotion(at, needs_coupon=True), code="SPRING", usage_limit=3)
    viewer = a_client(a_staff_member("viewer", role=Role.VIEWER))

    assert "\nSPRING," in streamed(client.get(reverse("admin:campaigns_coupon_table")))
    assert viewer.get(reverse("admin:campaigns_coupon_table")).status_code == 403
    assert "table.csv" not in text(viewer.get(list_of("coupon")))


@pytest.mark.parametrize("asked", ["name__startswith", "phone__contains", "email"])
def test_an_address_typed_by_hand_does_not_ask_about_what_is_masked(client: Client, at: datetime, asked: str) -> None:
    a_customer(name="김하늘")
    viewer = a_client(a_staff_member("viewer", role=Role.VIEWER))

    assert client.get(list_of("customer"), {asked: "김"}).status_code == 400
    assert viewer.get(list_of("customer"), {asked: "김"}).status_code == 400
    assert viewer.get(reverse("admin:campaigns_customer_table"), {asked: "김"}).status_code == 400
    # The masked columns have no order of their own.
    ordered = [viewer.get(list_of("customer"), {"o": number}).context["cl"].queryset.query.order_by for number in "1234"]
    assert not {"name", "phone", "email"} & {name.lstrip("-") for names in ordered for name in names}


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, State.IN_FORCE),
        ({"starts_at": timedelta(hours=1)}, State.UPCOMING),
        ({"ends_at": timedelta(0)}, State.ENDED),
        ({"is_enabled": False}, State.OFF),
        ({"usage_limit": 1, "used": 1}, State.USED_UP),
        ({"budget": Decimal(5), "spent": Decimal(5)}, State.USED_UP),
        ({"weekdays": [0]}, State.PAUSED),
        ({"weekdays": [5], "from_hour": 19, "until_hour": 20}, State.IN_FORCE),
        ({"weekdays": [5], "from_hour": 18, "until_hour": 19}, State.PAUSED),
    ],
)
@pytest.mark.breaks_promises("uses are typed in, not redeemed")
def test_the_list_can_be_narrowed_to_a_state(
    client: Client, at: datetime, monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], state: State
) -> None:
    monkeypatch.setattr(clock, "now", lambda: at)
    moved = {name: at + value if isinstance(value, timedelta) else value for name, value in values.items()}
    promotion = a_promotion(at, name="the one", **moved)

    for asked in State:
        page = text(client.get(list_of("promotion"), {"state": asked.value}))
        assert (page_of(promotion) in page) is (asked is state), asked


@pytest.mark.breaks_promises("uses are typed in, not redeemed")
def test_the_pages_are_korean(client: Client, at: datetime) -> None:
    some_rows(1, at)
    promotions.create(
        settings=Settings(name="주말", benefit="PERCENT", percent=Decimal(5), starts_at=at, weekdays=(5, 6)), actor=None, at=at
    )
    customers.state_consent(
        external_id=Customer.objects.get().external_id, channel="SMS", purpose="ADVERTISING", is_given=False, text_version="v1",
        source="web", actor=None, at=at,
    )  # fmt: skip
    with override("ko"):
        pages = {page: text(client.get(page, headers={"accept-language": "ko"})) for page in map(list_of, LISTS)}

    assert all(">쿠폰<" in page or "쿠폰" in page for page in pages.values())
    assert "토요일·일요일" in pages[list_of("promotion")]
