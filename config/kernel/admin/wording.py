"""What codes are called on the page, in the staff's language: roles, jobs, permissions, times of the schedule."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override, pgettext
from django_celery_beat.models import CrontabSchedule
from knox.models import AuthToken
from unfold.decorators import display

from config.kernel import jobs
from config.kernel.admin import codes
from config.kernel.models import JobRun, TokenScope
from config.kernel.money import Money, format_money, round_half_up
from config.kernel.roles import Role

Scope = TokenScope.Scope
# In the audit, between the title of a button and the facts.
BETWEEN = " · "
VERBS = {
    "add": gettext_lazy("add"),
    "change": gettext_lazy("change"),
    "delete": gettext_lazy("delete"),
    "view": gettext_lazy("view"),
}
WEEKDAYS = {
    "0": gettext_lazy("Sunday"),
    "1": gettext_lazy("Monday"),
    "2": gettext_lazy("Tuesday"),
    "3": gettext_lazy("Wednesday"),
    "4": gettext_lazy("Thursday"),
    "5": gettext_lazy("Friday"),
    "6": gettext_lazy("Saturday"),
}


def role_title(group: Group) -> str:
    """A role by its name in the staff's language; a group the shop made for itself by its own name."""
    return str(Role(group.name).label) if group.name in Role else group.name


def job_title(name: str) -> str:
    job = jobs.known().get(name)
    return str(job.title) if job else name


def model_title(model: type[Model] | None) -> str:
    """As its page calls it, else as it calls itself; some packages name their models in English only."""
    if model is None:
        return "-"
    page = admin.site._registry.get(model)
    return _(str(page.opts.verbose_name if page else model._meta.verbose_name))


def permission_title(permission: Permission) -> str:
    return f"{model_title(permission.content_type.model_class())} · {permission_verb(permission)}"


def permission_verb(permission: Permission) -> str:
    return str(VERBS.get(permission.codename.split("_")[0]) or _(permission.name))


def label(text: Any, color: str = "") -> str:
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": color})


def plain_moment(value: datetime) -> str:
    return codes.moment(value)


def amount(value: Decimal | str | None, currency: str = "") -> str:
    """Money with its sign, in the shop's currency where the document names none; a dash where there is nothing to say."""
    return "-" if value is None else format_money(Money(Decimal(value), currency or settings.SHOP_CURRENCY))


def total(value: Decimal, currency: str = "") -> str:
    """A sum of averages, which are kept to fractions, as people read it: in whole units of the currency."""
    return amount(round_half_up(value, currency or settings.SHOP_CURRENCY), currency)


def actor(row: Any) -> str:
    """Who did it; where nobody did, the system."""
    return str(row.actor) if row.actor else pgettext("who acted", "system")


def moment(value: datetime | None) -> str:
    return format_html('<span class="moment">{}</span>', plain_moment(value)) if value else "-"


def moment_column(field: str, title: Any) -> Callable[..., str]:
    """A sortable column with a moment of the row."""

    def column(self: Any, row: Any) -> str:
        return moment(getattr(row, field))

    shown: Callable[..., str] = display(description=title, ordering=field)(column)
    return shown


def crontab_title(crontab: CrontabSchedule) -> str:
    """The usual times in words, the rest in cron's own notation; with the zone they are meant in."""
    minute, hour = str(crontab.minute), str(crontab.hour)
    rest = (str(crontab.day_of_month), str(crontab.month_of_year))
    weekday = str(crontab.day_of_week)
    plain = f"{minute} {hour} {rest[0]} {rest[1]} {weekday} ({crontab.timezone})"
    if rest != ("*", "*") or weekday not in {"*", *WEEKDAYS}:
        return plain
    if minute.isdigit() and hour.isdigit():
        clock = f"{int(hour):02}:{int(minute):02}"
        if weekday == "*":
            return _("every day at %(time)s") % {"time": clock}
        return _("every %(weekday)s at %(time)s") % {"weekday": WEEKDAYS[weekday], "time": clock}
    if weekday != "*" or hour != "*":
        return plain
    if minute == "*":
        return _("every minute")
    # Which minute of the step it begins with matters to nobody who reads.
    first, _slash, step = minute.partition("/")
    if step.isdigit() and re.fullmatch(r"\*|\d+-59", first):
        return _("every %(number)s minutes") % {"number": step}
    if minute.isdigit():
        return _("every hour at minute %(minute)s") % {"minute": minute}
    return plain


