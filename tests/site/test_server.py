"""What a web process runs beside its requests ends with it, not in the middle of a mail or payment."""

from types import SimpleNamespace

import pytest

from maskr_site import server

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.in_process("starts the threads of a web process here"),
]


def test_all_that_a_web_process_runs_beside_its_requests_ends_with_it():
    process = SimpleNamespace()
    server._start_sweeping(process)
    server._stop_background(None, process)
    threads = [process.maskr_maintenance, process.maskr_errands, *process.maskr_companions]
    assert [thread.name for thread in threads if thread.is_alive()] == []
