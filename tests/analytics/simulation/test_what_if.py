"""What if: a question is asked, played over the shop's own past, kept and read, by whom it concerns."""

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from analytics.models import DailyDemand, DailySales, Simulation
from analytics.operations import simulations
from analytics.operations.simulations import Question
from analytics.queries import buying_terms
from config.kernel import clock, jobs, shop
from config.kernel.admin import slips
from config.kernel.models import JobRun
from config.kernel.roles import Role
from inventory.models import Category, ServiceClass, Variant, Warehouse
from tests.builders import a_category, a_product, a_variant, a_warehouse
from tests.config.kernel.pages import a_client, a_staff_member, foreign_words, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.breaks_promises("sales of days are written without their orders")]

DAY = timedelta(days=1)
ASKED = Question(Decimal("0.97"), 7, Decimal(4000), Decimal("0.25"), 56)
LIST, ASK = (reverse(f"admin:analytics_simulation_{name}") for name in ("changelist", "ask"))


def sold(
    variant: Variant, *, last: date, days: int = 240, every: int = 2, units: int = 3, warehouse: Warehouse | None = None
) -> None:
    """So many every other day, at 10,000 with a tenth of tax, at a cost of 5,000; and wanted at the warehouse."""
    on = [last - number * DAY for number in range(0, days, every)]
    amounts = [units + number % 4 for number in range(len(on))]
    DailySales.objects.bulk_create(
        DailySales(
            day=day, variant=variant, units=count, gross=11_000 * count, discounts=0, tax=1_000 * count, cost=5_000 * count,
            returned_units=0, returned=0, returned_tax=0, returned_cost=0,
        )
        for day, count in zip(on, amounts, strict=True)
    )  # fmt: skip
    if warehouse:
        DailyDemand.objects.bulk_create(
            DailyDemand(
                day=day, variant=variant, warehouse=warehouse, lines=1, units=1, bulk_units=0, promoted_units=0,
                returned_units=0, sold_out=0,
            )
            for day in on
        )  # fmt: skip


@pytest.fixture
def cups() -> Category:
    category = a_category(name="-")
    last = shop.day(clock.now()) - DAY
    for number in range(3):
        sold(a_variant(a_product(category)), last=last, every=2 + number)
    ServiceClass.objects.exclude(abc="A", xyz="X").delete()
    ServiceClass.objects.update(service_level=Decimal("0.9"))
    return category


def ask(question: Question = ASKED) -> Simulation:
    return simulations.ask(question=question, actor=None, at=clock.now())


def played(question: Question = ASKED) -> Simulation:
    pytest.importorskip("numpy")
    return simulations.play(simulation_id=ask(question).pk, at=clock.now())


def test_a_question_is_kept_with_the_terms_of_today_and_a_worker_is_asked(cups: Category) -> None:
    row = ask()

    assert (row.state, row.result) == (Simulation.State.REQUESTED, {})
    assert row.last - row.first == 55 * DAY
    assert buying_terms.Today.of_plain(row.today) == buying_terms.today()
    assert row.today["class_levels"] == {"AX": "0.9000"}
    assert JobRun.objects.get(name=simulations.SIMULATE).arguments == {"simulation": row.pk}
    assert jobs.known()[simulations.SIMULATE].queue == "slow"


def test_the_answer_holds_three_rules_against_each_other_over_the_shops_own_prices(cups: Category) -> None:
    row = played()

    assert row.state == Simulation.State.DONE
    assert row.result["skus"] == 3
    assert row.result["days"] == 56
    assert row.result["cost_share"] == pytest.approx(0.5), "of the price without tax"
    policies = row.result["policies"]
    assert set(policies) == {"today", "textbook", "what_if"}
    for told in policies.values():
        assert told["total"] == pytest.approx(told["holding"] + told["ordering"] + told["lost_margin"])
    assert policies["what_if"]["captured"]["low"] <= policies["what_if"]["captured"]["high"]
    levels = [point["level"] for point in row.result["curve"] if point["policy"] == "what_if"]
    assert levels == sorted(levels)
    assert len(levels) == 8


