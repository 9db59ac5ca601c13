"""Defines the shop's own kinds of events. A version never changes: what was stored by it must stay readable."""

import json
import logging
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import jsonschema_rs
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from analytics.behaviour.kinds import BUILT_IN, FIRST_OWN, ORIGIN, PATH
from analytics.models import EventKind
from analytics.operations import locks
from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User

log = logging.getLogger(__name__)

# Only one defines at a time: the next number and the next version are told from those there are.
LAST_OWN = 32_767
MOST_PROPERTIES = 50
LONGEST_TEXT = 20_000
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_SHARED = {"path": PATH, **ORIGIN}
_BUILT_IN_NAMES = frozenset(kind.name for kind in BUILT_IN)


class BadKind(Invalid):
    """`details` names the field and, where one is to blame, the property."""

    code = "invalid_event_kind"


class UnknownKind(Missing):
    code = "unknown_event_kind"


class NoNumberLeft(Conflict):
    code = "no_event_kind_left"


@transaction.atomic
def define(*, name: str, properties: Mapping[str, Any], required: Sequence[str], actor: User | None, at: datetime) -> EventKind:
    """The next version of a kind, which is the first where nobody has defined it. Raises `BadKind`."""
    check(name=name, properties=properties, required=required)
    locks.alone(locks.Lock.EVENT_KINDS)
    last = EventKind.objects.aggregate(number=Max("number"))["number"] or FIRST_OWN - 1
    if last >= LAST_OWN:
        raise NoNumberLeft(_("There is no number left for another kind of event."))
    version = EventKind.objects.filter(name=name).aggregate(version=Max("version"))["version"] or 0
    made = EventKind.objects.create(
        number=last + 1,
        name=name,
        version=version + 1,
        properties=dict(properties),
        required=list(dict.fromkeys(required)),
        created_at=at,
    )
    log.info("kind of event %s defined by user %s", made, actor.pk if actor else None)
    return made


@transaction.atomic
def switch(*, number: int, on: bool, actor: User | None) -> EventKind:
    """Takes events of this version in, or keeps them apart from now on."""
    kind = EventKind.objects.select_for_update(no_key=True).filter(pk=number).first()
    if kind is None:
        raise UnknownKind(_("There is no such kind of event."))
    kind.is_active = on
    kind.save(update_fields=["is_active"])
    log.info("kind of event %s switched %s by user %s", kind, "on" if on else "off", actor.pk if actor else None)
    return kind


def check(*, name: str, properties: Any, required: Sequence[str]) -> None:
    """Raises `BadKind` for what could not be defined."""
    if name in _BUILT_IN_NAMES:
        raise _bad("name", _("“%(name)s” is built in and cannot be defined anew.") % {"name": name})
    if not _NAME.fullmatch(name):
        raise _bad("name", _("A name has small letters, digits and underscores, such as gift_wrapped."))
    if not isinstance(properties, Mapping):
        raise _bad("properties", _('Write an object that has a JSON Schema for each property: {"pages": {"type": "integer"}}.'))
    if len(properties) > MOST_PROPERTIES:
        raise _bad("properties", _("Name at most %(most)s.") % {"most": MOST_PROPERTIES})
    for property_name, schema in properties.items():
        _check_property(property_name, schema)
    if unknown := [one for one in required if one not in properties]:
        raise _bad("required", _("“%(property)s” is required but not among the properties.") % {"property": unknown[0][:60]})


def _check_property(name: str, schema: Any) -> None:
    def bad(told: str) -> BadKind:
        return _bad("properties", told % {"property": name[:60]}, property=name[:60])

    if not _NAME.fullmatch(name):
        raise bad(_("“%(property)s” is no name of a property: use small letters, digits and underscores."))
    if not isinstance(schema, dict):
        raise bad(_('“%(property)s” needs a JSON Schema, such as {"type": "string"}.'))
    if not _is_storable(schema):
        raise bad(_("The schema of “%(property)s” holds a sign or a number that cannot be kept, or is too long."))
    # A reference would be fetched from wherever it leads, by this shop's server.
    if _refers(schema):
        raise bad(_("The schema of “%(property)s” refers to another one or names its dialect ($…): write it out."))
    try:
        jsonschema_rs.meta.validate(schema)
        jsonschema_rs.Draft202012Validator(schema)
    except ValueError as error:
        # A ValidationError says where; a schema that is nested too deeply is a plain ValueError.
        where = ".".join(map(str, getattr(error, "instance_path", ())))
        raise bad(
            _("The schema of “%(property)s” is no valid JSON Schema; look at %(where)s.") % {"property": name, "where": where}
            if where
            else _("The schema of “%(property)s” is no valid JSON Schema.")
        ) from None
    # Visits take these from any kind of event, so they mean one thing and are as long as their columns.
    if name in _SHARED and schema != _SHARED[name]:
        raise bad(_("“%(property)s” is a property of built-in kinds: give it the schema it has there."))
    # It is looked up among the shop's SKUs and stored beside the other properties.
    if name == "sku" and schema.get("type") != "string":
        raise bad(_('“%(property)s” names one of the shop\'s SKUs: its type is "string".'))


def _is_storable(schema: Any) -> bool:
    try:
        text = json.dumps(schema, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, RecursionError):
        return False
    return "\\u0000" not in text and len(text) <= LONGEST_TEXT


def _refers(schema: Any) -> bool:
    # No recursion: it may nest more deeply than Python does.
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if any(key.startswith("$") for key in one):
                return True
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return False


def _bad(field: str, told: str, **details: str) -> BadKind:
    return BadKind(told, details={"field": field, **details})
