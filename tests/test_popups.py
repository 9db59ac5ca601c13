"""The small windows in which a form makes, changes or removes what it refers to: each does it once, and tells the form."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from analytics.models import ServedRegion
from campaigns.models import Campaign, Promotion, Segment
from inventory.models import Category, Product, PurchaseOrder, ReorderPolicy, Supplier, Variant, Warehouse
from tests.builders import a_category, a_product, a_supplier, a_variant, a_warehouse
from tests.config.kernel.pages import a_client, a_staff_member, text

pytestmark = pytest.mark.django_db

# What is typed into the window of each kind of row that a form of the shop refers to, beside what stands in it already.
TYPED: dict[type[Model], dict[str, str]] = {
    Category: {"name": "접시", "code": "plates"},
    Product: {"name": "큰 접시", "tax_class": "STANDARD"},
    Variant: {"sku": "PLATE-1", "list_price": "9000", "cost": "4000"},
    Supplier: {"name": "가온 도예", "code": "gaon"},
    Warehouse: {"name": "부산 물류센터", "code": "busan", "priority": "7"},
    Campaign: {"name": "봄맞이"},
    Segment: {"name": "단골", "code": "regulars"},
}
FORMS: list[type[Model]] = [Product, Variant, PurchaseOrder, Promotion, ReorderPolicy, Supplier, Category, ServedRegion]
# Which of their forms refers to which kind of row.
REFERS = {
    (Product, Category), (Variant, Product), (PurchaseOrder, Supplier), (PurchaseOrder, Warehouse), (PurchaseOrder, Variant),
    (Promotion, Campaign), (Promotion, Segment), (ReorderPolicy, Variant), (ReorderPolicy, Warehouse),
    (Supplier, Variant), (Category, Category), (ServedRegion, Warehouse),
}  # fmt: skip


@pytest.fixture
def client() -> Client:
    return a_client(a_staff_member())


def address(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def links(page: Any, what: str) -> set[str]:
    """Where the form's own links to such windows lead; the row's key stands open in those that change or remove it."""
    found = re.findall(r'<a[^>]*class="[^"]*related-widget-wrapper-link[^>]*>', text(page), re.DOTALL)
    wanted = [one for one in found if f"{what}-related" in one]
    return {
        re.search(r'(?:data-href-template|href)="([^"]+)"', one)[1].replace("&amp;", "&")  # type: ignore[index]
        for one in wanted
    }


def model_of(link: str) -> type[Model]:
    app, name = link.split("/")[2:4]
    return next(model for model in admin.site._registry if (model._meta.app_label, model._meta.model_name) == (app, name))


def written(page: Any) -> dict[str, str]:
    """Everything the form on the page would send as it stands."""
    form = page.context["adminform"].form
    values = {**dict(_values(form)), "slip": page.context.get("slip", ""), "_popup": "1"}
    for one in page.context["inline_admin_formsets"]:
        values |= {f"{one.formset.prefix}-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    return values


def _values(form: Any) -> Iterator[tuple[str, str]]:
    for bound in form:
        value = bound.value()
        if isinstance(value, bool):
            if value:
                yield bound.html_name, "on"
        elif value is not None and not isinstance(value, list):
            yield bound.html_name, str(getattr(value, "pk", value))


def told(page: Any) -> dict[str, Any]:
    """What the window hands to the form that opened it."""
    assert page.status_code == 200
    assert page.templates[0].name == "admin/popup_response.html", [
        *(page.context["errors"] if page.context and "errors" in page.context else ()), text(page)[:300]
    ]  # fmt: skip
    answer: dict[str, Any] = json.loads(page.context["popup_response_data"])
    return answer


def test_every_reference_that_is_followed_in_a_window_is_tried_here(client: Client) -> None:
    found = {(model, model_of(link)) for model in FORMS for link in links(client.get(address(model, "add")), "add")}
    request = RequestFactory().get("/admin/")
    request.user = a_staff_member("second")
    others = [
        model
        for model, page in admin.site._registry.items()
        if page.has_add_permission(request)
        and model not in FORMS
        and model._meta.app_label in ("inventory", "campaigns", "orders", "analytics")
        and links(client.get(address(model, "add")), "add")
    ]

    assert found == REFERS
    assert others == []


@pytest.mark.parametrize(("form", "model"), sorted(REFERS, key=str))
class TestTheWindow:
    @pytest.fixture
    def typed(self, model: Any) -> dict[str, str]:
        beside = {Product: lambda: {"category": a_category().pk}, Variant: lambda: {"product": a_product().pk}}
        return TYPED[model] | {name: str(key) for name, key in beside.get(model, dict)().items()}

    def test_a_row_made_in_it_is_there_and_named_to_the_form(
        self, client: Client, form: type[Model], model: Any, typed: dict[str, str]
    ) -> None:
        [link] = {one for one in links(client.get(address(form, "add")), "add") if model_of(one) is model}
        before = set(model.objects.values_list("pk", flat=True))

        window = client.get(link)
        answer = told(client.post(link.split("?")[0], written(window) | typed))

        [row] = model.objects.exclude(pk__in=before)
        assert (answer["value"], answer["obj"]) == (str(row.pk), str(row))
        assert LogEntry.objects.filter(object_id=str(row.pk), content_type__model=model._meta.model_name).count() == 1

    def test_a_second_click_makes_no_second_row(
        self, client: Client, form: type[Model], model: Any, typed: dict[str, str]
    ) -> None:
        sent = written(client.get(address(model, "add"), {"_popup": "1"})) | typed
        client.post(address(model, "add"), sent)
        before = model.objects.count()

        client.post(address(model, "add"), sent)

        assert model.objects.count() == before

    def test_what_is_wrong_is_asked_again_and_then_made_from_the_same_window(
        self, client: Client, form: type[Model], model: Any, typed: dict[str, str]
    ) -> None:
        before = model.objects.count()
        sent = written(client.get(address(model, "add"), {"_popup": "1"})) | typed
        wrong = client.post(address(model, "add"), {**sent, next(iter(TYPED[model])): ""})

        assert wrong.status_code == 200
        assert wrong.context["errors"]
        assert model.objects.count() == before
        told(client.post(address(model, "add"), {**sent, "slip": wrong.context["slip"]}))
        assert model.objects.count() == before + 1


@pytest.fixture
def row(model: Any, at: datetime) -> Any:
    made = {
        Category: a_category, Product: a_product, Variant: a_variant, Supplier: a_supplier, Warehouse: a_warehouse,
        Campaign: lambda: Campaign.objects.create(name="여름"),
        Segment: lambda: Segment.objects.create(name="새 고객", code="new"),
    }  # fmt: skip
    return made[model]()


@pytest.mark.parametrize("model", list(TYPED))
def test_a_row_changed_in_its_window_is_changed_and_named_anew(client: Client, model: Any, row: Any) -> None:
    window = client.get(address(model, "change", row.pk), {"_popup": "1"})

    answer = told(client.post(address(model, "change", row.pk), written(window) | {"name": "고친 이름"}))

    row.refresh_from_db()
    assert row.name == "고친 이름"
    assert (answer["action"], answer["value"], answer["new_value"]) == ("change", str(row.pk), str(row.pk))


@pytest.mark.parametrize("model", [Campaign, Segment, Category])
def test_a_row_removed_in_its_window_is_gone_from_the_form(client: Client, model: Any, row: Any) -> None:
    answer = told(client.post(address(model, "delete", row.pk), {"post": "yes", "_popup": "1"}))

    assert not model.objects.filter(pk=row.pk).exists()
    assert answer == {"action": "delete", "value": str(row.pk)}
