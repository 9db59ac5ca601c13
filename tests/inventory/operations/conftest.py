"""Where goods lie and who buys them."""

import pytest

from config.kernel.models import User
from inventory.models import (
    Warehouse,
)
from tests.builders import a_warehouse


@pytest.fixture
def store() -> Warehouse:
    return a_warehouse()


@pytest.fixture
def buyer() -> User:
    return User.objects.create_user("buyer", is_staff=True)
