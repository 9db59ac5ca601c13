"""What the keys of figures are called."""

from inventory.models import Category, Variant


def skus(*, keys: list[int]) -> dict[int, str]:
    variants = Variant.objects.select_related("product").filter(pk__in=keys)
    return {one.pk: f"{one.sku} {one.product.name} {one.name}".strip() for one in variants}


def categories(*, keys: list[int]) -> dict[int, str]:
    """With the categories above: at most three names."""
    found = Category.objects.select_related("parent__parent").filter(pk__in=keys)
    return {one.pk: path(one) for one in found}


def path(category: Category) -> str:
    return " > ".join(_path(category))


def _path(category: Category) -> list[str]:
    above = _path(category.parent) if category.parent else []
    return [*above, category.name]
