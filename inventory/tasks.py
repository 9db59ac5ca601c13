"""Inventory's background work: reservations that expire, the nightly recount, what to buy and move, and mails to suppliers."""

from dataclasses import asdict
from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from config.kernel import jobs
from config.kernel.jobs import Done, job
from inventory.operations import (
    balancing,
    classes,
    counting,
    lead_times,
    lots,
    replenishment,
    reservations,
    risks,
    sending,
    stock,
)
from inventory.words import (
    purchase_papers,
)

# Orders expire in their own app, together with their coupons.
EXPIRING_ELSEWHERE = ("ORDER",)


class BalancesDiffer(Exception):
    """The recount found levels that are not what the ledger and the reservations add up to; the first are named."""


class ReservationsStuck(Exception):
    """Reservations whose time is over could not be released; the first documents are named."""


@job(name="inventory.expire_reservations", title=_("Release expired reservations"), seconds=60)
def expire_reservations(*, at: datetime) -> Done:
    done = reservations.expire_due(at=at, but_not=EXPIRING_ELSEWHERE)
    if done.stuck:
        raise ReservationsStuck(f"{done.expired} expired, {len(done.stuck)} could not: {', '.join(done.stuck[:20])}")
    return Done(rows=done.expired, summary={"left": done.left} if done.left else {})


@job(name="inventory.settle_lots", title=_("Hold back what expires"), seconds=120)
def settle_lots(*, at: datetime) -> Done:
    done = lots.settle_due(at=at)
    return Done(rows=done.places, summary={"left": done.left} if done.left else {})


@job(name="inventory.audit_stock", title=_("Recount the stock levels"), seconds=900, queue="slow")
def audit_stock(*, at: datetime) -> Done:
    found = stock.audit(at=at).differences
    if found:
        raise BalancesDiffer(
            "; ".join(
                f"{one}: on hand {one.on_hand} for {one.moved}, reserved {one.reserved} for {one.held}" for one in found[:20]
            )
        )
    return Done(summary={"differences": 0})


@job(name="inventory.learn_terms", title=_("Learn lead times and classes"), seconds=300, queue="slow")
def learn_terms(*, at: datetime) -> Done:
    """What the night's proposals are made with: how long suppliers take, and which SKUs matter most."""
    took, found = lead_times.learn(at=at), classes.learn(at=at)
    summary = {
        "suppliers": took.suppliers,
        "offers": took.offers,
        "classed": found.classed,
        "changed_classes": found.changed,
        "classes": dict(found.classes),
    }
    return Done(rows=found.changed, summary={name: value for name, value in summary.items() if value})


@job(name="inventory.propose_replenishment", title=_("Propose purchases"), seconds=600, queue="slow")
def propose_replenishment(*, at: datetime, as_of: str = "") -> Done:
    """`as_of` is a day such as 2026-11-20; without it, the day of the run."""
    done = replenishment.propose(at=at, as_of=date.fromisoformat(as_of) if as_of else None)
    if done.changed:
        # The next step against a risk may be another one now.
        jobs.request(name=assess_risks.name, actor=None, at=at)
    return Done(rows=done.changed, summary={name: value for name, value in asdict(done).items() if value})


@job(name="inventory.assess_risks", title=_("Look for what may sell out"), seconds=600, queue="slow")
def assess_risks(*, at: datetime) -> Done:
    done = risks.assess(at=at)
    return Done(rows=done.opened + done.ended, summary=asdict(done))


@job(name="inventory.propose_transfers", title=_("Propose transfers"), seconds=600, queue="slow")
def propose_transfers(*, at: datetime) -> Done:
    done = balancing.propose(at=at)
    told = {"opened": done.opened, "superseded": done.superseded, "refreshed": done.refreshed, "kept": done.kept}
    return Done(
        rows=done.changed,
        summary={name: value for name, value in told.items() if value}
        | ({"gain": str(done.gain), "solved_by": done.method} if done.gain else {}),
    )


@job(name="inventory.send_purchase_mails", title=_("Mail purchase orders"), seconds=290)
def send_purchase_mails(*, at: datetime) -> Done:
    sent = sending.send_due(words=purchase_papers.mail, at=at)
    return Done(rows=sent.sent, summary={"mails_failed": sent.failed, "mails_unsure": sent.unsure})


@job(name="inventory.propose_counts", title=_("List what is due for counting"), seconds=300, queue="slow")
def propose_counts(*, at: datetime) -> Done:
    return Done(rows=counting.propose_due(at=at))
