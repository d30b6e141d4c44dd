import pytest


@pytest.fixture
def request_id(client):
    def given(value=None):
        headers = {} if value is None else {"X-Request-ID": value}
        return client.get("/health", headers=headers)["X-Request-ID"]

    return given


def test_every_answer_has_an_id(request_id):
    assert request_id().startswith("req_")


def test_ids_differ(request_id):
    assert request_id() != request_id()


@pytest.mark.parametrize("mine", ["a", "0b0b-4c", "trace:1.2_3", "x" * 64])
def test_keeps_a_harmless_id(request_id, mine):
    assert request_id(mine) == mine


@pytest.mark.parametrize("theirs", ["", "x" * 65, "a b", "a\x1b[31m", "é", "a;b"])
def test_replaces_any_other(request_id, theirs):
    assert request_id(theirs).startswith("req_")
