"""The catalogue of metrics: docs/metrics.md is what the registry says, and the page of definitions shows the same."""

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from analytics.metrics import METRICS
from analytics.queries import catalogue
from config.local.place import PROJECT
from tests.config.kernel.pages import a_client, a_staff_member


def test_the_document_is_what_the_registry_says(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("document_metrics")

    assert (PROJECT / "docs" / "metrics.md").read_text("utf-8") == capsys.readouterr().out, "run `make docs`"


def test_each_metric_stands_in_one_subject() -> None:
    told = [one.code for subject in catalogue.subjects() for one in subject.metrics]

    assert sorted(told) == sorted(METRICS)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_no_two_metrics_share_a_name(language: str) -> None:
    with override(language):
        titles = [str(one.title) for one in METRICS.values()]

    assert sorted(titles) == sorted(set(titles))


@pytest.mark.django_db
def test_the_page_of_definitions_has_a_place_to_point_at_for_each() -> None:
    client: Client = a_client(a_staff_member())

    said = client.get(reverse("admin:analytics_definitions")).content.decode()

    assert [code for code in METRICS if f'id="{code}"' not in said] == []
