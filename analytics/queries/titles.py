"""What the keys of figures are called."""

from analytics.models.attribution import Grouping
from campaigns.models import Segment
from inventory.models import Category, Variant, Warehouse


def skus(*, keys: list[int]) -> dict[int, str]:
    variants = Variant.objects.select_related("product").filter(pk__in=keys)
    return {one.pk: f"{one.sku} {one.product.name} {one.name}".strip() for one in variants}


def categories(*, keys: list[int]) -> dict[int, str]:
    """With the categories above: at most three names."""
    found = Category.objects.select_related("parent__parent").filter(pk__in=keys)
    return {one.pk: path(one) for one in found}


def warehouse(key: int) -> str:
    """Empty where there is no such."""
    return Warehouse.objects.filter(pk=key).values_list("name", flat=True).first() or ""


def segment(key: int) -> str:
    """Empty where there is no such."""
    return Segment.objects.filter(pk=key).values_list("name", flat=True).first() or ""


def origin(code: str) -> str:
    return str(Grouping(code).label) if code in Grouping.values else code


def campaign(key: str) -> str:
    """Origin, source and campaign, as far as they are known."""
    grouping, *told = key.split("/", 2)
    return " · ".join([origin(grouping), *(one for one in told if one)])


def path(category: Category) -> str:
    return " > ".join(_path(category))


def _path(category: Category) -> list[str]:
    above = _path(category.parent) if category.parent else []
    return [*above, category.name]
