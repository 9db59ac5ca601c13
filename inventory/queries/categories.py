"""How categories lie in each other."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from inventory.models import Category

DEEPEST = 3


def refusal(*, category_id: int | None, parent_id: int | None) -> Promise | None:
    """Why a category may not lie below that parent; None when it may. Counts what lies below the category too."""
    parents = dict(Category.objects.values_list("pk", "parent_id"))
    if parent_id is None:
        return None
    above = _path(parent_id, parents)
    if category_id in above:
        return _("A category cannot lie within itself.")
    if len(above) + _height(category_id, parents) > DEEPEST:
        return _("Categories lie at most three deep.")
    return None


def _path(category_id: int, parents: Mapping[int, int | None]) -> list[int]:
    """The category and all above it."""
    path: list[int] = []
    here: int | None = category_id
    while here is not None and here not in path:
        path.append(here)
        here = parents.get(here)
    return path


def _height(category_id: int | None, parents: Mapping[int, int | None]) -> int:
    """Levels from the category down to the deepest below it, itself included."""
    if category_id is None:
        return 1
    paths = (_path(each, parents) for each in parents)
    return max((path.index(category_id) + 1 for path in paths if category_id in path), default=1)
