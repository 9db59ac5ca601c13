"""By which words a text may tell who somebody is. Pure."""

import re

# Shorter ones stand in texts that tell of nobody: 12 orders, 3 hours.
SHORTEST_NUMBER = 5
SHORTEST = 2
_BESIDE = "[^0-9A-Za-z_-]"


def patterns(*, external_id: str, phone: str, email: str, name: str) -> list[str]:
    """Patterns of regular expressions, whatever the case, for PostgreSQL. Each word stands by itself: letters and digits do not
    go on beside it, but what Korean hangs on to a name does.
    """
    words = {one.strip() for one in (external_id, phone, "".join(filter(str.isdecimal, phone)), email, name)}
    telling = sorted(one for one in words if len(one) >= (SHORTEST_NUMBER if one.isdecimal() else SHORTEST))
    return [f"(^|{_BESIDE}){re.escape(one)}($|{_BESIDE})" for one in telling]
