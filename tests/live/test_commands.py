"""The quick way to run a product's commands: as separate as processes of their own would be."""

import pytest

pytestmark = pytest.mark.weights


def test_a_command_that_fails_tells_why(embedded):
    with pytest.raises(AssertionError, match="Unknown command: 'nonsense'"):
        embedded.manage("nonsense")


def test_after_a_failure_the_next_command_runs(embedded):
    with pytest.raises(AssertionError):
        embedded.manage("nonsense")
    assert embedded.audit() == []


def test_no_command_sees_what_another_left_in_memory(embedded):
    embedded.manage("shell", "-v0", "-c", "import json; json.left = 1")
    asked = "import json; print(hasattr(json, 'left'))"
    assert embedded.manage("shell", "-v0", "-c", asked) == "False\n"


def test_every_command_runs_in_the_environment_of_its_moment(embedded):
    asked = "import os; print(os.environ['MASKR_MAX_QUEUE_AGE'])"
    embedded.audit()
    embedded.environment["MASKR_MAX_QUEUE_AGE"] = "61"
    assert embedded.manage("shell", "-v0", "-c", asked) == "61\n"
