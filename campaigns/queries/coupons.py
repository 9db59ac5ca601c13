"""The codes of a batch."""

from collections.abc import Iterator

from campaigns.models import Coupon, CouponBatch


def used_of(batch: CouponBatch) -> int:
    """How many codes of the batch were used at least once."""
    return Coupon.objects.filter(batch=batch, used__gt=0).count()


def codes_of(batch: CouponBatch) -> Iterator[tuple[str, int | None, int, bool]]:
    """Code, usage limit, uses and whether it is on, read in chunks: a batch may have a hundred thousand."""
    rows = Coupon.objects.filter(batch=batch).order_by("pk").values_list("code", "usage_limit", "used", "is_enabled")
    yield from rows.iterator(chunk_size=5000)
