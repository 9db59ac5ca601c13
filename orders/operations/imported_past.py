"""Writes the documents of an old shop as the past of this one: catalog, customers, orders, returns, stock.

A part of `importing`, whose transaction this runs in.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from campaigns.operations import history as audience
from config.kernel import bulk, shop
from inventory import locking
from inventory.locking import Place
from inventory.models import Category, StockMovement, Variant, Warehouse
from inventory.operations import history as stock
from inventory.operations.history import PastProduct, PastVariant
from orders.importing import accounting, own_orders, refusals
from orders.importing.accounting import Account
from orders.importing.matching import Key
from orders.importing.profiles import Profile
from orders.importing.telling import EarlierLine, EarlierReturn, Past, Setting, Teller
from orders.importing.values import CREDIT, Document, Goods
from orders.models import (
    ImportedDocument,
    ImportRun,
    Order,
    OrderEvent,
    OrderLine,
    Refund,
    Return,
    ReturnLine,
)
from orders.models.importing import IMPORT_WAREHOUSE
from orders.operations import history, paying, references
from orders.operations.returning import UnknownWarehouse
from orders.past import PastRefund
from orders.queries import imports, order_page

# Orders written at a time: what they come to in rows is held in memory.
PART = 4_000


@transaction.atomic
def write(
    *,
    run: ImportRun,
    profile: Profile,
    goods: Mapping[str, Goods],
    account: Account,
    documents: Sequence[Document],
    moment: Callable[[datetime], datetime],
    at: datetime,
) -> dict[str, int]:
    """Writes the documents and decides what became of each of their rows; answers the report's figures."""
    warehouse = _warehouse(run.warehouse)
    sold = _catalog(goods, account, {line.sku for one in documents for line in one.lines}, at)
    first_seen: dict[str, datetime] = {}
    for one in documents:
        if one.customer:
            first_seen.setdefault(one.customer, moment(one.at))
    setting = Setting(
        profile.name,
        profile.channel,
        profile.money(settings.SHOP_CURRENCY),
        warehouse.pk,
        f"{profile.name}:{run.pk}",
        {sku: pk for sku, (pk, _name, _cost) in sold.items()},
        {sku: name for sku, (_pk, name, _cost) in sold.items()},
        {sku: cost for sku, (_pk, _name, cost) in sold.items()},
        audience.meet_customers(first_seen=first_seen),
        moment,
    )
    past = Teller(setting, account).tell(documents, _earlier_lines(profile.channel, documents))
    _remember(run, documents)
    figures = {"orders": len(past.orders), "customers": len(first_seen), "skus": len(sold), **past.figures}
    earlier = _lock_earlier(past.earlier)
    # All at once and in key order; the parts below would lock them part by part.
    locking.lock_levels(_places(past))
    entries, days = _write_in_parts(past, at)
    _take_back_earlier(past.earlier, earlier)
    days |= {shop.day(one.at) for one in past.earlier}
    if days:
        history.announce(first_on=min(days), last_on=max(days), at=at)
    return figures | {"movements": entries}


def _places(past: Past) -> set[Place]:
    """Every shelf that this past moves or holds anything on."""
    places = {(one.variant_id, one.warehouse_id) for one in past.movements}
    for order in past.orders:
        variants = [line.variant_id for line in order.lines]
        held = [(parcel.warehouse_id, position) for parcel in order.parcels for position in parcel.items]
        held += [(hold.warehouse_id, hold.position) for hold in order.holds]
        held += [(one.warehouse_id, line.position) for one in order.returns for line in one.lines if line.position]
        places |= {(variants[position - 1], place) for place, position in held}
    places |= {
        (line.variant_id, one.warehouse_id) for one in past.returns_without_sale for line in one.lines if line.variant_id
    }
    return places


def _write_in_parts(past: Past, at: datetime) -> tuple[int, set[date]]:
    """Writes the past and lets go of it, so many orders at a time; answers the number of ledger entries, and each part's ends.

    The writer follows the balance of each level through every part. What adds comes first, orders follow as they left, what
    takes comes last: so no part finds less on the shelf than the whole history had there.
    """
    before = StockMovement.objects.aggregate(last=Max("id"))["last"] or 0
    adds = [one for one in past.movements if one.quantity > 0]
    takes = [one for one in past.movements if one.quantity < 0]
    unsold = past.returns_without_sale
    written = [history.write(orders=[], movements=adds, returns_without_sale=unsold, announced=False, at=at)]
    past.orders.sort(key=lambda order: order.shipped_at or order.placed_at)
    while past.orders:
        part, past.orders[:PART] = past.orders[:PART], []
        written.append(history.write(orders=part, with_spent_reservations=False, announced=False, at=at))
    written.append(history.write(orders=[], movements=takes, announced=False, at=at))
    days = {day for one in written for day in (one.first_on, one.last_on) if day}
    return StockMovement.objects.filter(id__gt=before).count(), days


