"""The catalogue of all columns as the installed apps declare it, and which columns of the database are missing in it."""

from collections.abc import Iterator
from importlib import import_module

from django.apps import apps

from config.kernel.catalogue import Column, Table

APPS = ("kernel", "inventory", "campaigns", "orders", "analytics")


def tables() -> list[Table]:
    found: list[Table] = []
    for label in APPS:
        if apps.is_installed("config.kernel" if label == "kernel" else label):
            found += import_module(f"{apps.get_app_config(label).name}.columns").TABLES
    return found


def columns() -> list[Column]:
    return [column for table in tables() for column in table.columns()]


def in_the_database() -> Iterator[tuple[str, str]]:
    """Every column of every table of our own models."""
    for label in APPS:
        if apps.is_installed("config.kernel" if label == "kernel" else label):
            for model in apps.get_app_config(label).get_models(include_auto_created=True):
                for field in model._meta.local_concrete_fields:
                    if field.column:
                        yield model._meta.db_table, field.column
