"""Transfers in words: what to do next, what has happened, and why goods should move."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from config.kernel import shop
from config.kernel.admin import wording
from inventory.balancing.values import Method
from inventory.models import TransferEvent, TransferOrder, TransferProposal

State = TransferOrder.State
COLORS = {
    State.DRAFT: "warning",
    State.SHIPPED: "primary",
    State.PARTLY_RECEIVED: "primary",
    State.RECEIVED: "success",
    State.CLOSED: "",
    State.CANCELED: "",
}
STEPS = {TransferEvent.Kind.RECEIVED: "success", TransferEvent.Kind.CANCELED: "danger"}
METHODS: Mapping[str, Any] = {
    Method.PROGRAM: pgettext_lazy("method", "one program over all SKUs"),
    Method.ROUNDED: pgettext_lazy("method", "a program, rounded to full lots and shipments"),
    Method.GREEDY: pgettext_lazy("method", "step by step, the best next lot first"),
    Method.NOTHING: pgettext_lazy("method", "no move is worth its cost"),
}


def method(code: Any) -> str:
    return str(METHODS.get(code, code))


def state(order: TransferOrder) -> str:
    return wording.label(order.get_state_display(), COLORS[State(order.state)])


def is_late(order: TransferOrder, on: date) -> bool:
    return order.expected_on is not None and order.expected_on < on


@dataclass(frozen=True)
class Next:
    text: str
    is_urgent: bool = False


def next_step(order: TransferOrder, at: datetime) -> Next | None:
    """What somebody should do about the transfer now; None when it is settled."""
    if order.state == State.DRAFT:
        return Next(_("Pack the goods in %(warehouse)s, then ship them.") % {"warehouse": order.from_warehouse})
    if order.state in (State.SHIPPED, State.PARTLY_RECEIVED):
        moving = sum(line.in_transit for line in order.lines.all())
        told = ngettext(
            "%(count)s unit is in transit, expected in %(warehouse)s on %(day)s.",
            "%(count)s units are in transit, expected in %(warehouse)s on %(day)s.",
            moving,
        )
        day = f"{order.expected_on:%Y-%m-%d}" if order.expected_on else "-"
        words = {"count": f"{moving:,}", "warehouse": order.to_warehouse, "day": day}
        return Next(told % words, is_urgent=is_late(order, shop.day(at)))
    return None


@dataclass(frozen=True)
class Entry:
    what: str
    who: str
    when: datetime
    why: str
    color: str
    facts: list[str] = field(default_factory=list)


def entry(event: TransferEvent) -> Entry:
    return Entry(
        what=event.get_kind_display(),
        who=wording.actor(event),
        when=event.occurred_at,
        why=event.reason,
        color=STEPS.get(TransferEvent.Kind(event.kind), ""),
        facts=list(_facts(event.details)),
    )


def _facts(details: Mapping[str, Any]) -> list[str]:
    facts = []
    if "lines" in details:
        facts.append(ngettext("%(count)s line", "%(count)s lines", details["lines"]) % {"count": details["lines"]})
    if "before" in details:
        before, after = details["before"], details["after"]
        skus = sorted(set(before) | set(after))
        facts += [f"{sku}: {before.get(sku, '-')} → {after.get(sku, '-')}" for sku in skus if before.get(sku) != after.get(sku)]
    if "receipt" in details:
        facts.append(_("%(receipt)s: %(units)s units") % {"receipt": details["receipt"], "units": f"{details['units']:,}"})
    elif "units" in details:
        facts.append(ngettext("%(count)s unit", "%(count)s units", details["units"]) % {"count": f"{details['units']:,}"})
    if "expected_on" in details:
        facts.append(_("expected on %(day)s") % {"day": details["expected_on"]})
    if "in_transit" in details:
        facts.append(_("still in transit: %(units)s") % {"units": f"{details['in_transit']:,}"})
    facts += [
        _("%(sku)s: %(units)s stayed behind") % {"sku": sku, "units": f"{units:,}"}
        for sku, units in details.get("held_back", {}).items()
    ]
    facts += [
        _("%(sku)s: %(units)s lost, written off under %(number)s")
        % {"sku": sku, "units": f"{units:,}", "number": details["loss"]}
        for sku, units in details.get("lost", {}).items()
    ]
    return facts


@dataclass(frozen=True)
class Figure:
    title: str
    before: str
    after: str = ""
    strong: bool = False


def _cover(days: Any) -> str:
    return _("no demand") if days is None else _("%(days)s days") % {"days": f"{days:,}"}


def sentence(proposal: TransferProposal) -> str:
    """Why, in one sentence."""
    told = proposal.explanation
    there, here = told["to"], told["from"]
    return _(
        "Days of cover: %(to)s %(there)s, %(from)s %(here)s. Moving %(units)s, there after %(way)s days, saves %(saved)s of "
        "margin and costs %(cost)s."
    ) % {
        "to": proposal.lane.to_warehouse,
        "from": proposal.lane.from_warehouse,
        "there": _cover(there["cover_before"]),
        "here": _cover(here["cover_before"]),
        "units": f"{proposal.quantity:,}",
        "way": told["days"],
        "saved": wording.amount(told["saved"]),
        "cost": wording.amount(told["cost"]),
    }


def table(proposal: TransferProposal) -> str:
    """Every figure behind the proposal: both ends before and after, then cost and gain."""
    told = proposal.explanation
    ends = [
        {
            "title": _("%(warehouse)s gives") % {"warehouse": proposal.lane.from_warehouse},
            "figures": _end(told["from"], told["horizon"]),
            "note": _("Expected demand of %(days)s days stays there.") % {"days": told["keeps_days"]},
        },
        {
            "title": _("%(warehouse)s gets") % {"warehouse": proposal.lane.to_warehouse},
            "figures": _end(told["to"], told["horizon"]),
            "note": _("The goods arrive after %(days)s days.") % {"days": told["days"]},
        },
    ]
    share = ngettext(
        "shared by %(count)s unit on this lane", "shared by %(count)s units on this lane", told["shipment_units"]
    ) % {"count": f"{told['shipment_units']:,}"}
    money = [
        Figure(_("Margin of one unit"), wording.amount(told["margin"])),
        Figure(_("Margin saved where it runs out"), wording.amount(told["saved"])),
        Figure(_("Margin risked where it is taken"), wording.amount(told["risked"])),
        Figure(_("Cost of moving"), wording.amount(told["cost"])),
        Figure(_("Gain"), wording.amount(told["gain"]), strong=True),
        Figure(_("Cost of the whole shipment"), wording.amount(told["shipment_cost"]), share),
        Figure(_("Found by"), method(told["method"])),
    ]
    return render_to_string(
        "admin/inventory/_move.html", {"sentence": sentence(proposal), "ends": ends, "money": money, "lot": told["lot"]}
    )


def _end(told: Mapping[str, Any], horizon: int) -> list[Figure]:
    return [
        Figure(_("Free units"), f"{told['free']:,}"),
        Figure(_("Incoming within %(days)s days") % {"days": horizon}, f"{told['incoming']:,}"),
        Figure(_("Expected demand within %(days)s days") % {"days": horizon}, f"{told['demand']:,}"),
        Figure(_("Days of cover"), _cover(told["cover_before"]), _cover(told["cover_after"]), strong=True),
    ]
