"""What the keys of figures are called, in the API and on pages, and which rows a public code means."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from analytics.metrics import Cut
from analytics.queries import titles
from analytics.queries.measuring import Part
from campaigns.models import Segment
from inventory.models import Category, Variant, Warehouse
from orders.queries import worklists


@dataclass(frozen=True)
class Name:
    """`code` is public and stays, `title` is for people."""

    code: str
    title: str


def names(cut: Cut, keys: Iterable[Any]) -> Mapping[Any, Name]:
    """Of rows the shop keeps, and of origins; empty for other cuts, whose keys speak for themselves."""
    wanted = [key for key in keys if key is not None]
    if cut is Cut.SKU:
        told = titles.skus(keys=wanted)
        return {one.pk: Name(one.sku, told[one.pk]) for one in Variant.objects.filter(pk__in=wanted)}
    if cut is Cut.CATEGORY:
        told = titles.categories(keys=wanted)
        return {one.pk: Name(one.code, told[one.pk]) for one in Category.objects.filter(pk__in=wanted)}
    if cut is Cut.WAREHOUSE:
        return {one.pk: Name(one.code, one.name) for one in Warehouse.objects.filter(pk__in=wanted)}
    if cut is Cut.SEGMENT:
        found = Segment.objects.filter(pk__in=[key for key in wanted if isinstance(key, int)])
        return {one.pk: Name(one.code, one.name) for one in found}
    if cut is Cut.GROUPING:
        return {key: Name(key, titles.origin(key)) for key in wanted}
    if cut is Cut.CAMPAIGN:
        return {key: Name(key, titles.campaign(key)) for key in wanted}
    return {}


def meant(cut: Cut, code: str) -> Any:
    """The key, or the keys, that a public code stands for; none where there is no such thing. A category holds those below."""
    if cut is Cut.CHANNEL:
        return code if code in worklists.channels() else None
    if cut is Cut.SKU:
        return Variant.objects.filter(sku=code).values_list("pk", flat=True).first()
    if cut is Cut.WAREHOUSE:
        return Warehouse.objects.filter(code=code).values_list("pk", flat=True).first()
    if cut is Cut.SEGMENT:
        return Segment.objects.filter(code=code).values_list("pk", flat=True).first()
    if cut in (Cut.GROUPING, Cut.CAMPAIGN):
        # Whatever visits told: the code is the key.
        return code
    return _held("code", code)


def part(told: Mapping[Cut, str | int]) -> tuple[Part, list[Cut]]:
    """The part of the figures that is meant, as every door asks for it, and by what no such thing was found. Text is a public
    code, a number the key of a row.
    """
    found = {cut: meant(cut, one) if isinstance(one, str) else _row(cut, one) for cut, one in told.items()}
    return Part({cut: key for cut, key in found.items() if key is not None}), [cut for cut, key in found.items() if key is None]


def _row(cut: Cut, key: int) -> Any:
    return _held("pk", key) if cut is Cut.CATEGORY else key


def _held(field: str, value: Any) -> frozenset[int] | None:
    """A category with those below it."""
    within = Q(**{field: value}) | Q(**{f"parent__{field}": value}) | Q(**{f"parent__parent__{field}": value})
    return frozenset(Category.objects.filter(within).values_list("pk", flat=True)) or None


def choices(cut: Cut) -> list[Name]:
    """What a form offers to narrow by; SKUs are too many to be listed."""
    if cut is Cut.CHANNEL:
        return [Name(one, one) for one in worklists.channels()]
    if cut is Cut.CATEGORY:
        every = Category.objects.select_related("parent__parent")
        return sorted((Name(one.code, titles.path(one)) for one in every), key=lambda one: one.title)
    if cut is Cut.WAREHOUSE:
        return [Name(one.code, one.name) for one in Warehouse.objects.order_by("name")]
    return [Name(one.code, one.name) for one in Segment.objects.order_by("name")]
