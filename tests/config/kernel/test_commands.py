"""The commands that bring a database and a release together, and what the database then refuses."""

import io
import json
import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import polib
import psycopg
import pytest
from celery import current_app
from celery.schedules import crontab
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection
from django.forms import modelform_factory
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from rest_framework.test import APIClient

from config.celery import SCHEDULE
from config.kernel import overview
from config.kernel.admin.schedule import EntryForm
from config.kernel.models import User
from config.kernel.roles import Role
from tests import services
from tests.live import database_url

APPEND_ONLY = ["django_admin_log", *(one._meta.db_table for one in apps.get_models() if getattr(one, "append_only", False))]
ALL_TABLES = """
    SELECT relname, c.relacl::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname = 'public' AND relkind IN ('r', 'S') ORDER BY relname
"""


def call(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def state() -> list[Any]:
    """Rights, roles, schedule and migrations as they lie in the database."""
    return [
        rows(ALL_TABLES),
        rows("SELECT * FROM django_migrations ORDER BY id"),
        rows("SELECT id, name FROM auth_group ORDER BY id"),
        rows("SELECT id, group_id, permission_id FROM auth_group_permissions ORDER BY id"),
        rows("SELECT id, name, task, crontab_id, enabled, queue, description FROM django_celery_beat_periodictask ORDER BY id"),
    ]


@pytest.mark.django_db
def test_preparing_a_prepared_database_changes_nothing() -> None:
    call("prepare", "--verbosity", "0")
    before = state()

    call("prepare", "--verbosity", "0")

    assert state() == before


@pytest.fixture
def app_role(django_db_setup: None) -> Iterator[psycopg.Connection[Any]]:
    """A session of the role that runs the shop, on the database of this run."""
    if services.services is None or services.services.postgres is None:
        pytest.skip("needs the servers that the run starts itself")
    url = database_url(services.services.postgres.url("shop_app"), connection.settings_dict["NAME"])
    with psycopg.connect(url.replace("postgres://", "postgresql://"), autocommit=True) as session:
        yield session


class TestTheRoleThatRunsTheShop:
    def test_it_appends_to_the_audit_and_can_change_nothing_there(self, app_role: psycopg.Connection[Any]) -> None:
        with app_role.transaction(force_rollback=True):
            [(user,)] = app_role.execute(
                "INSERT INTO kernel_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active,"
                " date_joined, is_service) VALUES ('', false, 'u', '', '', '', false, true, now(), false) RETURNING id"
            ).fetchall()
            app_role.execute(
                "INSERT INTO django_admin_log (action_time, object_repr, action_flag, change_message, user_id)"
                " VALUES (now(), 'a shelf', 1, '', %s)",
                [user],
            )
            assert app_role.execute("SELECT count(*) FROM django_admin_log").fetchone() is not None
            for statement in (
                "UPDATE django_admin_log SET object_repr = 'nothing'",
                "DELETE FROM django_admin_log",
                "TRUNCATE django_admin_log",
                "ALTER TABLE django_admin_log DISABLE TRIGGER ALL",
                "DROP TABLE django_admin_log",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege), app_role.transaction():
                    app_role.execute(statement)

    @pytest.mark.parametrize(
        "statement",
        [
            "CREATE TABLE loot (id int)",
            "CREATE SCHEMA loot",
            "INSERT INTO django_migrations (app, name, applied) VALUES ('kernel', '9999', now())",
            "DELETE FROM django_migrations",
            "ALTER TABLE kernel_user ADD COLUMN loot int",
            "GRANT ALL ON django_admin_log TO shop_app",
            "CREATE ROLE loot",
            "ALTER ROLE shop_app SUPERUSER",
            "SET ROLE shop_owner",
            "COPY kernel_user TO PROGRAM 'true'",
        ],
    )
    def test_it_may_not_change_the_schema_its_rights_or_the_server(
        self, app_role: psycopg.Connection[Any], statement: str
    ) -> None:
        with app_role.transaction(force_rollback=True):
            if statement.startswith("GRANT"):
                # PostgreSQL answers this one with a warning and grants nothing.
                app_role.execute(statement)
                may = app_role.execute("SELECT has_table_privilege('django_admin_log', 'UPDATE')").fetchone()
                assert may == (False,)
                return
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app_role.execute(statement)

    def test_it_may_read_and_write_every_other_table(self, app_role: psycopg.Connection[Any]) -> None:
        closed = app_role.execute(
            "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE nspname = 'public' AND relkind = 'r' AND NOT relispartition AND relname <> 'django_migrations'"
            " AND relname <> ALL(%s) AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')"
            " AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))",
            [APPEND_ONLY],
        ).fetchall()

        assert closed == []

    def test_it_reaches_no_part_of_a_table_but_through_the_whole(self, app_role: psycopg.Connection[Any]) -> None:
        parts = app_role.execute(
            "SELECT has_table_privilege(oid, 'SELECT'), has_table_privilege(oid, 'UPDATE'), has_table_privilege(oid, 'DELETE')"
            " FROM pg_class WHERE relispartition AND relkind = 'r'"
        ).fetchall()

        assert set(parts) == {(False, False, False)}

    @pytest.mark.parametrize("table", APPEND_ONLY)
    def test_it_may_read_and_add_to_ledgers_and_audit_and_no_more(self, app_role: psycopg.Connection[Any], table: str) -> None:
        may = app_role.execute(
            "SELECT has_table_privilege(%(t)s, 'SELECT'), has_table_privilege(%(t)s, 'INSERT'),"
            " has_table_privilege(%(t)s, 'UPDATE'), has_table_privilege(%(t)s, 'DELETE')",
            {"t": table},
        ).fetchone()

        assert may == (True, True, False, False)

    def test_a_role_that_does_not_exist_is_named(self, db: None) -> None:
        with pytest.raises(CommandError, match="There is no role shop_ghost in this database server"):
            call("grant_app_role", "shop_ghost")


@pytest.mark.django_db
class TestDemoAccess:
    def give(self, monkeypatch: pytest.MonkeyPatch, **wanted: str) -> dict[str, Any]:
        monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(wanted)))
        answer: dict[str, Any] = json.loads(call("demo_access"))
        return answer

    @pytest.fixture(autouse=True)
    def _demo(self, settings: Any) -> None:
        settings.HTTPS = False
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        call("sync_roles")

    def test_it_is_refused_where_https_is_served(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.HTTPS = True

        with pytest.raises(CommandError, match="never for a shop that serves HTTPS"):
            self.give(monkeypatch, password="demo password")

        assert not User.objects.filter(username="owner").exists()

    def test_it_makes_one_login_for_each_role_and_a_token_that_works(self, monkeypatch: pytest.MonkeyPatch) -> None:
        made = self.give(monkeypatch, password="demo password")

        assert made["logins"] == Role.values
        for role in Role:
            user = User.objects.get(username=role.value)
            assert user.check_password("demo password")
            assert user.is_staff
            assert user.is_superuser is (role is Role.OWNER)
            assert list(user.groups.values_list("name", flat=True)) == [role.value]
        answer = APIClient().get("/api/v1/token/", HTTP_AUTHORIZATION=f"Token {made['token']}")
        assert answer.json()["scopes"] == ["STOREFRONT"]

    def test_an_account_that_the_demo_did_not_make_is_named_and_stays_as_it_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        buyer = User.objects.create_user("buyer", password="their own word", is_staff=True)
        night_shift = Group.objects.create(name="night shift")
        buyer.groups.add(night_shift)

        with pytest.raises(CommandError, match="The account buyer exists"):
            self.give(monkeypatch, password="demo password")

        buyer.refresh_from_db()
        assert buyer.check_password("their own word")
        assert list(buyer.groups.all()) == [night_shift]
        assert not User.objects.filter(username="owner").exists(), "none of the others is made"

    def test_at_the_next_start_logins_and_token_are_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        first = self.give(monkeypatch, password="demo password")
        before = rows("SELECT id, username, password FROM kernel_user ORDER BY id")

        assert self.give(monkeypatch, password="demo password", token=first["token"]) == first
        assert rows("SELECT id, username, password FROM kernel_user ORDER BY id") == before

    def test_a_token_that_no_longer_works_is_replaced(self, monkeypatch: pytest.MonkeyPatch) -> None:
        made = self.give(monkeypatch, password="demo password", token="no such token")

        assert made["token"] != "no such token"


@pytest.mark.django_db
class TestSchedule:
    def test_the_proposed_schedule_lies_in_the_database_in_the_shops_time_zone(self) -> None:
        call("sync_schedules")

        for entry in SCHEDULE:
            row = PeriodicTask.objects.get(name=entry.task)
            assert (row.task, row.description, row.enabled) == (entry.task, entry.reason, True)
            assert str(row.crontab.timezone) == "Asia/Seoul"
            assert row.queue == current_app.tasks[entry.task].queue
            assert row.crontab.schedule == crontab(minute=row.crontab.minute, hour=row.crontab.hour)

    def test_a_turn_that_no_worker_took_is_worth_nothing_once_the_next_one_is_due(self) -> None:
        call("sync_schedules")

        seconds = {row.name: row.expire_seconds for row in PeriodicTask.objects.all()}
        assert set(seconds) >= {entry.task for entry in SCHEDULE}
        for entry, worth in [
            ("kernel.deliver_due_events", 60), ("analytics.rebuild_due_days", 300), ("kernel.prune", 86_400),
        ]:  # fmt: skip
            assert seconds[entry] == worth
        assert overview.seconds_between(crontab=None, interval=IntervalSchedule(every=2, period="hours")) == 7_200

    @pytest.mark.parametrize(
        ("times", "hours"),
        [
            ({"minute": "0", "hour": "4", "day_of_week": "1"}, 7 * 24),
            ({"minute": "0", "hour": "4", "day_of_week": "1,4"}, 3 * 24),
            ({"minute": "30", "hour": "9,18"}, 9),
            ({"minute": "0", "hour": "3", "day_of_month": "1"}, 28 * 24),
            ({"minute": "0", "hour": "3", "day_of_month": "1", "month_of_year": "1"}, 365 * 24),
            ({"minute": "0", "hour": "*/2"}, 2),
            ({"minute": "0,5", "hour": "4"}, 1 / 12),
        ],
    )
    def test_a_turn_is_worth_taking_until_the_next_however_they_lie(self, times: dict[str, str], hours: float) -> None:
        crontab = CrontabSchedule(timezone="Asia/Seoul", **times)

        assert overview.seconds_between(crontab=crontab, interval=None) == hours * 3_600

    def test_a_changed_hour_changes_how_long_a_turn_is_worth_taking(self) -> None:
        hourly = CrontabSchedule.objects.create(minute="17", hour="*", timezone="Asia/Seoul")
        row = PeriodicTask.objects.get(name="kernel.prune")

        form = modelform_factory(PeriodicTask, form=EntryForm, fields=["enabled", "crontab", "interval"])(
            {"crontab": hourly.pk, "enabled": "on"}, instance=row
        )

        assert form.is_valid(), form.errors
        assert form.save().expire_seconds == 3_600

    def test_what_staff_changed_stays_changed(self) -> None:
        call("sync_schedules")
        hourly = CrontabSchedule.objects.create(minute="17", hour="*", timezone="Asia/Seoul")
        PeriodicTask.objects.filter(name="kernel.prune").update(crontab=hourly, enabled=False)

        call("sync_schedules")

        row = PeriodicTask.objects.get(name="kernel.prune")
        assert (row.crontab, row.enabled) == (hourly, False)

    def test_an_entry_whose_job_is_gone_is_dropped_and_one_that_staff_added_stays(self) -> None:
        daily = CrontabSchedule.objects.create(minute="1", hour="2", timezone="Asia/Seoul")
        PeriodicTask.objects.create(name="kernel.gone", task="kernel.gone", crontab=daily)
        PeriodicTask.objects.create(name="also at two", task="kernel.prune", crontab=daily)

        assert "1 dropped" in call("sync_schedules")

        assert not PeriodicTask.objects.filter(name="kernel.gone").exists()
        assert PeriodicTask.objects.filter(name="also at two").exists()

    def test_every_entry_names_a_job_that_exists_and_says_why(self) -> None:
        current_app.loader.import_default_modules()

        for entry in SCHEDULE:
            assert entry.task in current_app.tasks
            assert entry.reason.endswith(".")


class TestTranslations:
    @pytest.fixture
    def catalogue(self, tmp_path: Path, settings: Any) -> Path:
        folder = tmp_path / "ko" / "LC_MESSAGES"
        folder.mkdir(parents=True)
        book = polib.POFile()
        book.metadata = {"Content-Type": "text/plain; charset=utf-8"}
        book.append(polib.POEntry(msgid="shelf", msgstr="선반"))
        book.save(str(folder / "django.po"))
        settings.LOCALE_PATHS = [tmp_path]
        return folder / "django.mo"

    def test_a_catalogue_is_compiled_once_and_again_when_it_has_changed(self, catalogue: Path) -> None:
        assert call("compile_translations") == "Compiled ko.\n"
        assert polib.mofile(str(catalogue))[0].msgstr == "선반"

        assert call("compile_translations") == ""

        os.utime(catalogue, (1, 1))
        assert call("compile_translations") == "Compiled ko.\n"

    def test_a_shop_without_catalogues_has_nothing_to_compile(self, tmp_path: Path, settings: Any) -> None:
        settings.LOCALE_PATHS = [tmp_path / "none"]

        assert call("compile_translations") == ""


@pytest.mark.django_db
def test_groups_of_roles_are_made_by_prepare() -> None:
    Group.objects.all().delete()

    call("prepare", "--verbosity", "0")

    assert set(Group.objects.values_list("name", flat=True)) >= set(Role.values)
