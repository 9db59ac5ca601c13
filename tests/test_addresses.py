"""What may be asked by the address of a page, and what it answers to what nobody of the shop would ask."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from django.db.models import Field, JSONField, Model
from django.test import Client, RequestFactory
from django.urls import reverse

from analytics.models import ForecastRun, SlotRun
from campaigns.models import Customer
from campaigns.models.customer import SEES_PERSONAL
from config.kernel.models import User
from config.kernel.roles import Role
from inventory.models import PurchaseOrder, ReplenishmentProposal, StockMovement, Variant, Warehouse
from orders.models import Order
from tests.budgets import pages
from tests.budgets.world import NOW, World
from tests.config.kernel.pages import a_client, a_staff_member, text

# Before the tests that empty the database.
pytestmark = pytest.mark.django_db

MODELS: list[Any] = sorted(admin.site._registry, key=lambda model: model._meta.label)
SEES_COSTS = "inventory.see_cost"
# What a list reads by itself, beside its filters.
OWN = {Order: ("list", "customer")}
# Shown on one page of another shape.
WITHOUT_LIST: tuple[Any, ...] = (ForecastRun, SlotRun)
OF_EVERY_LIST = ("q", "o", "p", "all", "_to_field")
# What stands in a column of its own on some list and is not for everybody.
GUARDED = {
    Customer: {"name": SEES_PERSONAL, "phone": SEES_PERSONAL, "email": SEES_PERSONAL},
    Order: {"ship_to": SEES_PERSONAL, "note": SEES_PERSONAL},
    Variant: {"cost": SEES_COSTS},
    StockMovement: {"unit_cost": SEES_COSTS},
    Warehouse: {"value": SEES_COSTS},
    PurchaseOrder: {"amount": SEES_COSTS},
    ReplenishmentProposal: {"explanation": SEES_COSTS},
}

# Nobody types these, and each has broken some program. `make prove` tries all of them with every parameter; else each parameter
# gets two, so that all are tried with some.
ODD = ("(", "-1", "9" * 30, "1e400", "NaN", "0001-01-01", "9999-12-31", "2026-02-30", "한" * 300, "\U0001f600")


def odd(place: int, how_many: int) -> list[str]:
    """Those that the parameter at this place of all parameters is tried with."""
    return [ODD[(place * how_many + number) % len(ODD)] for number in range(how_many)]


def of_other_pages(world: World) -> list[tuple[str, str]]:
    """Addresses of pages that are no lists of the admin, each with a parameter that it reads."""
    slip = reverse("admin:orders_order_packing_slip", args=[world.shipped.pk])
    named = {
        reverse("admin:orders_order_changelist"): ("list", "customer"),
        reverse("admin:orders_order_picking"): ("warehouse",),
        slip: ("parcel", "language", "prices"),
        reverse("admin:analytics_hourlysales_changelist"): ("by", "first", "last"),
        reverse("admin:analytics_dailyfunnel_changelist"): ("first", "last", "channel", "category"),
        reverse("admin:analytics_dailysearch_changelist"): ("first", "last"),
        **{
            reverse(name): ("metric", "beside", "first", "last", "by", "against", "form", "channel", "category", "sku")
            for name in ("admin:analytics_explorer", "admin:analytics_explorer_csv")
        },
        reverse("admin:analytics_visit_journey", args=[world.customer.pk]): ("before",),
        reverse("admin:inventory_stockcount_count"): ("warehouse", "skus"),
        reverse("admin:campaigns_promotion_try", args=[world.promotion.pk]): ("basket", "at", "codes", "customer"),
        reverse("admin:autocomplete"): ("term", "app_label", "model_name", "field_name", "page"),
    }
    return [(address, name) for address, names in named.items() for name in names]


@pytest.fixture
def owner() -> User:
    return a_staff_member()


def a_list(model: Any, user: User, asked: dict[str, str]) -> Any:
    """The list as it would be shown, or what refuses it."""
    request: Any = RequestFactory().get("/", asked)
    request.user, request.session = user, {}
    request._messages = FallbackStorage(request)
    return admin.site._registry[model].get_changelist_instance(request)


def parameters(model: Any, user: User) -> set[str]:
    """By which names the list may be narrowed, beside its search."""
    shown = a_list(model, user, {})
    chosen = {one.parameter_name for one in shown.list_filter if hasattr(one, "parameter_name")}
    named = {name for one in shown.filter_specs for name in one.expected_parameters()}
    return {*chosen, *named, *shown.model_admin.also_narrowed_by, *OWN.get(model, ())}


def looked_up(model: type[Model]) -> Iterator[str]:
    """Ways to ask for each field of a kind of row, and for each of those it refers to and is referred to by."""
    for field in model._meta.get_fields():
        yield from _ways(field.name, field)
        if field.is_relation and field.related_model and not isinstance(field.related_model, str):
            for beyond in field.related_model._meta.get_fields():
                if isinstance(beyond, Field) and not beyond.is_relation:
                    yield from _ways(f"{field.name}__{beyond.name}", beyond)


def _ways(path: str, field: Any) -> Iterator[str]:
    yield path
    yield f"{path}__gt"
    yield f"{path}__startswith"
    if isinstance(field, JSONField):
        yield f"{path}__phone__startswith"
        yield f"{path}__unit_cost"


def guarded(model: type[Model], user: User) -> Iterator[str]:
    """What this person is not shown of such a row, and of those it refers to."""
    for name, right in GUARDED.get(model, {}).items():
        if not user.has_perm(right):
            yield name
    for field in model._meta.get_fields():
        for name, right in GUARDED.get(field.related_model, {}).items():  # type: ignore[call-overload]
            if not user.has_perm(right):
                yield f"{field.name}__{name}"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
class TestEveryList:
    def test_no_field_can_be_asked_for_beside_its_filters(self, owner: User, model: Any) -> None:
        allowed = parameters(model, owner)
        answered = []
        for asked in looked_up(model):
            if asked in allowed:
                continue
            try:
                a_list(model, owner, {asked: "1"})
            except (DisallowedModelAdminLookup, IncorrectLookupParameters):
                continue
            answered.append(asked)

        assert answered == []

    def test_nobody_narrows_or_orders_it_by_what_they_are_not_shown(self, model: Any) -> None:
        told = []
        for role in Role:
            user = a_staff_member(f"one-{role.value}", role=role, superuser=False)
            shown = a_list(model, user, {})
            orders = {str(shown.get_ordering_field(column) or "").lstrip("-") for column in shown.list_display}
            for hidden in guarded(model, user):
                told += [(role, one) for one in orders | parameters(model, user) if f"{one}__".startswith(f"{hidden}__")]

        assert told == []


@pytest.fixture(scope="class")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """One shop for all who only look at it; what they do themselves is taken back after each."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield World(1, NOW)
        transaction.set_rollback(True)


