"""Makes the reports that are due, each once, together with the notices that carry it to its recipients."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError, IntegrityError, transaction
from django.utils.translation import gettext as _

from analytics.metrics import METRICS
from analytics.models import Notice, Report, ReportPack
from analytics.operations import notices
from analytics.queries import reports as queries
from config.kernel import shop, waits
from config.kernel.errors import Invalid, Missing
from config.kernel.models import User

log = structlog.get_logger(__name__)

MOST_METRICS = 40
WRITTEN = ("name", "metrics", "period", "rhythm", "weekday", "hour", "language", "files", "is_active")


class BadPack(Invalid):
    code = "bad_report_pack"


class UnknownPack(Missing):
    code = "unknown_report_pack"


@dataclass(frozen=True)
class Made:
    made: int
    failed: int


@transaction.atomic
def add(*, values: dict[str, Any], recipients: Iterable[User], at: datetime) -> ReportPack:
    pack = _checked(ReportPack(**values, created_at=at))
    pack.save()
    pack.recipients.set(recipients)
    return pack


@transaction.atomic
def change(*, pack_id: int, values: dict[str, Any], recipients: Iterable[User]) -> ReportPack:
    """Reports that were made stay as they are."""
    pack = _locked(pack_id)
    for name in WRITTEN:
        if name in values:
            setattr(pack, name, values[name])
    _checked(pack)
    pack.save(update_fields=list(WRITTEN))
    pack.recipients.set(recipients)
    return pack


def make_due(*, at: datetime) -> Made:
    """Makes what is due; one pack that cannot be made stops no other."""
    made = failed = 0
    for pack in ReportPack.objects.filter(is_active=True).order_by("pk"):
        day = queries.turn(pack, at)
        if day is None or Report.objects.filter(pack=pack, turn=day).exists():
            continue
        period = queries.span(pack.period, day)
        late = at - _due_at(pack, day)
        if not queries.is_made(pack, period, at=at) and late < queries.WAITS:
            continue
        try:
            made += _make(pack, day, at)
        except Exception as error:
            if isinstance(error, DatabaseError) and waits.is_away(error):
                raise
            log.warning("report_failed", pack=pack.pk, error=type(error).__name__)
            failed += 1
    return Made(made, failed)


@transaction.atomic
def send_now(*, pack_id: int, actor: User | None, at: datetime) -> Report:
    """The period that the pack would be about today, as it stands now, to all its recipients."""
    pack = _locked(pack_id)
    return _write(pack, queries.span(pack.period, shop.day(at)), None, actor, at)


def _make(pack: ReportPack, day: date, at: datetime) -> bool:
    """Whether it was made here: of two workers one writes it."""
    try:
        with transaction.atomic():
            _write(pack, queries.span(pack.period, day), day, None, at)
    except IntegrityError:
        if Report.objects.filter(pack=pack, turn=day).exists():
            return False
        raise
    return True


def _write(pack: ReportPack, period: queries.Span, day: date | None, actor: User | None, at: datetime) -> Report:
    report = Report.objects.create(
        pack=pack,
        turn=day,
        first=period.first,
        last=period.last,
        language=pack.language,
        content=queries.content(pack, period, at=at),
        actor=actor,
        made_at=at,
    )
    people = list(pack.recipients.filter(is_active=True).order_by("pk"))
    notices.tell(report=report, occasion=Notice.Occasion.REPORT, to=people, due_at=at, why="recipient")
    return report


def _due_at(pack: ReportPack, day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=shop.zone()) + timedelta(hours=pack.hour)


def _checked(pack: ReportPack) -> ReportPack:
    unknown = [code for code in pack.metrics if code not in METRICS]
    if unknown:
        raise BadPack(_("There is no such figure: %(code)s.") % {"code": unknown[0]}, details={"field": "metrics"})
    if not 1 <= len(pack.metrics) <= MOST_METRICS:
        raise BadPack(_("Choose 1 to %(most)s figures.") % {"most": MOST_METRICS}, details={"field": "metrics"})
    return pack


def _locked(pack_id: int) -> ReportPack:
    pack = ReportPack.objects.select_for_update(no_key=True).filter(pk=pack_id).first()
    if pack is None:
        raise UnknownPack(_("There is no such report pack."))
    return pack
