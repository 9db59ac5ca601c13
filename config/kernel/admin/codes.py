"""What the codes in records are called: topics and subscribers of events, and the names in their payloads and in runs of jobs.

Records hold codes, so that each reader is told in their own language. Every app declares its own codes in its admin package; a
code nobody declared, of an app that was unplugged, is shown as it is.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import pgettext_lazy

Tell = Callable[[Any], str]

# Short enough for a column, and the same in both languages.
MOMENT = "Y-m-d H:i"

_topics: dict[str, Any] = {}
_subscribers: dict[str, Any] = {}
_names: dict[str, Any] = {}
_tells: dict[str, Tell] = {}


def declare(
    *,
    topics: Mapping[str, Any] | None = None,
    subscribers: Mapping[str, Any] | None = None,
    names: Mapping[str, Any] | None = None,
    tells: Mapping[str, Tell] | None = None,
) -> None:
    """Titles by code. `names` are those of figures, arguments and payloads; `tells` puts the value of a name into words."""
    _topics.update(topics or {})
    _subscribers.update(subscribers or {})
    _names.update(names or {})
    _tells.update(tells or {})


def topic(code: str) -> str:
    return str(_topics.get(code, code))


def subscriber(code: str) -> str:
    return str(_subscribers.get(code, code))


def subscribers() -> list[tuple[str, str]]:
    """Every declared subscriber's code and title, in the order of the titles as this person reads them."""
    return sorted(((code, str(title)) for code, title in _subscribers.items()), key=lambda one: one[1])


def facts(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A small JSON object as names and values in words, in the order of the declarations: the database keeps none."""
    places = {name: place for place, name in enumerate(_names)}
    for name in sorted(values, key=lambda one: places.get(one, len(places))):
        tell = _tells.get(name, _plain)
        yield str(_names.get(name, name)), tell(values[name])


def moment(value: datetime) -> str:
    return date_format(localtime(value), MOMENT)


def _plain(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)


declare(
    names={
        # delivering, sweeping, auditing
        "handled": pgettext_lazy("fact", "events handled"),
        "failed": pgettext_lazy("fact", "failed"),
        "rung_again": pgettext_lazy("fact", "runs asked for again"),
        "lost": pgettext_lazy("fact", "runs lost"),
        "left": pgettext_lazy("fact", "left to the next round"),
        "checked": pgettext_lazy("fact", "invariants checked"),
        "violations": pgettext_lazy("fact", "violations"),
        # pruning
        "events": pgettext_lazy("fact", "events dropped"),
        "keys": pgettext_lazy("fact", "idempotency keys dropped"),
        "runs": pgettext_lazy("fact", "job runs dropped"),
        "sessions": pgettext_lazy("fact", "sessions dropped"),
        "attempts": pgettext_lazy("fact", "counted login failures dropped"),
        "logins": pgettext_lazy("fact", "records of logins dropped"),
        "failed_logins": pgettext_lazy("fact", "records of failed logins dropped"),
        "tokens": pgettext_lazy("fact", "expired tokens dropped"),
        "accesses": pgettext_lazy("fact", "accesses to personal data dropped"),
        # what payloads of several apps name
        "at": pgettext_lazy("fact", "moment"),
        "on": pgettext_lazy("fact", "business day"),
    },
    tells={"at": lambda value: moment(datetime.fromisoformat(value))},
)
