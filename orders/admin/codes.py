"""What the codes in orders' events and in the runs of its jobs are called."""

from django.utils.translation import pgettext_lazy

from config.kernel.admin import codes
from orders.models import ImportRun


def _import_state(state: str) -> str:
    return str(dict(ImportRun.State.choices).get(state, state))


codes.declare(
    topics={
        "orders.order_placed": pgettext_lazy("event", "Order placed"),
        "orders.order_paid": pgettext_lazy("event", "Order paid"),
        "orders.order_shipped": pgettext_lazy("event", "Parcel shipped"),
        "orders.order_canceled": pgettext_lazy("event", "Order canceled or expired"),
        "orders.order_returned": pgettext_lazy("event", "Goods returned"),
        "orders.history_imported": pgettext_lazy("event", "History written"),
    },
    subscribers={"orders.marks_short": pgettext_lazy("subscriber", "Marks orders that lost stock")},
    names={
        # payloads
        "number": pgettext_lazy("fact", "order number"),
        "fulfillment": pgettext_lazy("fact", "shipment number"),
        "returned_on": pgettext_lazy("fact", "business day of the return"),
        "first_on": pgettext_lazy("fact", "first business day"),
        "last_on": pgettext_lazy("fact", "last business day"),
        # jobs
        "expired": pgettext_lazy("fact", "orders expired"),
        "run": pgettext_lazy("fact", "number of the import"),
        "state": pgettext_lazy("fact", "state of the import"),
        "read": pgettext_lazy("fact", "rows read"),
        "closed": pgettext_lazy("fact", "imports closed whose worker died"),
        "dropped": pgettext_lazy("fact", "files of left-out rows dropped"),
    },
    tells={"run": str, "state": _import_state},
)
