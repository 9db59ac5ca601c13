"""What the tests of inventory's pages share: who sits before them, how a button is pressed and what the page then tells."""

from typing import Any

from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from config.kernel.models import User
from config.kernel.roles import Role
from inventory.models import (
    StockLevel,
    Variant,
)


def address(model: Any, page: str = "changelist", *arguments: Any) -> str:
    return reverse(f"admin:inventory_{model._meta.model_name}_{page}", args=arguments)


def someone(role: Role) -> Client:
    user = User.objects.create_user(f"one-{role.value}", is_staff=True, is_superuser=role is Role.OWNER)
    user.groups.add(Group.objects.get(name=role.value))
    client = Client()
    client.force_login(user, backend="config.kernel.accounts.StaffBackend")
    return client


def level(variant: Variant) -> StockLevel:
    return StockLevel.objects.get(variant=variant)


def press(client: Client, row: Any, button: str, **values: Any) -> Any:
    return client.post(address(type(row), "press", row.pk, button), values, follow=True)


def told(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def lines(*rows: dict[str, Any], already: int = 0) -> dict[str, Any]:
    """The lines of the purchase order's form as a browser sends them."""
    sent: dict[str, Any] = {"lines-TOTAL_FORMS": len(rows), "lines-INITIAL_FORMS": already}
    for number, row in enumerate(rows):
        sent |= {f"lines-{number}-{name}": value for name, value in row.items()}
    return sent
