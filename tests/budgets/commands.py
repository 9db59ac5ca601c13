"""Every writing operation of the API, for documents of any size: what is sent where. Each call prepares what it needs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from analytics.api import admission
from analytics.queries import event_kinds
from inventory.models import TransferOrder
from inventory.operations import purchasing, transfers
from inventory.operations.purchasing import Wanted
from orders.operations import fulfilling, returning, unmatched
from orders.operations.placing import Buyer
from orders.queries import quoting
from tests import builders
from tests.analytics.events.builders import a_batch, an_event
from tests.budgets.world import World


@dataclass(frozen=True)
class Sent:
    address: str
    body: dict[str, Any]


def _basket(world: World, size: int) -> dict[str, Any]:
    lines = [{"sku": one.sku, "quantity": 2} for one in world.some_variants(size)]
    return {"lines": lines, "customer": {"external_id": world.customer.external_id, "name": world.customer.name}}


def _quote(world: World, size: int) -> Sent:
    return Sent("/quotes/", _basket(world, size))


def _quote_with_code(world: World, size: int) -> Sent:
    return Sent("/quotes/", _basket(world, size) | {"codes": [world.coupon.code]})


def _place(world: World, size: int, codes: tuple[str, ...] = ()) -> Sent:
    basket = _basket(world, size)
    lines = [(line["sku"], line["quantity"]) for line in basket["lines"]]
    quote = quoting.quote(lines=lines, codes=codes, customer_external_id=world.customer.external_id, at=world.at)
    return Sent("/orders/", basket | {"ship_to": builders.SHIP_TO, "expected_total": str(quote.total), "codes": list(codes)})


def _redeem(world: World, size: int) -> Sent:
    return _place(world, size, (world.coupon.code,))


def _wanted(world: World, size: int) -> list[tuple[Any, int]]:
    return [(one, 2) for one in world.some_variants(size)]


def _all_lines(size: int, quantity: int) -> list[dict[str, int]]:
    return [{"position": line + 1, "quantity": quantity} for line in range(size)]


def _placed(world: World, size: int) -> Any:
    return builders.a_placed_order(*_wanted(world, size), at=world.at, customer=Buyer(world.customer.external_id))


def _paid(world: World, size: int) -> Any:
    return builders.a_paid_order(
        *_wanted(world, size), at=world.at, customer=Buyer(world.customer.external_id), codes=[world.coupon.code]
    )


def _shipped(world: World, size: int) -> Any:
    order = _paid(world, size)
    fulfilling.ship(number=order.number, actor=None, at=world.at)
    return order


def _returned(world: World, size: int) -> Any:
    return returning.accept(
        number=_shipped(world, size).number, items={line + 1: 1 for line in range(size)}, warehouse_id=world.warehouse.pk,
        reason="변심", actor=None, at=world.at,
    )  # fmt: skip


def _pay(world: World, size: int) -> Sent:
    order = _placed(world, size)
    body = {"provider": "card", "reference": f"p-{order.number}", "amount": str(order.total)}
    return Sent(f"/orders/{order.number}/payments/", body)


def _cancel(world: World, size: int) -> Sent:
    return Sent(f"/orders/{_paid(world, size).number}/cancel/", {"reason": "변심"})


def _pick(world: World, size: int) -> Sent:
    return Sent(f"/orders/{_paid(world, size).number}/pick/", {})


def _ship(world: World, size: int) -> Sent:
    return Sent(f"/orders/{_paid(world, size).number}/ship/", {"carrier": "우체국", "tracking_number": "1"})


def _ship_part(world: World, size: int) -> Sent:
    return Sent(f"/orders/{_paid(world, size).number}/ship/", {"items": _all_lines(size, 1)})


def _return(world: World, size: int) -> Sent:
    body = {"items": _all_lines(size, 1), "warehouse": world.warehouse.code, "reason": "변심"}
    return Sent(f"/orders/{_shipped(world, size).number}/returns/", body)


def _receive_return(world: World, size: int) -> Sent:
    return Sent(f"/returns/{_returned(world, size).number}/receive/", {"restocked": _all_lines(size, 1)})


def _refuse_return(world: World, size: int) -> Sent:
    return Sent(f"/returns/{_returned(world, size).number}/refuse/", {"reason": "훼손"})


def _refund(world: World, size: int) -> Sent:
    order = _paid(world, size)
    return Sent(f"/orders/{order.number}/refunds/", {"reference": f"r-{order.number}", "amount": "10", "reason": "할인 누락"})


def _pay_back(world: World, size: int) -> Sent:
    order = _paid(world, size)
    for number in range(size):
        unmatched.take(
            number=order.number, provider="card", reference=f"twice-{order.number}-{number}", amount=order.total,
            paid_at=world.at, actor=None, at=world.at,
        )  # fmt: skip
    body = {"payment": f"twice-{order.number}-0", "reference": f"r-{order.number}", "reason": "이중 결제"}
    return Sent(f"/orders/{order.number}/pay-back/", body)


def _note(world: World, size: int) -> Sent:
    return Sent(f"/orders/{_paid(world, size).number}/notes/", {"text": "문 앞"})


def _restock(world: World, size: int) -> Sent:
    return Sent(f"/orders/{world.a_short_order(size).number}/restock/", {})


def _cancel_missing(world: World, size: int) -> Sent:
    return Sent(f"/orders/{world.a_short_order(size).number}/cancel-missing/", {"reason": "품절"})


def _receive_goods(world: World, size: int) -> Sent:
    skus = world.some_variants(size)
    order = purchasing.draft(
        supplier_id=world.supplier.pk, warehouse_id=world.warehouse.pk, lines=[Wanted(one.pk, 2) for one in skus],
        actor=None, at=world.at,
    )  # fmt: skip
    purchasing.approve(number=order.number, actor=None, at=world.at)
    purchasing.send(number=order.number, actor=None, at=world.at)
    lines = [{"sku": one.sku, "quantity": 1} for one in skus]
    return Sent(f"/purchase-orders/{order.number}/receive/", {"delivery_note": "1", "lines": lines})


def _transfer(world: World, size: int) -> TransferOrder:
    lines = [transfers.Wanted(one.pk, 2) for one in world.some_variants(size)]
    return transfers.draft(
        from_warehouse_id=world.warehouse.pk, to_warehouse_id=builders.a_warehouse(is_active=False).pk, lines=lines,
        reason="보충", actor=None, at=world.at,
    )  # fmt: skip


def _ship_transfer(world: World, size: int) -> Sent:
    lines = [{"sku": one.sku, "quantity": 2} for one in world.some_variants(size)]
    return Sent(f"/transfers/{_transfer(world, size).number}/ship/", {"lines": lines})


def _receive_transfer(world: World, size: int) -> Sent:
    order = _transfer(world, size)
    transfers.ship(number=order.number, actor=None, at=world.at)
    lines = [{"sku": one.sku, "quantity": 1} for one in world.some_variants(size)]
    return Sent(f"/transfers/{order.number}/receive/", {"lines": lines})


def _write_customer(world: World, size: int) -> Sent:
    return Sent(f"/customers/{world.customer.external_id}/", {"name": f"김하늘 {size}"})


def _state_consent(world: World, size: int) -> Sent:
    said = {"channel": "EMAIL", "purpose": "ADVERTISING", "is_given": True, "text_version": "2026-01", "source": "checkout"}
    return Sent(f"/customers/{world.customer.external_id}/consents/", said)


def _tell_spend(world: World, size: int) -> Sent:
    row = {"day": "2026-01-05", "source": "naver", "medium": "cpc", "cost": "1000"}
    return Sent("/spend/", {"rows": [row | {"campaign": f"told-{number}"} for number in range(size)]})


def _tell_events(world: World, size: int) -> Sent:
    # As of a process that knows no source and no kind yet.
    admission.forget()
    event_kinds.forget()
    skus = [an_event("product_viewed", at=world.at, sku=one.sku) for one in world.some_variants(size)]
    refused = [{"id": str(one)} for one in range(size)]
    body = a_batch(*skus, *refused, customer=world.customer.external_id)
    return Sent(f"/events/?source={world.server.code}", body)


# What stands behind a question mark is another way to use the same operation.
COMMANDS: dict[str, Callable[[World, int], Sent]] = {
    "POST /api/v1/quotes/": _quote,
    "POST /api/v1/quotes/?coupon": _quote_with_code,
    "POST /api/v1/orders/": _place,
    "POST /api/v1/orders/?coupon": _redeem,
    "POST /api/v1/orders/{number}/payments/": _pay,
    "POST /api/v1/orders/{number}/cancel/": _cancel,
    "POST /api/v1/orders/{number}/pick/": _pick,
    "POST /api/v1/orders/{number}/ship/": _ship,
    "POST /api/v1/orders/{number}/ship/?part": _ship_part,
    "POST /api/v1/orders/{number}/returns/": _return,
    "POST /api/v1/orders/{number}/refunds/": _refund,
    "POST /api/v1/orders/{number}/pay-back/": _pay_back,
    "POST /api/v1/orders/{number}/notes/": _note,
    "POST /api/v1/orders/{number}/restock/": _restock,
    "POST /api/v1/orders/{number}/cancel-missing/": _cancel_missing,
    "POST /api/v1/returns/{number}/receive/": _receive_return,
    "POST /api/v1/returns/{number}/refuse/": _refuse_return,
    "POST /api/v1/purchase-orders/{number}/receive/": _receive_goods,
    "POST /api/v1/transfers/{number}/ship/": _ship_transfer,
    "POST /api/v1/transfers/{number}/receive/": _receive_transfer,
    "PUT /api/v1/customers/{external_id}/": _write_customer,
    "POST /api/v1/customers/{external_id}/consents/": _state_consent,
    "POST /api/v1/events/": _tell_events,
    "PUT /api/v1/spend/": _tell_spend,
}
