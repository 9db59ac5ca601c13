"""The database that tests work on, migrated hastily, has the schema that `manage.py migrate` makes."""

import subprocess

import psycopg
import pytest
from django.db import connection

from config.local.demo import PYTHON
from config.local.place import PROJECT
from tests import live
from tests import services as run_services

pytestmark = [pytest.mark.prove, pytest.mark.django_db(transaction=True)]
THOROUGH = "test_thorough"
SCHEMA = """
    SELECT 'column', table_name, column_name, data_type, is_nullable, column_default, character_maximum_length::text,
        numeric_precision::text, numeric_scale::text, is_identity, generation_expression
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT 'index', tablename, indexname, indexdef, '', '', '', '', '', '', '' FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', '', '', '', '', '', ''
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'sequence', sequencename, data_type::text, start_value::text, increment_by::text, '', '', '', '', '', ''
    FROM pg_sequences WHERE schemaname = 'public'
"""


def test_its_schema_is_that_of_a_thorough_migration() -> None:
    assert run_services.services is not None
    environment = run_services.services.environment(owner=True)
    url = live.database_url(environment["DATABASE_URL"], THOROUGH)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {THOROUGH}")
    try:
        command = [PYTHON, "manage.py", "migrate", "--verbosity", "0"]
        migrated = environment | {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": url}
        subprocess.run(command, cwd=PROJECT, env=migrated, check=True, capture_output=True)
        with psycopg.connect(url) as thorough:
            expected = set(thorough.execute(SCHEMA).fetchall())
        with connection.cursor() as cursor:
            cursor.execute(SCHEMA)
            found = set(cursor.fetchall())
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {THOROUGH}")
    assert len(expected) > 1000
    assert found == expected
