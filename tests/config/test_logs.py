"""Logs say what happened and never about whom."""

import logging

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

CANARY = "canary-kim@example.com"


def test_what_a_clerk_searches_for_is_in_no_log_line(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        client.get("/admin/kernel/user/", {"q": CANARY}, REMOTE_ADDR="203.0.113.77")

    said = "\n".join(str(record.msg) for record in caplog.records)
    assert "/admin/kernel/user/" in said
    assert CANARY not in said
    assert "203.0.113.77" not in said


def test_what_is_sent_to_the_api_is_in_no_log_line(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        client.post(
            "/api/v1/token/", {"email": CANARY}, content_type="application/json", HTTP_AUTHORIZATION="Token canary-token"
        )

    said = "\n".join(str(record.msg) for record in caplog.records)
    assert "/api/v1/token/" in said
    assert CANARY not in said
    assert "canary-token" not in said
