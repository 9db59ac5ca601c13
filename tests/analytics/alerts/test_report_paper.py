"""Reports as PDF files: made in both languages, attached as the pack says, readable as text, and no markup of names."""

import io
from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from analytics.models import Notice, Report
from analytics.operations import notices, reports
from analytics.words import mails, paper
from analytics.words import reports as report_words
from config.kernel import clock, pdf
from config.kernel.roles import Role
from tests.analytics.alerts.builders import NOW, TODAY, figures, somebody
from tests.config.kernel.pages import a_client, a_staff_member

pytestmark = [pytest.mark.django_db, pytest.mark.breaks_promises("figures stand here without the orders they tell of")]
PDF, XLSX = ".pdf", ".xlsx"
needs_reportlab = pytest.mark.skipif(not pdf.is_there(), reason="PDF files need the package reportlab")


@pytest.fixture(autouse=True)
def _friday(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    settings.MAIL_IS_ON = True


def a_report(**values: Any) -> Report:
    figures(changed={TODAY - timedelta(days=8): 4})
    given = {"name": "주간 보고", "metrics": ["orders", "sales", "margin"], "language": "ko"} | values
    recipients = given.pop("recipients", [])
    pack = reports.add(values=given, recipients=recipients, at=NOW - timedelta(days=30))
    return Report.objects.get(pk=reports.send_now(pack_id=pack.pk, actor=None, at=NOW).pk)


def all_may(_permission: str) -> bool:
    return True


def told(report: Report, may: Any = all_may) -> str:
    """The text of the file, as a search in it would find it."""
    pypdf = pytest.importorskip("pypdf", reason="reading a PDF file needs the package pypdf, of the group prove")
    with override(report.language):
        file = pypdf.PdfReader(io.BytesIO(paper.written(report, may)))
    return "\n".join(page.extract_text() for page in file.pages)


def attached() -> list[str]:
    return sorted(name[name.rindex(".") :] for one in mail.outbox for name, _content, _kind in one.attachments)


@needs_reportlab
@pytest.mark.parametrize(("files", "endings"), [("BOTH", [PDF, XLSX]), ("PDF", [PDF]), ("XLSX", [XLSX])])
def test_a_mail_carries_the_files_its_pack_wants(files: str, endings: list[str]) -> None:
    a_report(files=files, recipients=[somebody(role=Role.ANALYST)])
    assert notices.send_due(words=mails.mail, at=NOW).sent == 1
    assert attached() == endings


def test_without_the_library_the_mail_brings_the_workbook_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "PACKAGE", "no_such_package")
    report = a_report(files="PDF", recipients=[somebody(role=Role.ANALYST)])
    assert notices.send_due(words=mails.mail, at=NOW).sent == 1
    assert attached() == [XLSX]
    assert "no_such_package" in mail.outbox[0].body
    owner = a_client(a_staff_member())
    page = owner.get(reverse("admin:analytics_report_change", args=[report.pk]))
    assert "no_such_package" in page.content.decode()
    assert owner.get(reverse("admin:analytics_report_paper", args=[report.pk])).status_code == 302


@needs_reportlab
def test_the_page_offers_the_file_to_those_who_see_reports() -> None:
    address = reverse("admin:analytics_report_paper", args=[a_report().pk])
    file = a_client(a_staff_member()).get(address)
    assert (file.status_code, file["Content-Type"], file.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert file["Content-Disposition"].endswith('.pdf"')
    clerk: Client = a_client(a_staff_member("clerk2", role=Role.ORDER_CLERK, superuser=False))
    assert clerk.get(address).status_code == 403


@needs_reportlab
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ko", ["주간 보고", "2026-11-09 – 2026-11-15", "2026-11-02 – 2026-11-08", "주문", "₩15,360,000", "1 / "]),
        ("en", ["주간 보고", "The period before", "Orders", "₩15,360,000", "▼", "How this is counted", "1 / "]),
    ],
)
def test_the_file_can_be_searched_in_both_languages(language: str, words: list[str]) -> None:
    read = told(a_report(language=language))
    assert [word for word in words if word not in read] == []


