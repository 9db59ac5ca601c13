"""What the codes in inventory's events and in the runs of its jobs are called."""

from collections.abc import Mapping

from django.utils.translation import pgettext_lazy

from config.kernel.admin import (
    codes,
    wording,
)
from inventory.admin import (
    documents,
    explaining,
    moves,
)


def _reasons(policies: Mapping[str, int]) -> str:
    return " ".join(f"{explaining.NOTHING.get(reason, reason)} {number:,}" for reason, number in policies.items())


def _classes(classes: Mapping[str, int]) -> str:
    return " · ".join(f"{name} {number:,}" for name, number in classes.items())


codes.declare(
    topics={
        "inventory.stock_changed": pgettext_lazy("event", "Stock changed"),
        "inventory.reservations_lost": pgettext_lazy("event", "Reservations lost"),
        "inventory.stock_at_risk": pgettext_lazy("event", "Stock at risk"),
    },
    names={
        # risks
        "warehouse_id": pgettext_lazy("fact", "internal number of the warehouse"),
        "level": pgettext_lazy("fact", "risk"),
        "judged": pgettext_lazy("fact", "SKUs and warehouses looked at"),
        "standing": pgettext_lazy("fact", "risks still open"),
        "ended": pgettext_lazy("fact", "risks over"),
        # payloads
        "document_kind": pgettext_lazy("fact", "document"),
        "document_number": pgettext_lazy("fact", "number of the document"),
        "variant_id": pgettext_lazy("fact", "internal number of the SKU"),
        "quantity": pgettext_lazy("fact", "units"),
        # jobs
        "differences": pgettext_lazy("fact", "differences found"),
        "as_of": pgettext_lazy("fact", "planned as of"),
        "opened": pgettext_lazy("fact", "proposals made"),
        "superseded": pgettext_lazy("fact", "proposals superseded"),
        "refreshed": pgettext_lazy("fact", "proposals brought up to date"),
        "kept": pgettext_lazy("fact", "proposals left as they were"),
        "drafts_opened": pgettext_lazy("fact", "purchase orders drafted"),
        "drafts_canceled": pgettext_lazy("fact", "drafts canceled"),
        "nothing": pgettext_lazy("fact", "policies that buy nothing"),
        "mails_failed": pgettext_lazy("fact", "mails that did not go out"),
        "mails_unsure": pgettext_lazy("fact", "mails of which it is unknown whether they went out"),
        "ordered": pgettext_lazy("fact", "purchase orders approved by themselves"),
        "refused": pgettext_lazy("fact", "purchase orders that could not be approved by themselves"),
        "suppliers": pgettext_lazy("fact", "suppliers with deliveries"),
        "offers": pgettext_lazy("fact", "offers with deliveries"),
        "classed": pgettext_lazy("fact", "SKUs classed"),
        "changed_classes": pgettext_lazy("fact", "classes with new figures"),
        "classes": pgettext_lazy("fact", "classes"),
        "gain": pgettext_lazy("fact", "gain"),
        "solved_by": pgettext_lazy("fact", "found by"),
    },
    tells={
        "document_kind": documents.title,
        "variant_id": str,
        "nothing": _reasons,
        "classes": _classes,
        "gain": wording.amount,
        "solved_by": moves.method,
    },
)