@pytest.fixture(params=[2, pytest.param(len(ODD), marks=pytest.mark.prove)])
def how_many(request: pytest.FixtureRequest) -> int:
    return int(request.param)


class TestTheBusyShop:
    @pytest.fixture
    def client(self, world: World, owner: User) -> Client:
        return a_client(owner)

    def test_every_link_of_every_page_to_a_narrowed_list_leads_there(self, client: Client, world: World) -> None:
        found: set[str] = set()
        for address in pages.of_the_admin(world).values():
            if re.search(r"/(press|delete|history|autocomplete|rejects)/|table.csv", address):
                continue
            page: Any = client.get(address)
            if "text/html" in page.headers["Content-Type"]:
                found |= {unescape(one) for one in re.findall(r'href="(/admin/[^"]*\?[^"]+)"', text(page))}
        # The second value of a filter goes the way of the first.
        alike: dict[str, str] = {
            re.sub(r"=[^&]*", "", one): one for one in sorted(found) if re.match(r"/admin/\w+/\w+/\?", one)
        }
        lists = set(alike.values())

        assert len(lists) > 30
        assert {one: status for one in sorted(lists) if (status := client.get(one).status_code) != 200} == {}

    def test_odd_values_are_answered_by_every_list_and_every_parameter(self, world: World, owner: User, how_many: int) -> None:
        named = [(model, name) for model in MODELS for name in (*sorted(parameters(model, owner)), *OF_EVERY_LIST)]
        troubled = []
        for place, (model, name) in enumerate(named):
            for value in odd(place, how_many):
                try:
                    list(a_list(model, owner, {name: value}).queryset[:1])
                except (IncorrectLookupParameters, SuspiciousOperation):
                    continue  # the list as a whole, and a page that says so
                except Exception as trouble:
                    troubled.append((model._meta.label, name, value, repr(trouble)))

        assert troubled == []

    def test_odd_values_are_answered_by_every_other_page(self, client: Client, world: World, how_many: int) -> None:
        asked = [(*page, value) for place, page in enumerate(of_other_pages(world)) for value in odd(place, how_many)]

        for address, name, value in asked:
            assert client.get(address, {name: value}).status_code < 500, (address, name, value)

    def test_an_address_with_a_nul_is_refused_whatever_it_asks(self, client: Client, owner: User, world: World) -> None:
        asked = [
            (reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"), name)
            for model in MODELS
            if model not in WITHOUT_LIST
            for name in (*sorted(parameters(model, owner)), *OF_EVERY_LIST)
        ]
        for address, name in [*asked, *of_other_pages(world)]:
            for value in ("\0", "a\0b"):
                assert client.get(address, {name: value}).status_code == 400, (address, name)
