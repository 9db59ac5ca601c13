"""A job whose connection dies under it leaves a record of what became of it."""

from contextlib import nullcontext
from datetime import datetime

import pytest
from django.db import OperationalError, connection, transaction

from config.kernel import jobs
from config.kernel.jobs import Done, Job
from config.kernel.models import JobRun
from tests.config.kernel.test_jobs import a_run
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("inside", [True, False])
def test_a_job_whose_connection_died_is_recorded_as_failed(at: datetime, monkeypatch: pytest.MonkeyPatch, inside: bool) -> None:
    def body(*, at: datetime) -> Done:
        with transaction.atomic() if inside else nullcontext(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return Done()

    # As in a worker, whose connection is kept from one task to the next.
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 60)
    connection.close()
    run = a_run(asked_at=at)

    with pytest.raises(OperationalError):
        jobs._perform(Job("tests.count_shelves", "", "slow", 90, body), run.task_id, {}, redelivered=False)

    run.refresh_from_db()
    assert run.state == JobRun.State.FAILED
    assert "terminating connection" in run.error


def test_a_connection_that_died_unnoticed_while_a_job_ran_loses_no_record(
    at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def body(*, at: datetime) -> Done:
        # Another session does it, as a restart of the server would; this one learns of it at its next statement.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            [pid] = cursor.fetchone()
        together(1, lambda _: JobRun.objects.raw("SELECT 1 AS id, pg_terminate_backend(%s)", [pid])[0])
        return Done(rows=2)

    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 60)
    connection.close()
    run = a_run(asked_at=at)

    jobs._perform(Job("tests.count_shelves", "", "slow", 90, body), run.task_id, {}, redelivered=False)

    run.refresh_from_db()
    assert (run.state, run.rows) == (JobRun.State.SUCCEEDED, 2)
