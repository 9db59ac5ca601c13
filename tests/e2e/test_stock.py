"""Somebody in the warehouse corrects stock in a hurry: two clicks where one was meant."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from config.kernel.models import User
from config.kernel.roles import Role
from inventory.models import StockLevel
from inventory.operations import stock
from tests.builders import a_stocked_variant, a_warehouse
from tests.e2e.browser import SCREENS
from tests.e2e.conftest import Visitor


@pytest.mark.parametrize(("language", "viewport"), SCREENS)
def test_a_double_click_corrects_the_stock_once(
    visitor: Visitor, at: datetime, language: str, viewport: dict[str, Any]
) -> None:
    keeper = User.objects.create_user(f"keeper-{language}-{viewport['width']}", is_staff=True)
    keeper.groups.add(Group.objects.get(name=Role.WAREHOUSE))
    warehouse = a_warehouse()
    cup = a_stocked_variant(10, warehouse)
    StockLevel.objects.filter(variant=cup).update(on_hand=12)
    stock.audit(at=at, repair=True, actor=keeper)
    level = StockLevel.objects.get(variant=cup)

    visit = visitor(language=language, viewport=viewport)
    visit.log_in(keeper)
    visit.open("/admin/inventory/stockrepair/")
    assert visit.fits_its_screen()
    visit.picture(f"stock-repairs-{language}-{viewport['width']}")
    visit.open(f"/admin/inventory/stocklevel/{level.pk}/press/adjust/")
    visit.page.locator("[name=quantity]").fill("3")
    visit.page.locator("[name=reason]").fill("찾음")
    visit.page.locator(".form-buttons button").dblclick()
    expect(visit.page.locator(".operation-buttons")).to_be_visible()
    assert visit.fits_its_screen()
    visit.picture(f"stock-adjusted-{language}-{viewport['width']}")

    visit.open(f"/admin/inventory/stocklevel/{level.pk}/change/")
    assert visit.complaints == []

    level.refresh_from_db()
    assert level.on_hand == 13
