"""The page that imports an old shop's history: who may, what it takes, what it shows."""

import html
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from config.kernel.models import JobRun
from config.kernel.roles import Role
from orders import tasks
from orders.importing import own_orders, refusals
from orders.models import ImportFile, ImportRun, Order
from orders.operations import importing
from tests.config.kernel.pages import a_client, a_staff_member, text
from tests.orders.importing.files import NOW, a_line, imported, invoices
from tests.orders.importing.files import text as csv_text

pytestmark = pytest.mark.django_db

LIST = "admin:orders_importrun_changelist"
BEGIN = "admin:orders_importrun_import"
FEE = a_line("536779", "BANK CHARGES", 1, "15")


@pytest.fixture
def owner() -> Client:
    return a_speaker(Role.OWNER)


def a_speaker(role: Role, language: str = "en") -> Client:
    client = a_client(a_staff_member(f"{role.lower()}-{language}", role=role))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    return client


def an_upload(*rows: list[str], name: str = "../../invoices.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, csv_text(rows).encode(), "text/csv")


def send(client: Client, *files: SimpleUploadedFile, **typed: Any) -> Any:
    told = {"profile": "online-retail", "warehouse": "IMPORT", "uploads": files} | typed
    return client.post(reverse(BEGIN), told)


def page_of(run: ImportRun, name: str = "change") -> str:
    return reverse(f"admin:orders_importrun_{name}", args=[run.pk])


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OWNER])
def test_only_owners_import_and_see_imports(role: Role, tmp_path: Path) -> None:
    run = imported(invoices(tmp_path, a_line(), FEE))
    clerk = a_speaker(role)

    for address in (reverse(LIST), reverse(BEGIN), page_of(run), page_of(run, "standing"), page_of(run, "rejects")):
        assert clerk.get(address).status_code == 403
    assert send(clerk, an_upload(a_line())).status_code == 403
    assert ImportRun.objects.count() == 1


def test_an_upload_and_the_job_that_reads_it_are_there_together_or_not_at_all(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request's process dies before it has asked for the job."""

    def dies(**values: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(importing.jobs, "request", dies)
    with pytest.raises(SystemExit):
        send(owner, an_upload(a_line()))

    assert not ImportRun.objects.exists()
    assert not ImportFile.objects.exists()


def test_a_second_click_begins_no_second_import(owner: Client) -> None:
    slip = owner.get(reverse(BEGIN)).context["hidden"]["slip"]

    send(owner, an_upload(a_line()), slip=slip)
    again = send(owner, an_upload(a_line()), slip=slip)

    assert again["Location"] == reverse(LIST)
    assert ImportRun.objects.count() == ImportFile.objects.count() == 1


def test_an_upload_is_kept_under_a_random_name_and_imported_by_the_job(owner: Client) -> None:
    answer = send(owner, an_upload(a_line(), FEE), an_upload(a_line("536366"), name="more.csv"))

    run = ImportRun.objects.get()
    assert answer["Location"] == page_of(run)
    assert (run.state, run.is_dry_run) == ("REQUESTED", False)
    kept = list(ImportFile.objects.order_by("id"))
    assert [one.name for one in kept] == ["invoices.csv", "more.csv"]
    assert all(Path(one.content.path).is_relative_to(default_storage.path("imports")) for one in kept)
    assert all("invoices" not in one.content.name for one in kept)
    asked = JobRun.objects.get(name="orders.import_history")
    assert asked.arguments == {"run": run.pk}

    done = tasks.import_history.run(**asked.arguments)

    run.refresh_from_db()
    assert (run.state, Order.objects.count()) == ("IMPORTED", 2)
    assert (done["rows"], done["state"]) == (2, "IMPORTED")
    assert not any(Path(one.content.path).exists() for one in kept)


def test_a_refused_file_is_told_on_the_page_and_no_failure_of_the_job(owner: Client) -> None:
    send(owner, an_upload(a_line(price="1,000")))
    run = ImportRun.objects.get()

    done = tasks.import_history.run(run=run.pk)

    assert done["state"] == "REFUSED"
    assert "invoices.csv, row 2, column UnitPrice" in html.unescape(text(owner.get(page_of(run))))
    assert not any(one.content for one in ImportFile.objects.all())


def test_a_refusal_is_told_to_each_reader_in_their_language(owner: Client) -> None:
    """Whichever language the worker that met it speaks."""
    send(owner, an_upload(a_line(price="1,000")))
    run = ImportRun.objects.get()
    with override("ko"):
        tasks.import_history.run(run=run.pk)

    english = html.unescape(text(owner.get(page_of(run))))
    owner.defaults["HTTP_ACCEPT_LANGUAGE"] = "ko"
    korean = html.unescape(text(owner.get(page_of(run))))

    assert "invoices.csv, row 2, column UnitPrice: “1,000” – this is not an amount." in english
    assert "invoices.csv, 2행, UnitPrice 열: “1,000” – 금액이 아닙니다." in korean
    assert "금액" not in english


def test_an_import_whose_worker_died_says_so_in_the_readers_language(owner: Client) -> None:
    send(owner, an_upload(a_line()))
    run = ImportRun.objects.get()
    with override("ko"):
        importing.tidy(at=run.requested_at + timedelta(days=1))

    assert "The worker died. Nothing was written." in text(owner.get(page_of(run)))


@pytest.mark.parametrize("problem", [*refusals.PROBLEMS, *refusals.SENTENCES])
def test_every_problem_is_told_from_what_is_kept_of_it(problem: str) -> None:
    sentence = str({**refusals.PROBLEMS, **refusals.SENTENCES}[problem])
    facts = dict.fromkeys(re.findall(r"%\((\w+)\)s", sentence), "7")
    place = {"file": "a.csv", "row": 2, "column": "Price", "value": "x"}

    told = refusals.told(json.loads(json.dumps(place | refusals.kept(problem, **facts))))

    assert told.endswith(sentence % facts)
    assert told.startswith("a.csv") is (problem in refusals.PROBLEMS)


def test_a_repeated_message_imports_nothing_more(owner: Client) -> None:
    send(owner, an_upload(a_line()))
    run = ImportRun.objects.get()
    tasks.import_history.run(run=run.pk)
    tasks.import_history.run(run=run.pk)

    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "This field is required."),
        ([SimpleUploadedFile("a.csv", b"", "text/csv")], "The submitted file is empty."),
        ([SimpleUploadedFile("a.xls", b"PK", "application/zip")], "“a.xls”: only .xlsx, .csv and .csv.gz files are read."),
    ],
)
def test_what_cannot_be_read_is_not_even_kept(owner: Client, files: list[SimpleUploadedFile], said: str) -> None:
    assert said in html.unescape(text(send(owner, *files)))
    assert not ImportRun.objects.exists()


