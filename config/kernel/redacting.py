"""What log lines leave out: keys that stand in addresses. Whoever reads a log could use them."""

import re
from collections.abc import MutableMapping
from typing import Any

# The link by which a supplier confirms: whoever has it needs no login.
_KEYS = re.compile(r"(/confirm/)[^/\s\"'?]+")


def without_keys(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last step before a line is written, so that lines of libraries and traces of errors pass it too."""
    for name, value in line.items():
        if isinstance(value, str):
            line[name] = _KEYS.sub(r"\1[key]", value)
    return line