def test_the_same_terms_as_today_come_to_the_same_as_today(cups: Category) -> None:
    ServiceClass.objects.all().delete()
    now = buying_terms.today()

    found = played(replace(ASKED, service_level=now.service_level, lead_days=now.lead_days)).result["policies"]

    assert found["today"] == found["what_if"]


def test_a_class_without_a_level_of_its_own_has_the_usual_one(cups: Category) -> None:
    found = played(replace(ASKED, service_level=Decimal("0.95"))).result["policies"]

    assert found["today"] != found["what_if"], "steady goods of class A are promised less today"


def test_it_is_limited_to_a_category_a_class_and_a_warehouse(cups: Category) -> None:
    place, other = a_warehouse(), a_variant(a_product(a_category()))
    sold(other, last=shop.day(clock.now()) - DAY, warehouse=place)

    assert played().result["skus"] == 4
    assert played(replace(ASKED, category_id=cups.pk)).result["skus"] == 3
    there = played(replace(ASKED, warehouse_id=place.pk)).result
    assert (there["skus"], there["units"]) == (1, 28), "what was wanted there, not what was sold everywhere"
    narrowed = [played(replace(ASKED, abc=abc)) for abc in "ABC"]
    assert sum(row.result.get("skus", 0) for row in narrowed) == 4
    assert all({name[0] for name in row.result["policies"]["today"]["by_class"]} == {row.abc} for row in narrowed if row.result)


def test_goods_without_a_past_are_told_not_played() -> None:
    row = played()

    assert (row.state, row.failure) == (Simulation.State.FAILED, Simulation.Failure.HISTORY)


def test_it_is_played_once(cups: Category) -> None:
    row = played()

    assert simulations.play(simulation_id=row.pk, at=clock.now() + DAY).ran_at == row.ran_at
    with pytest.raises(simulations.UnknownSimulation):
        simulations.play(simulation_id=row.pk + 1, at=clock.now())


def test_without_the_extra_the_row_names_it(cups: Category, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulations, "find_spec", lambda name: None)
    row = ask()

    done = jobs.known()[simulations.SIMULATE].body(simulation=row.pk, at=clock.now())

    assert done.summary["no_answer"] == "EXTRA"
    page = a_client(a_staff_member()).get(reverse("admin:analytics_simulation_change", args=[row.pk]))
    assert "backoffice[forecast]" in page.content.decode()


def test_what_breaks_off_is_told_and_the_run_fails(cups: Category, monkeypatch: pytest.MonkeyPatch) -> None:
    row = ask()
    Simulation.objects.filter(pk=row.pk).update(today={})

    with pytest.raises(KeyError):
        simulations.play(simulation_id=row.pk, at=clock.now())

    row.refresh_from_db()
    assert row.failure == Simulation.Failure.BROKEN


@pytest.mark.parametrize(
    ("field", "question"),
    [
        ("service_level", replace(ASKED, service_level=Decimal("0.4"))),
        ("lead_days", replace(ASKED, lead_days=0)),
        ("order_cost", replace(ASKED, order_cost=Decimal(-1))),
        ("holding_rate", replace(ASKED, holding_rate=Decimal(0))),
        ("days", replace(ASKED, days=7)),
        ("days", replace(ASKED, lead_days=50)),
        ("abc", replace(ASKED, abc="D")),
        ("fed", replace(ASKED, fed="RUMOR")),
    ],
)
def test_what_makes_no_sense_is_refused_naming_the_field(field: str, question: Question) -> None:
    with pytest.raises(simulations.SimulationRefused) as refusal:
        ask(question)

    assert refusal.value.details == {"field": field}
    assert not Simulation.objects.exists()


