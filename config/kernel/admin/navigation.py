"""The sidebar and the tabs. Each app adds its own group from its admin package; what a person may not open is not shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext_lazy

# Dozens of links stand on every page, and none of them ever leads elsewhere.
path_of = cache(reverse)


@dataclass(frozen=True)
class Link:
    """One address of the admin by its name; `permission` is asked of the person who looks."""

    title: Any
    icon: str
    address: str
    permission: str = ""
    query: str = ""

    def url(self) -> str:
        return path_of(self.address) + self.query

    def open_to(self, request: HttpRequest) -> bool:
        return not self.permission or request.user.has_perm(self.permission)


@dataclass(frozen=True)
class Group:
    title: Any
    order: int
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Tabs:
    """Lists that belong together; `models` are the labels of the lists that show these tabs."""

    models: tuple[str, ...]
    links: tuple[Link, ...]


_groups: list[Group] = []
_tabs: list[Tabs] = []


def add_group(title: Any, links: Iterable[Link], *, order: int) -> None:
    """A group of the sidebar. Apps take orders below 100; the system stands last."""
    _groups.append(Group(title, order, tuple(links)))


def add_tabs(models: Iterable[str], links: Iterable[Link]) -> None:
    _tabs.append(Tabs(tuple(models), tuple(links)))


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """What UNFOLD["SIDEBAR"]["navigation"] asks for. One link at most is lit: of those the page lies under, the longest."""
    # Every page lies under the first one.
    first = path_of("admin:index")
    paths = [path_of(link.address) for group in _groups for link in group.links]
    here = max((path for path in paths if request.path.startswith(path) and path != first), key=len, default=request.path)
    shown = []
    for group in sorted(_groups, key=lambda one: one.order):
        items = [
            {"title": link.title, "icon": link.icon, "link": link.url(), "active": path_of(link.address) == here}
            for link in group.links
            if link.open_to(request)
        ]
        if items:
            shown.append({"title": group.title, "separator": bool(group.title), "items": items})
    return shown


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """What UNFOLD["TABS"] asks for."""
    return [
        {
            "models": list(row.models),
            "items": [{"title": link.title, "link": link.url()} for link in row.links if link.open_to(request)],
        }
        for row in _tabs
    ]


def stylesheet(request: HttpRequest) -> str:
    return static("kernel/backoffice.css")


def favicon(request: HttpRequest) -> str:
    return static("kernel/favicon.svg")


STAFF = Link(gettext_lazy("Staff"), "badge", "admin:kernel_user_changelist", "kernel.view_user", "?is_service__exact=0")
SCHEDULE = Link(
    gettext_lazy("Schedule"),
    "schedule",
    "admin:django_celery_beat_periodictask_changelist",
    "django_celery_beat.view_periodictask",
)
ATTEMPTS = Link(gettext_lazy("Login attempts"), "login", "admin:axes_accessattempt_changelist", "axes.view_accessattempt")

add_group("", [Link(gettext_lazy("Home"), "home", "admin:index")], order=0)
add_group(
    gettext_lazy("System"),
    [
        Link(gettext_lazy("Job runs"), "conveyor_belt", "admin:kernel_jobrun_changelist", "kernel.view_jobrun"),
        Link(
            gettext_lazy("Event deliveries"), "outbox", "admin:kernel_outboxdelivery_changelist", "kernel.view_outboxdelivery"
        ),
        SCHEDULE,
    ],
    order=100,
)
add_group(
    gettext_lazy("Access"),
    [
        STAFF,
        Link(gettext_lazy("Roles"), "shield_person", "admin:auth_group_changelist", "auth.view_group"),
        Link(gettext_lazy("API tokens"), "key", "admin:knox_authtoken_changelist", "knox.view_authtoken"),
        ATTEMPTS,
        Link(gettext_lazy("Audit"), "history", "admin:admin_logentry_changelist", "admin.view_logentry"),
        Link(
            gettext_lazy("Access to personal data"),
            "visibility",
            "admin:kernel_personalaccess_changelist",
            "kernel.view_personalaccess",
        ),
        Link(
            gettext_lazy("Field catalogue"),
            "data_object",
            "admin:kernel_personalaccess_catalogue",
            "kernel.view_personalaccess",
        ),
    ],
    order=110,
)
add_tabs(
    ["kernel.user"],
    [
        STAFF,
        Link(
            gettext_lazy("Service accounts"), "api", "admin:kernel_user_changelist", "kernel.view_user", "?is_service__exact=1"
        ),
    ],
)
add_tabs(
    ["django_celery_beat.periodictask", "django_celery_beat.crontabschedule", "django_celery_beat.intervalschedule"],
    [
        SCHEDULE,
        Link(
            gettext_lazy("Times of day"),
            "alarm",
            "admin:django_celery_beat_crontabschedule_changelist",
            "django_celery_beat.view_crontabschedule",
        ),
        Link(
            gettext_lazy("Intervals"),
            "timer",
            "admin:django_celery_beat_intervalschedule_changelist",
            "django_celery_beat.view_intervalschedule",
        ),
    ],
)
add_tabs(
    ["axes.accessattempt", "axes.accesslog", "axes.accessfailurelog"],
    [
        ATTEMPTS,
        Link(gettext_lazy("Logins"), "how_to_reg", "admin:axes_accesslog_changelist", "axes.view_accesslog"),
        Link(gettext_lazy("Failed logins"), "report", "admin:axes_accessfailurelog_changelist", "axes.view_accessfailurelog"),
    ],
)
