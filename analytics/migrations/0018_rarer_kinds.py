from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

RARER_KINDS = '(kind, occurred_at) WHERE NOT (kind IN (1, 2, 16))'
# Months that have no part of the index yet. Those that are made from now on get it with the others of the table.
WITHOUT = """
SELECT part.relname FROM pg_inherits AS i JOIN pg_class AS part ON part.oid = i.inhrelid
WHERE i.inhparent = 'analytics_event'::regclass AND NOT EXISTS (
    SELECT FROM pg_inherits AS a JOIN pg_index AS x ON x.indexrelid = a.inhrelid
    WHERE a.inhparent = 'event_by_rarer_kind'::regclass AND x.indrelid = part.oid
)
ORDER BY part.relname
"""


def build(apps, schema_editor):
    """A table of parts cannot be indexed beside the traffic, but its parts can. May be run again where it was cut short."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(f'CREATE INDEX IF NOT EXISTS event_by_rarer_kind ON ONLY analytics_event {RARER_KINDS}')
        cursor.execute(WITHOUT)
        for (part,) in cursor.fetchall():
            cursor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS {part}_rarer_kind')
            cursor.execute(f'CREATE INDEX CONCURRENTLY {part}_rarer_kind ON {part} {RARER_KINDS}')
            cursor.execute(f'ALTER INDEX event_by_rarer_kind ATTACH PARTITION {part}_rarer_kind')


def drop(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute('DROP INDEX IF EXISTS event_by_rarer_kind')


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('analytics', '0017_windows'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(build, drop)],
            state_operations=[
                AddIndexConcurrently(
                    model_name='event',
                    index=models.Index(
                        condition=models.Q(('kind__in', [1, 2, 16]), _negated=True),
                        fields=['kind', 'occurred_at'],
                        name='event_by_rarer_kind',
                    ),
                ),
            ],
        ),
    ]
