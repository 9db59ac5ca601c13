"""What the vouchers behind movements and reservations are called, and where their pages are.

Inventory knows documents by kind and number only. Whoever brings a kind says here what it is called and which list finds it.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True)
class Kind:
    title: Any
    changelist: str = ""


_kinds: dict[str, Kind] = {}


def declare(kind: str, title: Any, changelist: str = "") -> None:
    """`changelist` is the name of an admin list that finds the document when searched for its number."""
    _kinds[kind] = Kind(title, changelist)


def title(kind: str) -> str:
    return str(_kinds[kind].title) if kind in _kinds else kind


def link(kind: str, number: str) -> str:
    """The document in words, leading to its page where there is one."""
    known = _kinds.get(kind)
    text = f"{title(kind)} {number}"
    if known is None or not known.changelist:
        return text
    return format_html('<a class="row-link" href="{}?{}">{}</a>', reverse(known.changelist), urlencode({"q": number}), text)


_receivers: list[str] = []


def declare_receivers(page: str) -> None:
    """`page` is the name of an admin page that tells, for the key of a lot, to whom units of it went."""
    _receivers[:] = [page]


def receivers_of(lot_id: int) -> str:
    """Where it is told to whom units of the lot went; empty where nobody knows."""
    return reverse(_receivers[0], args=[lot_id]) if _receivers else ""


declare("RECEIPT", pgettext_lazy("document", "goods receipt"), "admin:inventory_goodsreceipt_changelist")
declare("COUNT", pgettext_lazy("document", "stock count"), "admin:inventory_stockcount_changelist")
declare("ADJUSTMENT", pgettext_lazy("document", "adjustment"))
declare("WRITE_OFF", pgettext_lazy("document", "write-off"))
_transfers = "admin:inventory_transferorder_changelist"
declare("TRANSFER", pgettext_lazy("document", "transfer"), _transfers)
declare("TRANSFER_RECEIPT", pgettext_lazy("document", "arrival of a transfer"), _transfers)
declare("TRANSFER_LOSS", pgettext_lazy("document", "loss of a transfer"), _transfers)
declare("LOTS", pgettext_lazy("document", "lots held back"))
declare("OPENING", pgettext_lazy("document", "opening stock"))
