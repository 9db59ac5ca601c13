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


declare("RECEIPT", pgettext_lazy("document", "goods receipt"), "admin:inventory_goodsreceipt_changelist")
declare("COUNT", pgettext_lazy("document", "stock count"), "admin:inventory_stockcount_changelist")
declare("ADJUSTMENT", pgettext_lazy("document", "adjustment"))
declare("WRITE_OFF", pgettext_lazy("document", "write-off"))
_transfers = "admin:inventory_transferorder_changelist"
declare("TRANSFER", pgettext_lazy("document", "transfer"), _transfers)
declare("TRANSFER_RECEIPT", pgettext_lazy("document", "arrival of a transfer"), _transfers)
declare("TRANSFER_LOSS", pgettext_lazy("document", "loss of a transfer"), _transfers)
declare("OPENING", pgettext_lazy("document", "opening stock"))
