"""The mails of notices: subject, text and files, in the shop's language or the report's, down to what the reader may see."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from analytics.models import Notice, Report, ReportPack
from analytics.queries import alerts as queries
from analytics.queries.measuring import May
from analytics.words import alerts, paper, reports
from analytics.words.figures import moment
from config.kernel import workbooks


def mail(notice: Notice) -> tuple[str, str, list[tuple[str, bytes, str]]]:
    """Subject, text and files of a notice, in the shop's language or the pack's."""
    report = notice.report
    with override(report.language if report else settings.LANGUAGE_CODE):
        return _of_report(report, notice) if report else _of_incident(notice)


def _may(notice: Notice) -> May:
    """What the recipient may see at the time of sending."""
    person = notice.recipient
    return person.has_perm if person is not None else lambda _permission: False


def _of_incident(notice: Notice) -> tuple[str, str, list[tuple[str, bytes, str]]]:
    incident = notice.incident
    assert incident is not None  # noqa: S101  the database sees to it that a notice has one of the two
    rule = incident.rule
    subject = f"[{settings.SHOP_NAME}] {incident.get_severity_display()} · {alerts.rule_name(rule)}"
    if notice.occasion != Notice.Occasion.OPENED:
        subject = f"{subject} · {notice.get_occasion_display()}"
    lines = [
        alerts.sentence(rule, incident.evidence) if queries.sees(_may(notice), rule) else alerts.kept_back(rule),
        "",
        f"{_('Opened')}: {moment(incident.opened_at)}",
        f"{pgettext('notice', 'Why you are told')}: {alerts.why(notice)}",
        settings.SHOP_URL + reverse("admin:analytics_incident_change", args=[incident.pk]),
    ]
    return subject, "\n".join(lines), []


def _of_report(report: Report, notice: Notice) -> tuple[str, str, list[tuple[str, bytes, str]]]:
    name = report.content["name"]
    subject = f"[{settings.SHOP_NAME}] {name} · {reports.period(report)}"
    may = _may(notice)
    files, missing = _files(report, may)
    lines = [f"{name} · {reports.period(report)}", ""]
    lines += [f"{one['title']}: {one['value']} ({one['change'] or '-'})" for one in reports.figures(report, may)]
    lines += ["", *missing, *reports.freshness(report, may)]
    lines.append(settings.SHOP_URL + reverse("admin:analytics_report_change", args=[report.pk]))
    return subject, "\n".join(lines), files


def _files(report: Report, may: May) -> tuple[list[tuple[str, bytes, str]], list[str]]:
    """What the pack wants attached, and what has to be said about what is missing. Nobody is left without the figures."""
    name, wanted, files = reports.file_name(report), ReportPack.Files(report.pack.files), []
    without_paper = wanted != ReportPack.Files.XLSX and not paper.is_there()
    if wanted != ReportPack.Files.XLSX and not without_paper:
        files.append((f"{name}.pdf", paper.written(report, may), paper.CONTENT_TYPE))
    if wanted != ReportPack.Files.PDF or without_paper:
        files.append((f"{name}.xlsx", reports.workbook(report, may), workbooks.CONTENT_TYPE))
    return files, [paper_is_missing()] if without_paper else []


def paper_is_missing() -> str:
    return _(
        "No PDF file could be made, for the package %(package)s is not installed; the figures are in the Excel workbook."
    ) % {"package": paper.PACKAGE}
