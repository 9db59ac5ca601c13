"""The mails of notices: subject, text and files, in the shop's language or the report's, down to what the reader may see."""

from collections.abc import Callable

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from analytics.models import Notice, Report, ReportPack
from analytics.queries import alerts as queries
from analytics.queries.measuring import May
from analytics.words import alerts, paper, reports
from analytics.words.figures import moment
from config.kernel import pdf, workbooks

Attached = tuple[str, bytes, str]
Mail = tuple[str, str, list[Attached]]


class _Drawn:
    """The files of the report that was told last: those who see the same of it get the same ones."""

    def __init__(self) -> None:
        self.report = 0
        self.files: dict[tuple[str, ...], bytes] = {}

    def of(self, report: Report, may: May, kind: str, make: Callable[[], bytes]) -> bytes:
        if self.report != report.pk:
            self.report, self.files = report.pk, {}
        seen = (kind, *(metric.code for _place, metric in reports.shown(report, may)))
        if seen not in self.files:
            self.files[seen] = make()
        return self.files[seen]


def of_one_round() -> Callable[[Notice], Mail]:
    """Makes the mails of notices, one after the other; what several are sent is drawn once."""
    drawn = _Drawn()
    return lambda notice: mail(notice, drawn)


def mail(notice: Notice, drawn: _Drawn | None = None) -> Mail:
    """Subject, text and files of a notice, in the shop's language or the pack's."""
    report = notice.report
    with override(report.language if report else settings.LANGUAGE_CODE):
        return _of_report(report, notice, drawn or _Drawn()) if report else _of_incident(notice)


def _may(notice: Notice) -> May:
    """What the recipient may see at the time of sending."""
    person = notice.recipient
    return person.has_perm if person is not None else lambda _permission: False


def _of_incident(notice: Notice) -> Mail:
    incident = notice.incident
    assert incident is not None  # noqa: S101  the database sees to it that a notice has one of the two
    rule = incident.rule
    subject = f"[{settings.SHOP_NAME}] {incident.get_severity_display()} · {alerts.rule_name(rule)}"
    if notice.occasion != Notice.Occasion.OPENED or notice.entry_id:
        subject = f"{subject} · {alerts.occasion(notice)}"
    sees = queries.sees(_may(notice), rule)
    lines = [
        alerts.sentence(rule, incident.evidence) if sees else alerts.kept_back(rule),
        *(alerts.stock_of(incident.evidence) if sees else []),
        "",
        f"{_('Opened')}: {moment(incident.opened_at)}",
        f"{pgettext('notice', 'Why you are told')}: {alerts.why(notice)}",
        settings.SHOP_URL + reverse("admin:analytics_incident_change", args=[incident.pk]),
    ]
    return subject, "\n".join(lines), []


def _of_report(report: Report, notice: Notice, drawn: _Drawn) -> Mail:
    name = report.content["name"]
    subject = f"[{settings.SHOP_NAME}] {name} · {reports.period(report)}"
    may = _may(notice)
    files, missing = _files(report, may, drawn)
    lines = [f"{name} · {reports.period(report)}", ""]
    lines += [f"{one['title']}: {one['value']} ({one['change'] or '-'})" for one in reports.figures(report, may)]
    lines += ["", *missing, *reports.freshness(report, may)]
    lines.append(settings.SHOP_URL + reverse("admin:analytics_report_change", args=[report.pk]))
    return subject, "\n".join(lines), files


def _files(report: Report, may: May, drawn: _Drawn) -> tuple[list[Attached], list[str]]:
    """What the pack wants attached, and what has to be said about what is missing. Nobody is left without the figures."""
    name, wanted, files = reports.file_name(report), ReportPack.Files(report.pack.files), list[Attached]()
    without_paper = wanted != ReportPack.Files.XLSX and not pdf.is_there()
    if wanted != ReportPack.Files.XLSX and not without_paper:
        content = drawn.of(report, may, "pdf", lambda: paper.written(report, may))
        files.append((f"{name}.pdf", content, pdf.CONTENT_TYPE))
    if wanted != ReportPack.Files.PDF or without_paper:
        content = drawn.of(report, may, "xlsx", lambda: reports.workbook(report, may))
        files.append((f"{name}.xlsx", content, workbooks.CONTENT_TYPE))
    return files, [paper_is_missing()] if without_paper else []


def paper_is_missing() -> str:
    return _(
        "No PDF file could be made, for the package %(package)s is not installed; the figures are in the Excel workbook."
    ) % {"package": pdf.PACKAGE}