@needs_reportlab
def test_names_are_text_and_what_a_role_does_not_see_is_not_told() -> None:
    report = a_report(name="<b>&보고</i>")
    assert "<b>&보고</i>" in told(report)
    assert "15,360,000" not in told(report, may=lambda _permission: False)


@needs_reportlab
def test_the_same_report_is_the_same_file() -> None:
    report = a_report()
    with override("ko"):
        assert paper.written(report, all_may) == paper.written(report, all_may)


@needs_reportlab
def test_signs_the_font_lacks_become_plain_ones_and_none_is_an_empty_box() -> None:
    for told, shown in (
        ("Café €5 – 10", "Cafe EUR5"), ("cafe\u0301", "cafe"), ("Łódź", "Łodz"), ("나무 🌲 컵", "나무 ? 컵"),
        ("\U0001f469\u200d\U0001f4bb", "??"), ("가\u0000나", "가나"), ("각".encode().decode(), "각"), ("₩1,000", "₩1,000"),
    ):  # fmt: skip
        plain = pdf._plain(told)
        assert plain.startswith(shown), (told, plain)
        assert set(plain) <= pdf._signs()
    named = a_report(name="Café 🌲 €" + "가나다 라마바 " * 10)
    with override("ko"):
        assert paper.written(named, all_may).startswith(b"%PDF-")


@needs_reportlab
def test_a_long_name_ends_with_the_line() -> None:
    from reportlab.pdfbase.pdfmetrics import stringWidth

    for name in ("가나다 라마바 " * 40, "long" * 200):
        shown = pdf.fitted(name, 7, pdf.ROOM)
        assert shown.endswith("...")
        assert pdf.ROOM - 20 < stringWidth(shown, pdf.FONT, 7) <= pdf.ROOM
    assert pdf.fitted("주문", 7, pdf.ROOM) == "주문"


@needs_reportlab
def test_a_file_is_drawn_once_for_all_who_see_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, written = [], paper.written
    monkeypatch.setattr(paper, "written", lambda report, may: drawn.append(report.pk) or written(report, may))
    people = [somebody(f"reader-{number}", role=Role.ANALYST) for number in range(3)]
    clerk = somebody("clerk-1", role=Role.ORDER_CLERK)
    report = a_report(files="BOTH", recipients=[*people, clerk])
    assert notices.send_due(words=mails.of_one_round(), at=NOW).sent == 4
    codes = {tuple(one.code for _place, one in report_words.shown(report, who.has_perm)) for who in (people[0], clerk)}
    assert len(codes) == 2
    assert drawn == [report.pk] * 2
    files = [next(content for name, content, _kind in one.attachments if name.endswith(PDF)) for one in mail.outbox]
    assert sorted(files.count(one) for one in files) == [1, 3, 3, 3]


def test_a_round_of_mails_ends_in_time_and_what_is_left_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    a_report(files="XLSX", recipients=[somebody(role=Role.ANALYST)])
    with monkeypatch.context() as patched:
        patched.setattr(notices, "ROUND_SECONDS", -1.0)
        assert notices.send_due(words=mails.mail, at=NOW) == notices.Sent()
    assert notices.send_due(words=mails.mail, at=NOW).sent == 1


def test_the_end_of_the_jobs_time_loses_no_mail() -> None:
    def over(_notice: Notice) -> Any:
        raise SoftTimeLimitExceeded

    a_report(files="XLSX", recipients=[somebody(role=Role.ANALYST)])
    with pytest.raises(SoftTimeLimitExceeded):
        notices.send_due(words=over, at=NOW)
    assert Notice.objects.values_list("state", "attempts", "error").get() == ("WAITING", 0, "")
    assert notices.send_due(words=mails.mail, at=NOW).sent == 1


def test_a_mail_that_the_end_of_the_jobs_time_cut_short_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    def over(_mail: Any) -> Any:
        raise SoftTimeLimitExceeded

    a_report(files="XLSX", recipients=[somebody(role=Role.ANALYST)])
    with monkeypatch.context() as patched:
        patched.setattr(mail.EmailMessage, "send", over)
        with pytest.raises(SoftTimeLimitExceeded):
            notices.send_due(words=mails.mail, at=NOW)
    later = NOW + notices.LOST_AFTER + timedelta(minutes=1)
    assert notices.send_due(words=mails.mail, at=later) == notices.Sent(unsure=1)
