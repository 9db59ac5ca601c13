"""A member of staff logs in, in either language and on any screen, and sees the state of the shop."""

import re
import time

import pytest
from django.contrib.auth.models import Group, Permission
from playwright.sync_api import expect

from config.kernel.models import JobRun, User
from config.kernel.roles import Role
from tests.e2e.browser import SCREENS
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


@pytest.mark.parametrize(("language", "viewport"), SCREENS)
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

    expect(visit.page.locator("body")).to_contain_text("Asked for another run")
    again = JobRun.objects.get(asked_by=owner)
    assert again.name == earlier.name


def test_a_job_asked_for_on_the_page_is_soon_shown_as_succeeded(visitor: Visitor) -> None:
    visit = visitor(language="en")
    visit.log_in(an_owner("asks-for-a-job"))

    visit.open("/admin/kernel/jobrun/run/")
    visit.page.get_by_label("Job").select_option("kernel.sweep_job_runs")
    visit.page.get_by_role("button", name="Run now").click()

    expect(visit.page).to_have_url(re.compile(r"/admin/kernel/jobrun/\d+/change/$"))
    expect(visit.page.locator("body")).to_contain_text("asks-for-a-job")
    succeeded = visit.page.get_by_text("succeeded", exact=True)
    deadline = time.monotonic() + 20
    while not succeeded.count() and time.monotonic() < deadline:
        visit.page.wait_for_timeout(300)
        visit.page.reload()
    expect(succeeded).to_have_count(1)


def test_who_may_only_look_is_offered_no_run(visitor: Visitor) -> None:
    onlooker = User.objects.create_user("only-looks", is_staff=True)
    onlooker.groups.add(Group.objects.get(name=Role.VIEWER))
    onlooker.user_permissions.add(Permission.objects.get(codename="view_jobrun"))
    run = JobRun.objects.filter(name="kernel.deliver_due_events").latest("id")
    offers = re.compile("run (again|now|a job)", re.IGNORECASE)

    for user, offered in [(an_owner("may-run"), 1), (onlooker, 0)]:
        visit = visitor(language="en")
        visit.log_in(user)
        for path in (f"/admin/kernel/jobrun/{run.pk}/change/", "/admin/kernel/jobrun/"):
            visit.open(path)
            found = visit.page.get_by_role("button", name=offers).or_(visit.page.get_by_role("link", name=offers))
            expect(found).to_have_count(offered)


def test_the_state_is_renewed_but_not_under_the_readers_fingers(visitor: Visitor) -> None:
    visit = visitor()
    visit.log_in(an_owner("reads-by-keyboard"))
    visit.page.clock.install()
    visit.open("/admin/")
    mark = visit.page.locator("#state [data-mark]")
    visit.page.locator("#state h2").evaluate("heading => heading.setAttribute('data-mark', '')")

    visit.page.locator("#state a").first.focus()
    visit.page.clock.run_for(25_000)
    visit.page.wait_for_load_state("networkidle")
    expect(mark).to_have_count(1)
    expect(visit.page.locator("#state a").first).to_be_focused()

    visit.page.evaluate("document.activeElement.blur()")
    visit.page.clock.run_for(25_000)
    expect(mark).to_have_count(0)


@pytest.mark.parametrize("role", list(Role))
def test_every_role_reaches_its_home_page(visitor: Visitor, role: Role) -> None:
    user = User.objects.create_user(f"one-{role.value}", is_staff=True)
    user.groups.add(Group.objects.get(name=role.value))
    visit = visitor()
    visit.log_in(user)

    visit.open("/admin/")

    assert visit.fits_its_screen()
