"""A member of staff logs in, in either language and on any screen, and sees the state of the shop."""

import re

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from config.kernel.models import JobRun, User
from config.kernel.roles import Role
from tests.e2e.browser import NARROW, WIDE
from tests.e2e.conftest import Visitor

PASSWORD = "right-horse-battery"


def an_owner(name: str) -> User:
    return User.objects.create_user(name, password=PASSWORD, is_staff=True, is_superuser=True)


def test_the_owner_logs_in_with_a_password_and_sees_every_part_of_the_shop_at_work(visitor: Visitor) -> None:
    an_owner("kim")
    visit = visitor()

    visit.open("/")
    expect(visit.page).to_have_url(re.compile(r"/admin/login/"))
    visit.page.fill("input[name=username]", "kim")
    visit.page.fill("input[name=password]", PASSWORD)
    visit.page.click("button[type=submit]")

    expect(visit.page).to_have_url(f"{visit.url}/admin/")
    expect(visit.page.locator("body")).to_contain_text("데이터베이스")
    expect(visit.page.locator("body")).to_contain_text("PostgreSQL")
    visit.picture("home-ko-wide")


def test_a_wrong_password_is_refused_in_korean(visitor: Visitor) -> None:
    an_owner("park")
    visit = visitor()

    visit.open("/admin/login/")
    visit.page.fill("input[name=username]", "park")
    visit.page.fill("input[name=password]", "wrong")
    visit.page.click("button[type=submit]")

    expect(visit.page).to_have_url(re.compile(r"/admin/login/"))
    expect(visit.page.locator("body")).to_contain_text(re.compile("[가-힣]+.*비밀번호"))


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_home_page_fits_every_screen_in_both_languages(visitor: Visitor, language: str, viewport: dict[str, int]) -> None:
    visit = visitor(language=language, viewport=viewport)
    visit.log_in(an_owner(f"owner-{language}-{viewport['width']}"))

    visit.open("/admin/")

    expect(visit.page.locator("body")).to_contain_text("데이터베이스" if language == "ko" else "Database")
    assert visit.fits_its_screen()
    visit.picture(f"home-{language}-{viewport['width']}")


def test_the_language_is_changed_on_the_page(visitor: Visitor) -> None:
    visit = visitor(language="ko")
    visit.log_in(an_owner("bilingual"))
    visit.open("/admin/")

    visit.page.locator('form[action$="/i18n/setlang/"]:has(input[value=en])').first.evaluate("form => form.submit()")

    expect(visit.page.locator("html")).to_have_attribute("lang", "en")


def test_a_job_is_run_from_its_page_and_its_record_appears(visitor: Visitor) -> None:
    owner = an_owner("runs-jobs")
    visit = visitor(language="en")
    visit.log_in(owner)
    earlier = JobRun.objects.filter(name="kernel.deliver_due_events", state=JobRun.State.SUCCEEDED).latest("id")

    visit.open(f"/admin/kernel/jobrun/{earlier.pk}/change/")
    visit.page.get_by_role("button", name="Run again").or_(visit.page.get_by_role("link", name="Run again")).first.click()

    visit.page.wait_for_load_state()
    again = JobRun.objects.get(asked_by=owner)
    assert again.name == earlier.name


@pytest.mark.parametrize("role", list(Role))
def test_every_role_reaches_its_home_page(visitor: Visitor, role: Role) -> None:
    user = User.objects.create_user(f"one-{role.value}", is_staff=True)
    user.groups.add(Group.objects.get(name=role.value))
    visit = visitor()
    visit.log_in(user)

    visit.open("/admin/")

    assert visit.fits_its_screen()
