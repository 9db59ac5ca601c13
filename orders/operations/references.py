"""The names by which providers report money: brought into one form, and each good for one row in each direction.

Orders lock their own row, but one name may come for two orders. The key of `ProviderReference` decides between them: whoever
claims a name second waits for the first to end, and is refused if it stayed.
"""

from typing import NamedTuple

from django.db import connection
from django.utils.translation import gettext_lazy as _

from config.kernel.errors import Conflict, Invalid
from orders.models import ProviderReference

CAME, WENT = ProviderReference.Direction.CAME, ProviderReference.Direction.WENT
LONGEST_PROVIDER, LONGEST_REFERENCE = 40, 100

_CLAIM = """
    INSERT INTO orders_providerreference (direction, provider, reference) VALUES (%s, %s, %s)
    ON CONFLICT (direction, provider, reference) DO NOTHING
"""


class ReferenceUsed(Conflict):
    """The provider's reference came before, for another order or amount."""

    code = "reference_used"


class ReferenceInvalid(Invalid):
    """Without a provider or a reference of its own, or with one too long to keep; `details.field` says which."""

    code = "reference_invalid"


class Name(NamedTuple):
    provider: str
    reference: str


def provider(told: str) -> str:
    """A provider as it is kept: blanks around it and capitals are no difference between two."""
    return told.strip().casefold()


def name(told: str, reference: str) -> Name:
    """The name of a report as it is kept."""
    found = Name(provider(told), reference.strip())
    _require("provider", found.provider, LONGEST_PROVIDER)
    _require("reference", found.reference, LONGEST_REFERENCE)
    return found


def _require(field: str, text: str, most: int) -> None:
    if not 0 < len(text) <= most:
        raise ReferenceInvalid(
            _("A provider and a reference are needed, of at most %(provider)s and %(reference)s characters.")
            % {"provider": LONGEST_PROVIDER, "reference": LONGEST_REFERENCE},
            details={"field": field},
        )


def claim(direction: ProviderReference.Direction, found: Name) -> None:
    """Takes the name for the row that the same transaction writes; refuses one that anything was written down under."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [direction.value, *found])
        if not cursor.rowcount:
            raise used(found.reference)


def used(reference: str) -> ReferenceUsed:
    return ReferenceUsed(
        _("The reference %(reference)s belongs to another order or amount.") % {"reference": reference},
        details={"reference": reference},
    )
