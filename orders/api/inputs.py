"""What callers may send about orders."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from config.kernel.serializing import AmountInput, StrictInput
from inventory.models import Warehouse
from orders.operations.placing import Buyer

MOST_LINES = 200
MOST_UNITS = 9_999
MOST_CODES = 20


class LineInput(StrictInput):
    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_UNITS)


class BuyerInput(StrictInput):
    """Name, phone and email are kept for the customer where they are given."""

    external_id = serializers.CharField(max_length=64, help_text="The storefront's own key of the customer.")
    name = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    phone = serializers.CharField(max_length=20, required=False, default="", allow_blank=True)
    email = serializers.EmailField(max_length=254, required=False, default="", allow_blank=True)


class ShipToInput(StrictInput):
    name = serializers.CharField(max_length=100)
    phone = serializers.RegexField(r"^[0-9+() -]{3,20}$")
    email = serializers.EmailField(
        max_length=254, required=False, allow_blank=True, help_text="By this or the phone a guest's order is read back."
    )
    postal_code = serializers.RegexField(r"^[0-9A-Za-z -]{3,10}$")
    address = serializers.CharField(max_length=300)
    detail = serializers.CharField(max_length=200, required=False, allow_blank=True, help_text="Floor, room.")
    message = serializers.CharField(max_length=200, required=False, allow_blank=True, help_text="For the courier.")


class QuoteInput(StrictInput):
    lines: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=LineInput(), allow_empty=False, max_length=MOST_LINES
    )
    codes = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=MOST_CODES, required=False, default=list,
        help_text="Coupon codes, in the order in which they shall be tried.",
    )  # fmt: skip
    customer = BuyerInput(required=False, allow_null=True, default=None)

    @classmethod
    def read(cls, data: Any) -> dict[str, Any]:
        """With the lines as pairs of SKU and quantity, and the customer as `Buyer`."""
        given = super().read(data)
        given["lines"] = [(line["sku"], line["quantity"]) for line in given["lines"]]
        given["customer"] = Buyer(**given["customer"]) if given["customer"] else None
        return given


class OrderInput(QuoteInput):
    # A colon is kept for the shop's own channels, such as an imported past.
    channel = serializers.RegexField(
        r"^[a-z0-9][a-z0-9_-]{0,19}$", required=False, default="web", help_text="Where it was sold: web, naver."
    )
    external_number = serializers.CharField(
        max_length=64, required=False, allow_null=True, default=None,
        help_text="The channel's own number of the order; the same number again is refused.",
    )  # fmt: skip
    ship_to = ShipToInput()
    expected_total = AmountInput(help_text="What the customer was shown. Another price is refused, with the new quote.")
    note = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class PaymentInput(StrictInput):
    provider = serializers.CharField(max_length=40)
    reference = serializers.CharField(max_length=100, help_text="The provider's own number of the payment.")
    amount = AmountInput()
    paid_at = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="Empty: now.")
    customer = serializers.CharField(
        max_length=64, required=False, default="", help_text="Its external id; a storefront names the order's customer, if any."
    )


class RefundInput(StrictInput):
    provider = serializers.CharField(
        max_length=40, required=False, default="", allow_blank=True,
        help_text="One that took a payment of the order. Empty: as the order was paid.",
    )  # fmt: skip
    reference = serializers.CharField(max_length=100, help_text="The provider's own number of the refund.")
    amount = AmountInput()
    payment = serializers.CharField(
        max_length=100, required=False, default="", allow_blank=True,
        help_text="The reference of the payment that went back; needed while an unmatched payment of this amount is open.",
    )  # fmt: skip
    reason = serializers.CharField(max_length=200)


class PayBackInput(StrictInput):
    payment = serializers.CharField(max_length=100, help_text="The reference of the unmatched payment.")
    provider = serializers.CharField(
        max_length=40, required=False, default="", allow_blank=True,
        help_text="Who took it; needed where two providers gave the same reference.",
    )  # fmt: skip
    reference = serializers.CharField(max_length=100, help_text="The provider's own number of the refund.")
    reason = serializers.CharField(max_length=200)


class CancelInput(StrictInput):
    reason = serializers.CharField(max_length=200)
    customer = serializers.CharField(
        max_length=64, required=False, default="", help_text="Its external id; a storefront must name it."
    )


class ReasonInput(StrictInput):
    reason = serializers.CharField(max_length=200)


class NoteInput(StrictInput):
    text = serializers.CharField(max_length=300)


class EmptyInput(StrictInput):
    pass


class UnitsInput(StrictInput):
    position = serializers.IntegerField(min_value=1, max_value=MOST_LINES)
    quantity = serializers.IntegerField(min_value=0, max_value=MOST_UNITS * MOST_LINES)


def units(items: list[dict[str, int]], field: str) -> dict[int, int]:
    """Units by line position; a position named twice has no clear meaning."""
    by_position = {one["position"]: one["quantity"] for one in items}
    if len(by_position) != len(items):
        raise serializers.ValidationError({field: [serializers.ErrorDetail(_("Name each line once."), "named_twice")]})
    return by_position


class WarehouseField(serializers.SlugRelatedField[Warehouse]):
    """A warehouse by its code. Text that no database column holds names none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(slug_field="code", queryset=Warehouse.objects.all(), **options)

    def to_internal_value(self, data: Any) -> Warehouse:
        if not isinstance(data, str) or not data.isprintable():
            self.fail("invalid")
        return super().to_internal_value(data)


class ShipInput(StrictInput):
    items: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=UnitsInput(), required=False, allow_null=True, default=None, max_length=MOST_LINES,
        help_text="Empty: everything that is held.",
    )  # fmt: skip
    warehouse = WarehouseField(required=False, allow_null=True, default=None, help_text="Its code; empty: all that hold some.")
    carrier = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)
    tracking_number = serializers.CharField(max_length=64, required=False, default="", allow_blank=True)


class ReturnInput(StrictInput):
    items: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=UnitsInput(), allow_empty=False, max_length=MOST_LINES
    )
    warehouse = WarehouseField(help_text="The code of the warehouse that gets the goods.")
    reason = serializers.CharField(max_length=200)


class ReceiveInput(StrictInput):
    restocked: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=UnitsInput(), max_length=MOST_LINES, help_text="How many units of each line can be sold again."
    )
