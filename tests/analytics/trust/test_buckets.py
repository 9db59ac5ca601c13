"""Exports into storage that speaks S3: whole or not at all, the manifest last, whatever the server or the line does."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from analytics.models import Outlet, OutletFile, OutletRun
from analytics.operations import outlets
from analytics.targets import parquet, s3, signing
from tests import builders
from tests.analytics.builders import SEOUL, Line, an_order, seoul
from tests.probe import s3 as probe

NOW = datetime(2026, 11, 20, 5, 0, tzinfo=SEOUL)
FOLDER = "/shop-files/from/backoffice/lake/"


def test_a_signature_is_that_of_the_published_example() -> None:
    told = signing.signed(
        "PUT", signing.path("test$file.text"),
        {"Date": "Fri, 24 May 2013 00:00:00 GMT", "Host": "examplebucket.s3.amazonaws.com",
         "x-amz-storage-class": "REDUCED_REDUNDANCY"},
        payload=hashlib.sha256(b"Welcome to Amazon S3.").hexdigest(), access="AKIAIOSFODNN7EXAMPLE",
        secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region="us-east-1", at=datetime(2013, 5, 24, tzinfo=UTC),
    )  # fmt: skip
    assert told["authorization"].endswith("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("s3://shop-files/from/backoffice/", ("shop-files", "from/backoffice")),
        ("s3://shop.files", ("shop.files", "")),
        ("s3://Shop", None),
        ("s3://shop/../other", None),
        ("s3://shop/a b", None),
        ("https://shop/a", None),
    ],
)
def test_an_address_names_a_bucket_and_a_folder(target: str, found: Any) -> None:
    assert s3.address(target) == found


@pytest.fixture
def fake(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[probe.Fake]:
    settings.EXPORT_ROOT = str(tmp_path)
    monkeypatch.setattr(s3.Bucket.__init__, "__kwdefaults__", {"pause": 0.0})
    with probe.serving() as server:
        settings.S3_ENDPOINT, settings.S3_REGION = server.endpoint, probe.REGION
        settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY = probe.KEY, probe.SECRET
        yield server


@pytest.fixture
def outlet() -> Outlet:
    for day in ("2026-11-18", "2026-11-19"):
        an_order(seoul(day, "23:59"), Line(builders.a_variant()))
    return Outlet.objects.create(
        code="lake", view="orders", target="s3://shop-files/from/backoffice", first_day=seoul("2026-11-18").date(),
        trailing_days=3, created_at=NOW,
    )  # fmt: skip


def held(fake: probe.Fake) -> dict[str, int]:
    """Rows by day, of objects that are what their manifests say."""
    found, objects = {}, fake.named()
    for name, content in objects.items():
        if name.endswith(".json"):
            said = json.loads(content)
            packed = objects[FOLDER + said["file"]]
            assert (hashlib.sha256(packed).hexdigest(), len(packed)) == (said["sha256"], said["bytes"])
            found[said["day"]] = len(gzip.decompress(packed).splitlines()) - 1
    return found


WHOLE = {"2026-11-18": 1, "2026-11-19": 1}


@pytest.mark.django_db
def test_files_go_into_the_bucket_the_manifest_last_and_nothing_is_sent_again(
    outlet: Outlet, fake: probe.Fake, tmp_path: Path
) -> None:
    assert outlets.run(at=NOW).files == 2
    assert held(fake) == WHOLE
    puts = [name.rsplit("/", 1)[1] for method, name, _status in fake.ledger if method == "PUT"]
    assert puts == [f"orders-2026-11-{day}.{end}" for day in (18, 19) for end in ("csv.gz", "json")]
    assert outlets.run(at=NOW).files == 0
    assert sum(method == "PUT" for method, _name, _status in fake.ledger) == 4
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []


@pytest.mark.django_db
def test_two_exports_of_one_view_into_one_place_leave_each_other_alone(outlet: Outlet, fake: probe.Fake) -> None:
    Outlet.objects.create(
        code="other", view="orders", target=outlet.target + "/", first_day=seoul("2026-11-19").date(), trailing_days=3,
        created_at=NOW,
    )  # fmt: skip
    assert outlets.run(at=NOW).files == 3
    other = FOLDER.replace("lake", "other")
    assert sorted(name for name in fake.named() if name.startswith(other)) == [
        f"{other}orders-2026-11-19.csv.gz",
        f"{other}orders-2026-11-19.json",
    ]
    assert outlets.run(at=NOW).files == 0


@pytest.mark.django_db
@pytest.mark.parametrize("trouble", [[503], [503, 503], ["cut"], ["lost"], ["slow"], [429, "cut", "lost"]])
def test_what_passes_is_waited_out_and_what_was_done_already_is_done_once(
    outlet: Outlet, fake: probe.Fake, trouble: list[Any]
) -> None:
    fake.trouble = trouble
    assert outlets.run(at=NOW).failed == 0
    assert held(fake) == WHOLE


@pytest.mark.django_db
@pytest.mark.parametrize("passed", range(8))
def test_a_run_that_ends_anywhere_is_made_good_by_the_next(
    outlet: Outlet, fake: probe.Fake, monkeypatch: pytest.MonkeyPatch, passed: int
) -> None:
    fake.trouble = ["fine"] * passed + [403]
    assert outlets.run(at=NOW).failed == 1
    error = OutletRun.objects.get().error
    assert error.startswith("BucketRefused")
    assert "403" in error
    assert not any(secret in error for secret in (probe.SECRET, probe.KEY, "127.0.0.1"))
    an_order(seoul("2026-11-19", "23:58"), Line(builders.a_variant()))
    assert outlets.run(at=NOW).failed == 0
    assert held(fake) == WHOLE | {"2026-11-19": 2}


@pytest.mark.django_db
@pytest.mark.parametrize("end", ["csv.gz", "json"])
def test_what_was_taken_out_of_the_bucket_is_written_again(outlet: Outlet, fake: probe.Fake, end: str) -> None:
    outlets.run(at=NOW)
    del fake.objects[f"{FOLDER}orders-2026-11-19.{end}"]
    assert outlets.run(at=NOW).files == 1
    assert held(fake) == WHOLE


@pytest.mark.django_db
def test_a_wrong_key_is_told_without_naming_it(outlet: Outlet, fake: probe.Fake, settings: Any) -> None:
    settings.S3_SECRET_KEY = "something else"
    assert outlets.run(at=NOW).failed == 1
    assert "something" not in OutletRun.objects.get().error
    assert not OutletFile.objects.exists()
    assert fake.objects == {}


@pytest.mark.parametrize(("target", "key"), [("s3://Nowhere", "key"), ("/etc", "key"), ("s3://shop-files", "")])
def test_a_place_that_cannot_be_written_is_refused(settings: Any, target: str, key: str) -> None:
    settings.S3_ACCESS_KEY = settings.S3_SECRET_KEY = key
    with pytest.raises(outlets.OutletRefused) as refused:
        outlets.check(view="orders", first_day=NOW.date(), target=target, at=NOW)
    assert refused.value.details == {"field": "target"}


# --- Parquet -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "is_kept_as"),
    [
        ("numeric(18,4)", "DECIMAL(18,4)"), ("numeric", "DECIMAL(38,6)"), ("bigint", "BIGINT"), ("date", "DATE"),
        ("timestamp with time zone", "TIMESTAMPTZ"), ("character varying(20)", "VARCHAR"), ("jsonb", "VARCHAR"),
    ],
)  # fmt: skip
def test_types_are_those_of_the_database(of: str, is_kept_as: str) -> None:
    assert parquet.kind(of) == is_kept_as


def test_nothing_is_rounded() -> None:
    with pytest.raises(parquet.ParquetRefused):
        parquet._require_places(Decimal("0.12345"), "DECIMAL(18,4)")
    parquet._require_places(Decimal("19900.0000"), "DECIMAL(18,0)")


@pytest.mark.django_db
def test_rows_keep_their_types_and_the_same_rows_make_the_same_file(outlet: Outlet, settings: Any, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="needs the extra `analytics`")
    settings.EXPORT_ROOT = str(tmp_path)
    Outlet.objects.update(target="", file_format="parquet")
    outlets.run(at=NOW)
    file = tmp_path / "lake/orders-2026-11-19.parquet"
    before = file.read_bytes()
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        told = {
            name: of for name, of, *_rest in database.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(file)]).fetchall()
        }
        (row,) = database.execute("SELECT placed_at::VARCHAR, total FROM read_parquet(?)", [str(file)]).fetchall()
    assert told["placed_at"] == "TIMESTAMP WITH TIME ZONE"
    assert told["total"].startswith("DECIMAL")
    assert row[0] == "2026-11-19 14:59:00+00"
    said = json.loads((tmp_path / "lake/orders-2026-11-19.json").read_text("utf-8"))
    assert (said["format"], said["rows"], said["file"]) == ("parquet", 1, file.name)
    assert outlets.run(at=NOW).files == 0
    outlets.start_over(outlet=outlet)
    outlets.run(at=NOW)
    assert file.read_bytes() == before
    assert list(tmp_path.rglob("*.part")) == []


@pytest.mark.parametrize("first", [[], ["x\r"], ["\r\n"], ['"\r"', "\n"]])
def test_texts_and_nothing_stay_apart(tmp_path: Path, first: list[str]) -> None:
    duckdb = pytest.importorskip("duckdb", reason="needs the extra `analytics`")
    texts = [*first, "", r"\N", None, 'a "word", and\nanother line', "운동화", "1", " x ", "\r", "a\r\nb"]
    columns = [("n", "integer"), ("t", "text"), ("m", "numeric(18,4)"), ("b", "boolean")]
    rows = [(number, text, Decimal("19900.0000"), number % 2 == 0) for number, text in enumerate(texts)]
    part = tmp_path / "x.parquet.part"
    assert parquet.pack(part, columns, rows) == len(rows)
    with duckdb.connect() as database:
        assert database.execute("SELECT * FROM read_parquet(?) ORDER BY n", [str(part)]).fetchall() == rows


def test_without_the_library_it_is_said_which_extra_brings_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    with pytest.raises(parquet.ParquetRefused, match="analytics"):
        parquet.pack(tmp_path / "x", [("n", "integer")], [])