def test_a_past_in_another_currency_is_not_offered_and_the_page_says_why(owner: Client, settings: Any) -> None:
    settings.SHOP_CURRENCY = "KRW"

    page = html.unescape(text(owner.get(reverse(BEGIN))))
    answer = html.unescape(text(send(owner, an_upload(a_line()))))

    assert "Own orders (KRW)" in page
    assert "For shops of another currency (SHOP_CURRENCY): Online Retail (UCI) (GBP), Olist (BRL)." in page
    assert 'value="online-retail"' not in page
    assert "is not one of the available choices" in answer
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(("language", "words"), [("en", "Choose the files again"), ("ko", "파일을 다시 선택해 주세요")])
def test_a_form_that_is_shown_again_says_that_the_files_are_gone(language: str, words: str) -> None:
    client = a_speaker(Role.OWNER, language)

    assert words in text(send(client, an_upload(a_line()), warehouse="NOWHERE"))
    assert words not in text(client.get(reverse(BEGIN)))


def test_the_page_explains_the_columns_and_gives_an_empty_table(owner: Client) -> None:
    page = html.unescape(text(owner.get(reverse(BEGIN))))
    table = owner.get(reverse("admin:orders_importrun_template"))

    columns = own_orders.TABLES[0].columns
    assert all(f"<b>{column}</b>" in page for column in columns)
    assert table.content.decode("utf-8-sig") == ",".join(columns) + "\r\n"
    assert table["Content-Disposition"] == 'attachment; filename="orders.csv"'
    assert a_speaker(Role.VIEWER).get(reverse("admin:orders_importrun_template")).status_code == 403


def test_a_request_beyond_the_limit_is_turned_away(owner: Client, settings: Any) -> None:
    settings.UPLOAD_MOST_MB = 0
    assert send(owner, an_upload(a_line())).status_code in (400, 413)
    assert not ImportRun.objects.exists()


def test_the_page_of_a_run_shows_rows_reasons_and_months(owner: Client, tmp_path: Path) -> None:
    run = imported(invoices(tmp_path, a_line(), FEE))
    page = html.unescape(text(owner.get(page_of(run))))

    for shown in ("invoices.csv", "sold goods", "fee of a bank or marketplace", "2010-12", "30.30", "15.30"):
        assert shown in page
    assert "hx-get" not in text(owner.get(page_of(run, "standing")))
    assert "2010-12 – 2010-12" in text(owner.get(reverse(LIST)))


def test_a_run_under_way_asks_for_itself_again(owner: Client) -> None:
    run = importing.request(profile="online-retail", is_dry_run=False, shift_to_today=False, actor=None, at=NOW)
    ImportRun.objects.filter(pk=run.pk).update(state=ImportRun.State.READING, rows_so_far=120_000)

    fragment = text(owner.get(page_of(run, "standing")))
    assert f'hx-get="{page_of(run, "standing")}"' in fragment
    assert "120,000 rows read" in fragment


def test_the_rows_left_out_are_downloaded_as_a_file(owner: Client, tmp_path: Path) -> None:
    run = imported(invoices(tmp_path, a_line(), FEE))
    answer = owner.get(page_of(run, "rejects"))

    assert answer["Content-Disposition"] == f'attachment; filename="left-out-online-retail-{run.pk}.csv"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "BANK CHARGES" in b"".join(answer.streaming_content).decode()
    assert LogEntry.objects.filter(object_id=run.pk).count() == 1
    whole = imported(invoices(tmp_path, a_line("536366")))
    assert owner.get(page_of(whole, "rejects")).status_code == 404


def test_the_list_costs_the_same_whatever_its_length(owner: Client, tmp_path: Path, django_assert_max_num_queries: Any) -> None:
    for number in range(12):
        imported(invoices(tmp_path, a_line(f"5364{number:02}")))
    with django_assert_max_num_queries(12):
        owner.get(reverse(LIST))


def test_the_page_speaks_korean(tmp_path: Path) -> None:
    run = imported(invoices(tmp_path, a_line(), FEE))
    page = html.unescape(text(a_speaker(Role.OWNER, "ko").get(page_of(run))))
    for shown in ("월별 금액", "판매한 상품", "은행 또는 마켓 수수료"):
        assert shown in page
