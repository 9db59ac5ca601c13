"""System checks that look beyond the settings file."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection


@register(Tags.database, deploy=True)
def database_keeps_what_it_acknowledges(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Without these an acknowledged order may vanish with the next power cut."""
    if not databases or not settings.HTTPS:
        return []
    problems: list[CheckMessage] = []
    with connection.cursor() as cursor:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            cursor.execute("SELECT current_setting(%s)", [name])
            value = cursor.fetchone()[0]
            if value == "off":
                problems.append(Error(f"PostgreSQL runs with {name} = off.", id="kernel.E001"))
    return problems