def test_a_hundred_are_kept_and_what_no_worker_played_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulations, "KEPT", 2)
    old, lost = ask(), ask()
    Simulation.objects.filter(pk=old.pk).update(asked_at=clock.now() - 3 * DAY)
    Simulation.objects.filter(pk=lost.pk).update(asked_at=clock.now() - 2 * DAY)

    new = ask()

    assert set(Simulation.objects.values_list("pk", flat=True)) == {lost.pk, new.pk}
    lost.refresh_from_db()
    assert lost.failure == Simulation.Failure.LOST


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_page_is_in_the_language_of_the_reader(cups: Category, language: str) -> None:
    row = played()
    client = a_client(a_staff_member())
    client.cookies["django_language"] = language
    for address in (LIST, ASK, reverse("admin:analytics_simulation_change", args=[row.pk])):
        page = client.get(address)

        assert page.status_code == 200
        left = re.sub(r"\bCSV\b|\b[ABC][XYZ]\b", "", words_of(page))
        assert foreign_words(left, language) == [], address


def answer(client: Client, row: Simulation) -> str:
    return client.get(reverse("admin:analytics_simulation_change", args=[row.pk])).content.decode()


def test_the_answer_is_told_in_sentences_a_table_and_a_curve_that_can_be_read_aloud(cups: Category) -> None:
    row = played()
    client = a_client(a_staff_member())
    client.cookies["django_language"] = "en"

    page = answer(client, row)

    assert "With 97% the shop would hold" in page
    assert page.count('class="chart-dot') == 8 + 5 + 2
    assert page.count('tabindex="0" role="img" aria-label="') == 15
    file = client.get(reverse("admin:analytics_simulation_csv", args=[row.pk]))
    lines = b"".join(file.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 1 + 3 * (1 + len(row.result["policies"]["today"]["by_class"])) + 13


def test_buyers_ask_and_who_may_not_see_costs_is_told_none(cups: Category) -> None:
    pytest.importorskip("numpy")
    buyer = a_client(a_staff_member("buyer", role=Role.BUYER))
    form = {"service_level": "98", "lead_days": "7", "order_cost": "4000", "holding_rate": "25", "days": "56", "fed": "SALES",
            "category": "", "warehouse": "", "abc": "", slips.FIELD: "one"}  # fmt: skip

    page = buyer.post(ASK, form)
    again = buyer.post(ASK, form)

    row = Simulation.objects.get()
    assert page.headers["Location"] == reverse("admin:analytics_simulation_change", args=[row.pk])
    assert again.headers["Location"] == LIST
    assert (row.service_level, row.holding_rate) == (Decimal("0.98"), Decimal("0.25"))
    porter = a_client(a_staff_member("porter", role=Role.WAREHOUSE))
    assert [porter.get(address).status_code for address in (ASK, LIST)] == [403, 403]

    simulations.play(simulation_id=row.pk, at=clock.now())
    assert "₩" in answer(buyer, row)


def test_who_may_look_without_seeing_costs_reads_days_of_cover_in_their_place(
    cups: Category, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inventory.admin import costs

    monkeypatch.setattr(costs, "sees", lambda request: False)
    row = played()
    client = a_client(a_staff_member())
    client.cookies["django_language"] = "en"

    page = answer(client, row)

    assert "₩" not in page
    assert "Days of cover" in page
    assert "Holding" not in client.get(ASK).content.decode()
    file = client.get(reverse("admin:analytics_simulation_csv", args=[row.pk]))
    assert "Lost margin" not in b"".join(file.streaming_content).decode()  # type: ignore[attr-defined]


def test_a_form_that_asks_for_nonsense_names_the_field() -> None:
    page = a_client(a_staff_member()).post(ASK, {"service_level": "30", "lead_days": "0", "days": "5", "fed": "SALES"})

    assert page.status_code == 200
    assert {"service_level", "lead_days", "days", "order_cost", "holding_rate"} <= set(page.context["form"].errors)
    assert not Simulation.objects.exists()
