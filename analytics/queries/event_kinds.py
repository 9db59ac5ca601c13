"""The kinds of events that are taken in: those every shop has and the shop's own, ready to check with."""

import threading
import time
from typing import Any

import jsonschema_rs

from analytics.behaviour.kinds import BUILT_IN, Kind
from analytics.behaviour.reading import Kinds, KnownKind
from analytics.models import EventKind

# A kind that staff add or switch off counts in every process after at most so many seconds.
KEPT_SECONDS = 10.0

_loading = threading.Lock()
_kept: tuple[float, Kinds] | None = None


def known() -> Kinds:
    """Kept for a moment, since every batch asks."""
    global _kept
    kept = _kept
    if kept is None or time.monotonic() - kept[0] > KEPT_SECONDS:
        with _loading:
            if _kept is not None and _kept is not kept:
                return _kept[1]  # Somebody else has read them while this one waited.
            _kept = kept = (time.monotonic(), _load())
    return kept[1]


def anew() -> Kinds:
    """As they are this moment, and kept from now on."""
    forget()
    return known()


def forget() -> None:
    """The next batch reads the kinds anew."""
    global _kept
    _kept = None


def all_kinds() -> list[Kind]:
    own = EventKind.objects.filter(is_active=True).order_by("number")
    return [*BUILT_IN, *(Kind(row.number, row.name, row.version, row.properties, tuple(row.required)) for row in own)]


def _load() -> Kinds:
    by_version = dict(_BUILT_IN)
    latest: dict[str, int] = {}
    for kind in all_kinds():
        by_version.setdefault((kind.name, kind.version), _ready(kind))
        latest[kind.name] = max(kind.version, latest.get(kind.name, 0))
    return Kinds(by_version, latest)


def _ready(kind: Kind) -> KnownKind:
    validator = jsonschema_rs.Draft202012Validator(kind.schema())

    def complaint(properties: Any) -> str | None:
        """Names the property and the rule it breaks, never its value: that may be personal."""
        try:
            if validator.is_valid(properties):
                return None
            error = next(iter(validator.iter_errors(properties)))
        except ValueError:
            # The validator goes only so deep, whatever the schema says.
            return "nested too deeply"
        rule = str(error.schema_path[-1])
        if rule in ("required", "additionalProperties"):
            strange = sorted(set(properties) - set(kind.properties)) if rule == "additionalProperties" else []
            missing = [name for name in kind.required if name not in properties] if rule == "required" else []
            return f"{rule}: {', '.join((strange or missing)[:3])}"
        return ".".join([*map(str, error.instance_path), rule])

    return KnownKind(kind.number, complaint)


# Checked against so often, and the same for the life of a process.
_BUILT_IN = {(kind.name, kind.version): _ready(kind) for kind in BUILT_IN}
