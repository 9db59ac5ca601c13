"""How a guest's order is read back: by its number together with the phone or e-mail that was given with it. Pure.

A number alone is no secret, for numbers follow one another.
"""

import hmac
import re
from collections.abc import Mapping
from typing import Any

# Fewer digits are guessed too soon to prove anything.
FEWEST_DIGITS = 8
_KOREA = "82"


def proves(contact: str, ship_to: Mapping[str, Any]) -> bool:
    """Whether `contact` is the phone or the e-mail of the address. Takes as long for a wrong one, and for an order unknown."""
    told = _spelled(contact)
    known = [_spelled(str(ship_to.get(name) or "")) for name in ("phone", "email")]
    alike = [hmac.compare_digest(told.encode(), one.encode()) for one in known]
    return bool(told) and any(alike)


def _spelled(contact: str) -> str:
    """As one writes it: e-mail in small letters, a phone as digits alone, Korean ones without the code of the country."""
    contact = contact.strip()
    if "@" in contact:
        return contact.lower()
    digits = re.sub("[^0-9]", "", contact)
    if contact.startswith(f"+{_KOREA}"):
        digits = "0" + digits.removeprefix(_KOREA).lstrip("0")
    return digits if len(digits) >= FEWEST_DIGITS else ""
