"""What an installed release writes into its database beside its tables: roles, schedule, rights, and the logins of a demo.

Each can be repeated and then changes nothing. Their callers are commands, so their refusals are in English.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from celery import current_app
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction
from django_celery_beat.models import CrontabSchedule, PeriodicTask, PeriodicTasks
from psycopg import sql

from config.kernel import overview
from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User
from config.kernel.roles import Role, granted

AUDIT = "django_admin_log"


class UnknownPermission(Invalid):
    code = "unknown_permission"


class NoSuchDatabaseRole(Missing):
    code = "no_such_database_role"


class NotOfTheDemo(Conflict):
    code = "not_of_the_demo"


@transaction.atomic
def sync_roles() -> Mapping[Role, int]:
    """Makes a group for each role with exactly the permissions that the apps grant it, and tells how many these are."""
    known = {f"{one.content_type.app_label}.{one.codename}": one for one in Permission.objects.select_related("content_type")}
    counts = {}
    for role in Role:
        wanted = set(known) if role is Role.OWNER else granted(role)
        unknown = sorted(wanted - set(known))
        if unknown:
            raise UnknownPermission(
                f"Role {role.value} is granted permissions that do not exist: {', '.join(unknown)}.",
                details={"role": role.value, "permissions": unknown},
            )
        group, _made = Group.objects.get_or_create(name=role.value)
        group.permissions.set([known[name] for name in wanted])
        counts[role] = len(wanted)
    return counts


@dataclass(frozen=True)
class Synced:
    entries: int
    added: int
    dropped: int


@transaction.atomic
def sync_schedules() -> Synced:
    """Copies the schedule that code proposes into the database: adds what is new, drops what has lost its job, and leaves
    what staff changed as it is.
    """
    current_app.loader.import_default_modules()
    # An app that is unplugged takes its jobs along; a job that an installed app lacks is a mistake and refused below.
    plugged = {app.label for app in apps.get_app_configs()}
    proposed = [entry for entry in current_app.conf.proposed_schedule if entry.task.split(".")[0] in plugged]
    added = 0
    for entry in proposed:
        crontab = CrontabSchedule.from_schedule(entry.every)
        crontab.timezone = settings.BUSINESS_TIME_ZONE
        same = {name: getattr(crontab, name) for name in ("minute", "hour", "day_of_week", "day_of_month", "month_of_year")}
        every, _made = CrontabSchedule.objects.get_or_create(timezone=settings.BUSINESS_TIME_ZONE, **same)
        queue = current_app.tasks[entry.task].queue
        _row, made = PeriodicTask.objects.get_or_create(
            name=entry.task, defaults={"task": entry.task, "crontab": every, "queue": queue}
        )
        PeriodicTask.objects.filter(name=entry.task).update(description=entry.reason, queue=queue)
        added += made
    for row in PeriodicTask.objects.select_related("crontab", "interval"):
        worth = overview.seconds_between(crontab=row.crontab, interval=row.interval)
        PeriodicTask.objects.filter(pk=row.pk).update(expire_seconds=worth)
    ours = [entry.task for entry in proposed]
    dropped = PeriodicTask.objects.exclude(task__in=list(current_app.tasks)).exclude(name__in=ours).delete()[0]
    # A running beat reads the schedule again when it is told that something changed.
    PeriodicTasks.update_changed()
    return Synced(len(proposed), added, dropped)


@transaction.atomic
def grant_app_role(role: str) -> Sequence[str]:
    """Gives the database role that runs the shop its rights, and tells which tables it may only append to."""
    append_only = [AUDIT] + [model._meta.db_table for model in apps.get_models() if getattr(model, "append_only", False)]
    name = sql.Identifier(role)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            raise NoSuchDatabaseRole(f"There is no role {role} in this database server.", details={"role": role})
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
            # Those that do one thing with their owner's rights are closed to everybody else.
            "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}",
            "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {}",
        ):
            cursor.execute(sql.SQL(statement).format(name))
        for table in append_only:
            cursor.execute(sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}").format(sql.Identifier(table), name))
            # A part of a table is reached through the table alone: rights to the part would go round those of the whole.
            cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [table])
            for (part,) in cursor.fetchall():
                cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(sql.Identifier(part), name))
    return append_only


@transaction.atomic
def demo_staff(*, password: str) -> Sequence[str]:
    """One login for each role, all with this password, and their names.

    An account of such a name with another password is somebody's own: it is refused and stays as it is.
    """
    for role in Role:
        user = User.objects.filter(username=role.value).first()
        if user is None:
            user = User(username=role.value, is_staff=True, is_superuser=role is Role.OWNER, first_name=str(role.label))
            user.set_password(password)
            user.save()
        elif not user.check_password(password):
            raise NotOfTheDemo(
                f"The account {role.value} exists and was not made by this demo: it has another password.",
                details={"account": role.value},
            )
        user.groups.set([Group.objects.get(name=role.value)])
    return [role.value for role in Role]
