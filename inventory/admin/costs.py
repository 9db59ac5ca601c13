"""Who sees what goods cost: those who buy, set prices or read figures, and not everybody who handles the goods."""

from collections.abc import Iterable

from django.http import HttpRequest

SEES = "inventory.see_cost"


def sees(request: HttpRequest) -> bool:
    return request.user.has_perm(SEES)


def without(request: HttpRequest, names: Iterable[str], *costly: str) -> list[str]:
    """The columns or fields that this person may see, of which `costly` tell what goods cost."""
    return [name for name in names if name not in costly or sees(request)]
