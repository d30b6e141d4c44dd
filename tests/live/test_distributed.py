"""Web and worker as processes of their own, on PostgreSQL and Redis."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.live.product import until

pytestmark = [pytest.mark.weights, pytest.mark.postgres, pytest.mark.redis]


def test_20_clients_at_once_are_all_served(distributed):
    key = distributed.account(1000)
    answers = distributed.send_many(key, 20, 20)
    assert (answers, distributed.audit()) == ({"200 completed": 20}, [])


def test_credits_for_10_serve_10_of_200_parallel_requests(distributed):
    answers = distributed.send_many(distributed.account(30), 200, 50)
    assert (answers, distributed.audit()) == ({"200 completed": 10, "402": 190}, [])


def test_a_killed_workers_jobs_are_done_once_by_the_next(distributed):
    key = distributed.account(100)
    with ThreadPoolExecutor(1) as pool:
        answers = pool.submit(distributed.send_many, key, 12, 12)
        until(lambda: distributed.states()["processing 0"] > 0)
        distributed.kill(distributed.worker)
        distributed.start("worker")
        assert answers.result() == {"200 completed": 12}
    assert (distributed.states(), distributed.audit()) == ({"completed 300": 12}, [])


def test_with_no_worker_left_jobs_fail_uncharged(distributed):
    distributed.environment["MASKR_NO_WORKER_SECONDS"] = "3"
    distributed.kill(distributed.worker)
    for process in distributed.processes[1:]:
        distributed.kill(process)
    distributed.serve()
    key = distributed.account(3)
    body = distributed.send(key).json()
    assert (body["status"], distributed.states(), distributed.audit()) == (
        "failed",
        {"failed 0": 1},
        [],
    )