def duration(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    if seconds < 60:
        return _("%(seconds)s s") % {"seconds": f"{seconds:.2f}"}
    return str(timedelta(seconds=round(seconds)))


def asker(run: JobRun) -> str:
    """Who asked for a run of a job."""
    return str(run.asked_by) if run.asked_by else _("schedule")


def run_error(run: JobRun) -> str:
    """What went wrong: the shop's own sentences in the reader's language, those of programs as they are."""
    return _(run.error) if run.error in (jobs.DIED, jobs.OUTRAN) else run.error


def untranslated(text: Any) -> str:
    """The text as the audit keeps it, whoever acts; `change` puts it into the reader's language."""
    with override(None):
        return str(text)


def noted(title: Any, facts: str) -> str:
    """What the audit keeps of a deed: the title of its button, and what it was, is and why."""
    return f"{untranslated(title)}{BETWEEN}{facts}" if facts else untranslated(title)


def change(entry: LogEntry) -> str:
    """What an entry of the audit says was done: the title of a button with its facts, or which fields were changed."""
    said, between, facts = str(entry.get_change_message()).partition(BETWEEN)
    # Kinds of rows are kept by the process; the entry itself would ask for its own.
    kind = entry.content_type_id and ContentType.objects.get_for_id(entry.content_type_id)
    model = kind.model_class() if kind else None
    page: Any = admin.site._registry.get(model) if model else None
    buttons: Mapping[str, Any] = page.declared_buttons() if hasattr(page, "declared_buttons") else {}
    # A button's title may be a word of several meanings, told apart by the button alone.
    pressed = next((one.title for one in buttons.values() if untranslated(one.title) == said), None)
    title = str(pressed) if pressed is not None else _(said) if said else ""
    return title + between + facts


def changed(entry: LogEntry) -> str:
    """What an entry of the audit is about. A token was written down by its account, its first characters and its scopes."""
    if entry.content_type_id != ContentType.objects.get_for_model(AuthToken).pk:
        return entry.object_repr
    account, _between, rest = entry.object_repr.partition(" ")
    begins, _between, scopes = rest.partition(" ")
    kinds = [str(Scope(one).label) if one in Scope else one for one in scopes.split(", ") if one]
    return " · ".join(filter(None, [account, f"{begins}…" if begins else "", ", ".join(kinds)]))


def changer(entry: LogEntry) -> str:
    """Whose deed an entry of the audit is. Service accounts open no pages: what stands in their name, the system did."""
    return pgettext("who acted", "system") if entry.user.is_service else str(entry.user)


def excerpt(error: str) -> str:
    """The beginning of an error, short enough for a column; more of it where the pointer rests."""
    return format_html('<span class="excerpt" title="{}">{}</span>', error[:500], error[:120]) if error else "-"


def trace(error: str) -> str:
    """An error in full, line by line."""
    return format_html('<pre class="trace">{}</pre>', error) if error else "-"


def facts(values: Mapping[str, Any]) -> str:
    """A small JSON object as a list of names and values."""
    return format_html_join("", '<div class="fact"><span>{}</span><b>{}</b></div>', codes.facts(values)) or "-"


def masked(text: str, *, kept: int = 1) -> str:
    """Enough to tell two people apart, not enough to call on them."""
    return text[:kept] + "*" * max(0, min(len(text) - kept, 8)) if text else ""
