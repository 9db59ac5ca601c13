"""What lies in a kit, decided by staff. Parts and stock exclude each other: a kit lies nowhere, its parts do."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.kernel.errors import Conflict, Invalid
from config.kernel.models import User
from inventory.models import KitPart, PurchaseOrder, PurchaseOrderLine, ReorderPolicy, StockLevel, Variant

MOST_PARTS = 50
MOST_UNITS = 1000


class KitInvalid(Invalid):
    """The parts do not make a kit; `details` names the field, and the SKU where there is one."""

    code = "kit_invalid"


class HasStock(Conflict):
    """The SKU lies on a shelf, is on order or is replenished, so it cannot become a kit."""

    code = "has_stock"


@transaction.atomic
def set_parts(*, variant_id: int, parts: Mapping[str, int], actor: User | None, at: datetime) -> list[KitPart]:
    """Makes the SKU a kit of these parts (units by SKU), in place of those before; none make it an ordinary SKU again.

    Orders that are placed already keep the parts they were placed with.
    """
    kit = _locked(variant_id, parts)
    _require_sensible(kit, parts)
    known = {one.sku: one for one in Variant.objects.filter(sku__in=parts).select_related("product")}
    for sku in parts:
        _require_part(kit, sku, known.get(sku))
    if parts:
        _require_no_stock(kit)
        _require_not_replenished(kit)
        if KitPart.objects.filter(part=kit).exists():
            raise KitInvalid(
                _("%(sku)s lies in a kit itself. A kit has no kits in it.") % {"sku": kit.sku}, details={"field": "parts"}
            )
    KitPart.objects.filter(kit=kit).delete()
    return KitPart.objects.bulk_create(
        KitPart(kit=kit, part=known[sku], quantity=quantity) for sku, quantity in sorted(parts.items())
    )


def _locked(variant_id: int, parts: Iterable[str]) -> Variant:
    """The SKU, locked with its parts: who makes one of them a kit, or this one a part, waits or is waited for.

    So is whoever gives the SKU its first stock level or orders it: see `locking.kits_among`.
    """
    # Not no_key: those ask for the row with FOR KEY SHARE, which only this keeps waiting.
    rows = Variant.objects.select_for_update(of=("self",)).select_related("product").order_by("pk")
    found = {one.pk: one for one in rows.filter(Q(pk=variant_id) | Q(sku__in=parts))}
    if variant_id not in found:
        raise Variant.DoesNotExist
    return found[variant_id]


def _require_sensible(kit: Variant, parts: Mapping[str, int]) -> None:
    if len(parts) > MOST_PARTS:
        raise KitInvalid(_("A kit has at most %(most)s parts.") % {"most": MOST_PARTS}, details={"field": "parts"})
    for sku, quantity in parts.items():
        if not 1 <= quantity <= MOST_UNITS:
            raise KitInvalid(
                _("%(sku)s: between 1 and %(most)s units lie in a kit.") % {"sku": sku, "most": MOST_UNITS},
                details={"field": "parts", "sku": sku},
            )
    if sum(parts.values()) == 1:
        raise KitInvalid(_("One unit of one SKU is no kit."), details={"field": "parts"})


def _require_part(kit: Variant, sku: str, part: Variant | None) -> None:
    if part is None:
        raise KitInvalid(_("There is no SKU %(sku)s.") % {"sku": sku}, details={"field": "parts", "sku": sku})
    if part.pk == kit.pk:
        raise KitInvalid(_("A kit does not lie in itself."), details={"field": "parts", "sku": sku})
    if part.parts.exists():
        raise KitInvalid(
            _("%(sku)s is a kit itself. Name its parts instead.") % {"sku": sku}, details={"field": "parts", "sku": sku}
        )
    if part.product.tax_class != kit.product.tax_class:
        # The price of a kit is taxed at one rate.
        raise KitInvalid(
            _("%(sku)s has another tax class than the kit.") % {"sku": sku}, details={"field": "parts", "sku": sku}
        )


def _require_not_replenished(kit: Variant) -> None:
    if ReorderPolicy.objects.filter(variant=kit, is_enabled=True).exists():
        raise HasStock(
            _("%(sku)s is bought by a reorder policy. Switch it off first: the parts of a kit are bought, not the kit.")
            % {"sku": kit.sku},
            details={"sku": kit.sku, "field": "parts"},
        )


def _require_no_stock(kit: Variant) -> None:
    lies = StockLevel.objects.filter(variant=kit).exists()
    over = [PurchaseOrder.State.CLOSED, PurchaseOrder.State.CANCELED]
    if lies or PurchaseOrderLine.objects.filter(variant=kit).exclude(purchase_order__state__in=over).exists():
        raise HasStock(
            _("%(sku)s lies on a shelf or is on order. A kit has no stock of its own: make a new SKU for it.")
            % {"sku": kit.sku},
            details={"sku": kit.sku},
        )
