"""Runs the collected tests over HTTP where they can, and tells how many did and why others did not."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from tests.topology.leaving_out import reason

_left_out: Counter[str] = Counter()
_requests: Counter[str] = Counter()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        why = reason(item) if isinstance(item, pytest.Function) else ""
        (dropped if why else kept).append(item)
        if why:
            _left_out[why] += 1
    items[:] = kept
    config.hook.pytest_deselected(items=dropped)


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    """Before any module takes the application for itself: it may call it once we serve."""
    from maskr_site import wsgi

    in_process = wsgi.application

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        chosen = Serving.wire.application if Serving.wire else in_process
        return chosen(environ, start_response)

    wsgi.application = application


class Serving:
    """What the requests go by, once it is there."""

    wire: Any = None


@pytest.fixture(scope="session", autouse=True)
def real_installation(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    from django.test.client import ClientHandler

    from services import admission
    from tests.topology.installation import Installation

    installation = Installation(tmp_path_factory.mktemp("topology"))
    forget = admission.forget

    def forget_everywhere() -> None:
        forget()
        installation.forget()

    with pytest.MonkeyPatch.context() as patch:
        Serving.wire = installation.wire
        patch.setattr(admission, "forget", forget_everywhere)
        patch.setattr(
            ClientHandler,
            "__call__",
            lambda handler, environ: installation.wire.handle(handler, environ),
        )
        yield installation
    installation.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    before = _sent()
    result = yield
    _requests[item.nodeid] += _sent() - before
    return result


def _sent() -> int:
    return Serving.wire.sent if Serving.wire else 0


def pytest_terminal_summary(terminalreporter: Any) -> None:
    passed = [report.nodeid for report in terminalreporter.stats.get("passed", [])]
    over_http = [nodeid for nodeid in passed if _requests.get(nodeid)]
    failed = sum(len(terminalreporter.stats.get(kind, [])) for kind in ("failed", "error"))
    write = terminalreporter.write_line
    terminalreporter.section("the suite over HTTP: two web processes, two workers")
    write(f"{len(over_http)} passed over HTTP, by {_sent()} requests")
    write(f"{len(passed) - len(over_http)} passed without a request")
    write(f"{failed} failed")
    write(f"{sum(_left_out.values())} left out:")
    for why, count in _left_out.most_common():
        write(f"  {count:5} {why}")