def _warehouse(code: str) -> Warehouse:
    if code == IMPORT_WAREHOUSE:
        name = _("Imported history")
        warehouse, _made = Warehouse.objects.get_or_create(
            code=code, defaults={"name": name, "priority": 900, "is_active": False}
        )
        return warehouse
    found = Warehouse.objects.filter(code=code).first()
    if found is None:
        raise refusals.of_import(UnknownWarehouse, "unknown_warehouse", code=code)
    return found


def _catalog(goods: Mapping[str, Goods], account: Account, sold: set[str], at: datetime) -> dict[str, tuple[int, str, Decimal]]:
    """Id, name and cost of each SKU that is sold; those the shop does not know are made. What it knows stays as it is."""
    known = _known(goods)
    for sku, one in goods.items():
        if one.ref:
            account.decide(one.ref, accounting.ALREADY if sku in known else accounting.PRODUCT)
    missing = sorted(sku for sku in goods.keys() - known.keys() if sku in sold or goods[sku].ref)
    if missing:
        categories = {name: _category(name) for name in sorted({goods[sku].category for sku in missing})}
        stock.write_catalog(
            products=[
                PastProduct(
                    goods[sku].name, categories[goods[sku].category].pk, (PastVariant(sku, "", goods[sku].list_price),), at
                )
                for sku in missing
            ]
        )
    return known | _known(missing)


def _known(skus: Iterable[str]) -> dict[str, tuple[int, str, Decimal]]:
    rows = Variant.objects.filter(sku__in=list(skus)).values_list("sku", "id", "product__name", "cost")
    return {sku: (pk, name, cost) for sku, pk, name, cost in rows}


def _category(name: str) -> Category:
    title = _("Imported goods") if name == own_orders.CATEGORY else name
    category, _made = Category.objects.get_or_create(code=f"import-{slugify(name)}"[:60], defaults={"name": title[:100]})
    return category


def _earlier_lines(channel: str, documents: Sequence[Document]) -> Iterator[tuple[Key, datetime, EarlierLine, int]]:
    returned = [one for one in documents if one.kind == CREDIT and one.whose]
    whose, skus = {one.whose for one in returned}, {line.sku for one in returned for line in one.lines}
    by_order = any(one.order for one in returned)
    rows = imports.lines_out(channel=channel, whose=whose, by_order=by_order, skus=skus)
    for key, at, order_id, line_id, variant_id, out in rows:
        yield key, at, EarlierLine(order_id, line_id, variant_id), out


def _lock_earlier(returns: Sequence[EarlierReturn]) -> dict[int, Order]:
    """The orders of an earlier import to which something comes back. Before any stock level, as everybody locks."""
    ids = {one.order_id for one in returns}
    return {order.pk: order for order in Order.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)}


def _take_back_earlier(returns: Sequence[EarlierReturn], orders: Mapping[int, Order]) -> None:
    """Adds returns to orders that an earlier import wrote. Their goods are in the ledger already."""
    providers = order_page.latest_providers(orders=orders)
    for one in returns:
        order = orders[one.order_id]
        if one.lines:
            _enter_return(order, one)
        if one.refund:
            _enter_refund(order, one.refund, providers[order.pk])


def _enter_refund(order: Order, back: PastRefund, provider: str) -> None:
    name = references.name(provider, back.reference)
    references.claim(references.WENT, name)
    Refund.objects.create(
        order=order, **name._asdict(), amount=back.amount, reason=back.reason, refunded_at=back.refunded_at
    )  # fmt: skip
    order.refunded += back.amount
    order.refund_owed += back.amount
    order.save(update_fields=["refunded", "refund_owed"])
    amount = paying.text(back.amount, order)
    _tell(order, OrderEvent.Kind.REFUNDED, back.reason, back.refunded_at, **name._asdict(), amount=amount)


def _enter_return(order: Order, one: EarlierReturn) -> None:
    parent = Return.objects.create(
        number=one.number,
        order=order,
        warehouse_id=one.warehouse_id,
        state=Return.State.RECEIVED,
        reason=one.reason,
        refund=sum((money for _line, _units, money in one.lines), Decimal(0)),
        accepted_at=one.at,
        received_at=one.at,
    )
    ReturnLine.objects.bulk_create(
        ReturnLine(
            parent=parent,
            order_line_id=line.line_id,
            variant_id=line.variant_id,
            quantity=units,
            restocked=units,
            refund=money,
        )
        for line, units, money in one.lines
    )
    for line, units, _money in one.lines:
        OrderLine.objects.filter(pk=line.line_id).update(returned=F("returned") + units)
    _tell(order, OrderEvent.Kind.RETURNED, one.reason, one.at)


def _tell(order: Order, kind: OrderEvent.Kind, reason: str, at: datetime, **details: str) -> None:
    OrderEvent.objects.create(order=order, kind=kind, reason=reason, details=details, occurred_at=at)


def _remember(run: ImportRun, documents: Sequence[Document]) -> None:
    zone = shop.zone()
    bulk.copy(
        ImportedDocument,
        ("profile", "number", "kind", "run_id", "digests", "original_at"),
        (
            (run.profile, one.number, one.kind, run.pk, b"".join(one.digests.values()), one.at.replace(tzinfo=zone))
            for one in documents
        ),
    )
