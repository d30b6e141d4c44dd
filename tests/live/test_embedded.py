"""`manage.py serve` alone: web, queue and worker in one process on SQLite."""

import base64
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.live.product import SERVICE, Product, until
from tests.settings import ROOT

pytestmark = pytest.mark.weights


def test_20_clients_at_once_are_all_served(served):
    key = served.account(1000)
    assert (served.send_many(key, 20, 20), served.audit()) == ({"200 completed": 20}, [])


def test_credits_for_10_serve_10_of_200_parallel_requests(served):
    answers = served.send_many(served.account(30), 200, 100)
    assert (answers, served.audit()) == ({"200 completed": 10, "402": 190}, [])


def test_100_equal_requests_with_one_idempotency_key_are_one_job(served):
    before = served.states()
    answers = served.send_many(served.account(30), 100, 50, **{"Idempotency-Key": "a"})
    assert (set(answers) <= {"200 completed", "409"}, served.states() - before) == (
        True,
        {"completed 300": 1},
    )


def test_a_chunked_upload_is_read(served):
    key = served.account(3)
    boundary, name = "x", b'Content-Disposition: form-data; name="file"; filename="a.png"'
    from tests.pictures import picture

    body = b"--x\r\n" + name + b"\r\n\r\n" + picture() + b"\r\n--x--\r\n"
    response = httpx.post(
        served.url + SERVICE,
        headers={"X-Api-Key": key, "Content-Type": f"multipart/form-data; boundary={boundary}"},
        content=iter([body]),
        timeout=60,
    )
    assert response.status_code == 200


def test_a_chunked_json_body_is_read_by_the_compatible_apis(served):
    from tests.pictures import picture

    text = base64.b64encode(picture(width=300, height=200)).decode()
    body = json.dumps({"image_file_b64": text, "size": "full"}).encode()
    response = httpx.post(
        f"{served.url}/v1.0/removebg",
        headers={"X-Api-Key": served.account(3), "Content-Type": "application/json"},
        content=iter([body[:1000], body[1000:]]),
        timeout=60,
    )
    # 400 where the real network finds nothing in a drawn disc; an empty body would be no image.
    assert response.headers.get("X-Width") == "300" or "foreground" in response.text


def test_nobody_asks_for_another_path_than_a_proxy_on_this_machine_sees(served):
    answer = httpx.get(f"{served.url}/shown/health", headers={"SCRIPT_NAME": "/shown"})
    assert answer.status_code == 404


def test_a_too_large_upload_gets_its_answer(served):
    assert served.send(served.account(3), bytes(27 * 2**20)).status_code == 413


def test_a_large_upload_with_a_wrong_key_gets_its_answer(served):
    assert served.send("sk-live-nonsense", bytes(20 * 2**20)).status_code == 401


def test_a_request_id_reaches_the_log_of_the_worker_and_no_key_does(served):
    key = served.account(3)
    served.send(key, **{"X-Request-ID": "find-me"})
    text = served.log.read_text()
    assert ("find-me" in text, key in text) == (True, False)


def test_a_stop_answers_what_was_asked_first(embedded):
    server = embedded.serve()
    key = embedded.account(100)
    with ThreadPoolExecutor(1) as pool:
        answers = pool.submit(embedded.send_many, key, 12, 12)
        until(lambda: sum(embedded.states().values()) == 12)
        server.send_signal(signal.SIGTERM)
        assert answers.result() == {"200 completed": 12}


def test_a_stop_ends_cleanly(embedded):
    server = embedded.serve()
    embedded.send(embedded.account(3))
    server.send_signal(signal.SIGTERM)
    assert (server.wait(timeout=40), "SIGABRT" in embedded.log.read_text()) == (0, False)


def press_ctrl_c(server: subprocess.Popen[bytes]) -> None:
    """As a terminal does: every process of the group has the signal."""
    os.killpg(server.pid, signal.SIGINT)


def test_ctrl_c_answers_who_waits_and_keeps_what_is_not_done(embedded):
    server = embedded.serve()
    key = embedded.account(100)
    with ThreadPoolExecutor(1) as pool:
        answers = pool.submit(embedded.send_many, key, 12, 12)
        until(lambda: sum(embedded.states().values()) == 12)
        press_ctrl_c(server)
        assert set(answers.result()) <= {"200 completed", "202"}
    assert server.wait(timeout=60) == 0
    embedded.serve()
    until(lambda: embedded.states() == {"completed 300": 12})
    assert embedded.audit() == []


def test_ctrl_c_leaves_nobody_to_be_killed(embedded):
    server = embedded.serve()
    key = embedded.account(100)
    with ThreadPoolExecutor(1) as pool:
        answers = pool.submit(embedded.send_many, key, 12, 12)
        until(lambda: sum(embedded.states().values()) == 12)
        press_ctrl_c(server)
        answers.result()
    server.wait(timeout=60)
    assert "SIGKILL" not in embedded.log.read_text()


def test_after_a_kill_every_job_is_done_once(embedded):
    server = embedded.serve()
    key = embedded.account(100)
    with ThreadPoolExecutor(1) as pool:
        answers = pool.submit(embedded.send_many, key, 12, 12)
        until(lambda: sum(embedded.states().values()) == 12)
        embedded.kill(server)
        answers.result()
    embedded.serve()
    until(lambda: embedded.states() == {"completed 300": 12})
    assert embedded.audit() == []


def refused(product: Product, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", "serve", *arguments],
        cwd=ROOT,
        env=product.environment | environment,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    return done.stderr


def test_a_port_in_use_is_told_in_a_sentence(served, tmp_path):
    elsewhere = {"DATABASE_URL": f"sqlite:///{served.environment['MASKR_VAR_DIR']}/maskr.sqlite3"}
    (tmp_path / "other").mkdir()
    text = refused(
        served, "--port", str(served.port), MASKR_VAR_DIR=str(tmp_path / "other"), **elsewhere
    )
    assert f"Port {served.port} is in use" in text


def test_a_second_server_on_the_same_folder_is_refused(served):
    assert "already running" in refused(served, "--port", "1")


def test_tables_that_are_missing_are_told_in_a_sentence(embedded, tmp_path):
    text = refused(embedded, DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite3")
    assert "manage.py migrate" in text
