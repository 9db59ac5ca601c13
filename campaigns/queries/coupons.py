"""The codes of a batch, and what happened to a code."""

from collections.abc import Iterator, Sequence

from campaigns.models import Coupon, CouponBatch, CouponSwitch

SHOWN = 20


def switches(coupon: Coupon) -> Sequence[CouponSwitch]:
    """When it was switched on and off, and by whom; the latest first."""
    return list(coupon.switches.select_related("actor").order_by("-id")[:SHOWN])


def used_of(batch: CouponBatch) -> int:
    """How many codes of the batch were used at least once."""
    return Coupon.objects.filter(batch=batch, used__gt=0).count()


def codes_of(batch: CouponBatch) -> Iterator[tuple[str, int | None, int, bool]]:
    """Code, usage limit, uses and whether it is on, read in chunks: a batch may have a hundred thousand."""
    rows = Coupon.objects.filter(batch=batch).order_by("pk").values_list("code", "usage_limit", "used", "is_enabled")
    yield from rows.iterator(chunk_size=5000)
