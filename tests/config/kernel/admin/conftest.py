"""Who sits before the kernel's pages: an owner, unless a test says otherwise."""

import pytest
from django.test import Client

from config.kernel.models import User
from tests.config.kernel.pages import a_client, a_staff_member


@pytest.fixture
def owner() -> User:
    return a_staff_member()


@pytest.fixture
def client(owner: User) -> Client:
    return a_client(owner)
