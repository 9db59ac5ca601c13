"""Who is in a segment. Staff say it by hand; analytics says it by replacing the members of a segment it computes."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.models import Customer, Segment, SegmentChange, SegmentMembership
from config.kernel.errors import Invalid, Missing
from config.kernel.models import User

AT_ONCE = 5_000


class NoSuchSegment(Missing):
    code = "segment_not_found"


class UnknownCustomers(Invalid):
    """Some of those named are not known to the shop; `details` names the first of them, and nothing was changed."""

    code = "customers_unknown"


@transaction.atomic
def add(*, segment_id: int, customer_ids: Collection[int], actor: User | None, at: datetime) -> int:
    """How many joined; members already in it stay as they are."""
    return _added(_locked(segment_id), _known(customer_ids), actor, at)


@transaction.atomic
def add_named(*, segment_id: int, external_ids: Collection[str], actor: User | None, at: datetime) -> int:
    """The same, by the storefront's keys. All of them or nobody."""
    return _added(_locked(segment_id), _known_by_name(external_ids), actor, at)


@transaction.atomic
def remove(*, segment_id: int, customer_ids: Collection[int], actor: User | None, at: datetime) -> int:
    """How many left."""
    segment = _locked(segment_id)
    left = SegmentMembership.objects.filter(segment=segment, customer_id__in=customer_ids).delete()[0]
    _record(segment, 0, left, actor, at)
    return left


@transaction.atomic
def remove_named(*, segment_id: int, external_ids: Collection[str], actor: User | None, at: datetime) -> int:
    """The same, by the storefront's keys. A key the shop does not know is refused, so that a slip does not pass for done."""
    return remove(segment_id=segment_id, customer_ids=_known_by_name(external_ids), actor=actor, at=at)


@transaction.atomic
def replace_named(*, segment_id: int, external_ids: Collection[str], actor: User | None, at: datetime) -> tuple[int, int]:
    """`replace_members` by the storefront's keys."""
    return replace_members(segment_id=segment_id, customer_ids=_known_by_name(external_ids), actor=actor, at=at)


@transaction.atomic
def replace_members(*, segment_id: int, customer_ids: Collection[int], actor: User | None, at: datetime) -> tuple[int, int]:
    """Makes these the members, and nobody else; how many joined and how many left. Who stays keeps the day of joining."""
    segment = _locked(segment_id)
    wanted = _known(customer_ids)
    present = set(SegmentMembership.objects.filter(segment=segment).values_list("customer_id", flat=True))
    gone = sorted(present - wanted)
    for start in range(0, len(gone), AT_ONCE):
        SegmentMembership.objects.filter(segment=segment, customer_id__in=gone[start : start + AT_ONCE]).delete()
    joined = _join(segment, wanted - present, at)
    _record(segment, joined, len(gone), actor, at)
    return joined, len(gone)


def _added(segment: Segment, customers: Collection[int], actor: User | None, at: datetime) -> int:
    joined = _join(segment, customers, at)
    _record(segment, joined, 0, actor, at)
    return joined


def _record(segment: Segment, joined: int, left: int, actor: User | None, at: datetime) -> None:
    if joined or left:
        SegmentChange.objects.create(segment=segment, joined=joined, left=left, actor=actor, changed_at=at)


def _locked(segment_id: int) -> Segment:
    segment = Segment.objects.select_for_update(no_key=True).filter(pk=segment_id).first()
    if segment is None:
        raise NoSuchSegment(_("There is no such segment."), details={"segment": segment_id})
    return segment


def _known(customer_ids: Collection[int]) -> set[int]:
    wanted = sorted(set(customer_ids))
    known: set[int] = set()
    for start in range(0, len(wanted), AT_ONCE):
        known |= set(Customer.objects.filter(pk__in=wanted[start : start + AT_ONCE]).values_list("pk", flat=True))
    _refuse_unknown([one for one in wanted if one not in known])
    return known


def _known_by_name(external_ids: Collection[str]) -> set[int]:
    wanted = sorted({one.strip() for one in external_ids if one.strip()})
    found: dict[str, int] = {}
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        found |= Customer.objects.filter(external_id__in=some).values_list("external_id", "pk")
    _refuse_unknown([one for one in wanted if one not in found])
    return set(found.values())


def _refuse_unknown(unknown: Sequence[object]) -> None:
    if unknown:
        raise UnknownCustomers(
            _("%(count)s of these customers are not known, among them %(some)s. Nothing was changed.")
            % {"count": len(unknown), "some": ", ".join(str(one) for one in unknown[:5])},
            details={"unknown": list(unknown[:100]), "count": len(unknown)},
        )


def _join(segment: Segment, customers: Collection[int], at: datetime) -> int:
    """Counted before and after under the segment's lock, since a row left out of an insert is not told."""
    before = SegmentMembership.objects.filter(segment=segment).count()
    SegmentMembership.objects.bulk_create(
        (SegmentMembership(segment=segment, customer_id=pk, joined_at=at) for pk in sorted(customers)),
        ignore_conflicts=True,
        batch_size=AT_ONCE,
    )
    return SegmentMembership.objects.filter(segment=segment).count() - before


def ensure(*, code: str, name: str, description: str) -> Segment:
    """The segment of this code, made where there is none. What staff call it stays as they call it."""
    return Segment.objects.get_or_create(code=code, defaults={"name": name, "description": description})[0]
