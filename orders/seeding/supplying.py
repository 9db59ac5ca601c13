"""The suppliers' terms in the demo: order days, minimum values, price breaks, and how far the shop lets them be ordered from.

Nothing here is drawn: the story before it stays as it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal

from config.kernel.roles import Role
from inventory.models import ApprovalLimit, Mode, PriceBreak, ReorderPolicy, Supplier, SupplierOffer, Variant


@dataclass(frozen=True)
class Agreed:
    """`breaks` by how many minimum quantities they begin at, with the share of the cost that is then paid."""

    weekdays: tuple[int, ...] = ()
    cutoff: time | None = None
    minimum_value: int = 0
    volume_cap: int | None = None
    breaks: tuple[tuple[int, Decimal], ...] = ()
    mode: str = ""


AGREED: Mapping[str, Agreed] = {
    "hanbit": Agreed((1, 4), time(15), 300_000, breaks=((2, Decimal("0.96")), (4, Decimal("0.92")))),
    "somgyeol": Agreed((0, 2, 4), time(14), 200_000),
    "deulnyeok": Agreed((), time(17), 0, mode=Mode.AUTOMATIC),
    "choroktteul": Agreed((0, 3), None, 250_000, breaks=((3, Decimal("0.95")),)),
    "namhae": Agreed((2,), time(12), 1_000_000, volume_cap=6_000, mode=Mode.SUGGEST),
}
# What the sea freight counts: milliliters and grams of one unit as packed.
PACKED = {"volume": 2_400, "weight": 650}
BUYER_LIMIT = Decimal(5_000_000)


def agree(suppliers: Mapping[str, Supplier]) -> None:
    for code, agreed in AGREED.items():
        supplier = suppliers[code]
        supplier.order_weekdays, supplier.order_cutoff = list(agreed.weekdays), agreed.cutoff
        supplier.minimum_order_value, supplier.volume_cap = Decimal(agreed.minimum_value), agreed.volume_cap
        supplier.save()
        offers = SupplierOffer.objects.filter(supplier=supplier)
        PriceBreak.objects.bulk_create(
            PriceBreak(
                offer=offer,
                from_quantity=offer.minimum_quantity * times,
                unit_cost=(offer.unit_cost * share).quantize(Decimal(1)),
            )
            for offer in offers.order_by("pk")
            for times, share in agreed.breaks
        )
        goods = offers.filter(is_preferred=True).values("variant")
        if agreed.volume_cap is not None:
            Variant.objects.filter(pk__in=goods).update(**PACKED)
        if agreed.mode:
            ReorderPolicy.objects.filter(variant__in=goods).update(mode=agreed.mode)
    ApprovalLimit.objects.get_or_create(role=Role.BUYER.value, defaults={"amount": BUYER_LIMIT})
