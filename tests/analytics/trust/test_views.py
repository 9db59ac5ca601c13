"""The views for readers: their roles read them and nothing else, their document is theirs, and their figures are the shop's."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from analytics.models import HourlySales
from analytics.operations import reading, rollups
from analytics.queries import reading as described
from analytics.queries.facts import SALES
from analytics.reading import SCHEMA, VIEWS, Column, View
from analytics.reading.v1 import HOURLY_FACTS
from config.local.place import PROJECT
from config.local.postgres import READ_SETTINGS
from tests import builders, services
from tests.analytics.builders import Line, an_order, seoul

pytestmark = pytest.mark.django_db
Reader = Callable[[str], "psycopg.Connection[Any]"]
DOCUMENT = PROJECT / "docs/sql-views.md"


@pytest.fixture
def reader() -> Iterator[Reader]:
    """Logs in as a role, as a program of somebody else would."""
    if services.services is None or services.services.postgres is None:
        pytest.skip("the roles of readers are those of the shop's own server")
    opened: list[psycopg.Connection[Any]] = []

    def log_in(role: str) -> psycopg.Connection[Any]:
        url = services.services.postgres.url(role, connection.settings_dict["NAME"])  # type: ignore[union-attr]
        opened.append(psycopg.connect(url.replace("postgres://", "postgresql://"), autocommit=True))
        return opened[-1]

    yield log_in
    for one in opened:
        one.close()


@pytest.mark.parametrize("role", [reading.READER, reading.PERSONAL_READER])
def test_a_reader_reads_its_views_and_nothing_else(reader: Reader, role: str) -> None:
    session = reader(role)
    for view in VIEWS:
        if view.is_personal and role == reading.READER:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(f"SELECT * FROM {SCHEMA}.{view.name}")
        else:
            session.execute(f"SELECT {', '.join(one.name for one in view.columns)} FROM {view.name} LIMIT 1")
    tables = session.execute(
        "SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND "
        "c.relkind IN ('r', 'p', 'v', 'm', 'S') AND (CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'USAGE') "
        "ELSE has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE') OR has_any_column_privilege(c.oid, 'SELECT') END)"
    ).fetchone()
    assert tables == (0,)
    functions = session.execute(
        "SELECT string_agg(p.proname, ' ') FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace "
        "WHERE n.nspname = 'public' AND p.prosecdef AND has_function_privilege(p.oid, 'EXECUTE')"
    ).fetchone()
    assert functions == (None,)


def test_a_reader_writes_nothing_and_ends_in_time(reader: Reader) -> None:
    session = reader(reading.READER)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        session.execute("CREATE TEMP TABLE mine (number int)")
    session.execute("SET default_transaction_read_only = off")
    for statement in (
        f"DELETE FROM {SCHEMA}.orders",
        f"UPDATE {SCHEMA}.customers SET customer = 1",
        f"CREATE VIEW {SCHEMA}.mine AS SELECT 1",
        "CREATE TABLE public.mine (number int)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(statement)  # type: ignore[arg-type]
    shown = reader(reading.READER).execute(
        "SELECT name, setting || coalesce(unit, '') FROM pg_settings WHERE name = 'statement_timeout'"
    )
    assert shown.fetchone() == ("statement_timeout", "60000ms")
    assert READ_SETTINGS["search_path"] == SCHEMA


def test_the_document_says_what_the_database_says() -> None:
    assert DOCUMENT.read_text("utf-8") == described.document(), "manage.py describe_views > docs/sql-views.md"


def test_every_view_and_column_is_described_and_keys_are_columns() -> None:
    for view in VIEWS:
        names = [one.name for one in view.columns]
        assert view.about.endswith(".")
        assert all(one.about.endswith(".") for one in view.columns), view.name
        assert {*view.key, *([view.by_day] if view.by_day else [])} <= set(names)
        assert view.is_personal == view.name.endswith("_personal") == view.about.startswith("PERSONAL")


def test_personal_columns_stand_in_personal_views_only() -> None:
    """By the catalogue of columns: what is personal there is read through no other view."""
    from config.kernel import declared
    from config.kernel.catalogue import Sensitivity

    loud = {one.name for one in declared.columns() if one.sensitivity in (Sensitivity.PERSONAL, Sensitivity.SENSITIVE)}
    # What goods, promotions and kinds of events are called, and a sum, share their names with what people are.
    for view in VIEWS:
        if not view.is_personal and "customer" in view.source:
            assert not loud & {one.sql.removeprefix("t.") for one in view.columns}, view.name
        if not view.is_personal:
            said = " ".join(one.sql for one in view.columns)
            assert not any(word in said for word in ("ship_to", "note", "phone", "email", "external_id", "properties", "raw"))


def test_facts_are_those_of_the_metrics() -> None:
    assert SALES.facts == HOURLY_FACTS


def test_figures_of_the_views_are_those_of_the_shop() -> None:
    variant = builders.a_variant()
    an_order(seoul("2026-11-18", "23:59"), Line(variant, 2, discount=1_000))
    an_order(seoul("2026-11-19", "00:01"), Line(variant, 1))
    rollups.rebuild_due(at=seoul("2026-11-20", "09:00"))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT placed_on::text, total FROM {SCHEMA}.orders ORDER BY placed_at")
        assert [day for day, _total in cursor.fetchall()] == ["2026-11-18", "2026-11-19"]
        cursor.execute(f"SELECT day::text, sum(gross - discounts) FROM {SCHEMA}.sales_hourly GROUP BY 1 ORDER BY 1")
        assert cursor.fetchall() == [("2026-11-18", Decimal(21_000)), ("2026-11-19", Decimal(11_000))]
        cursor.execute(f"SELECT sum(value) FROM {SCHEMA}.metric_facts WHERE fact = 'gross'")
        assert cursor.fetchone() == (sum(HourlySales.objects.values_list("gross", flat=True)),)
        cursor.execute(f"SELECT sku, sum(units) FROM {SCHEMA}.sales_daily GROUP BY 1")
        assert cursor.fetchall() == [(variant.sku, 3)]


def changed(name: str, *columns: Column) -> list[View]:
    return [replace(one, columns=columns) if one.name == name else one for one in VIEWS]


def built_upon() -> None:
    """By somebody in the shop, on the goods of the views."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA theirs")
        cursor.execute(f"CREATE VIEW theirs.goods AS SELECT sku, product FROM {SCHEMA}.products")


def test_what_others_built_stays_when_a_view_gets_a_column_at_its_end() -> None:
    built_upon()
    products = next(one for one in VIEWS if one.name == "products")
    sync = changed("products", *products.columns, Column("number", "t.id", "Number."))
    assert reading.sync_views(app_role="shop_app", views=sync) == reading.sync_views(app_role="shop_app", views=sync)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM theirs.goods")
        cursor.execute(f"SELECT number FROM {SCHEMA}.products")


def test_a_view_that_changes_otherwise_is_refused_where_others_built_on_it() -> None:
    products = next(one for one in VIEWS if one.name == "products")
    fewer = changed("products", *products.columns[:2])
    assert reading.sync_views(app_role="shop_app", views=fewer)
    assert reading.sync_views(app_role="shop_app")
    built_upon()
    with pytest.raises(reading.BuiltUpon, match=r"theirs\.goods") as refusal:
        reading.sync_views(app_role="shop_app", views=fewer)
    assert refusal.value.details["views"] == ["products"]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT on_sale FROM {SCHEMA}.products")


def test_it_can_be_repeated() -> None:
    assert reading.sync_views(app_role="shop_app") == reading.sync_views(app_role="shop_app")
    assert isinstance(DOCUMENT, Path)
