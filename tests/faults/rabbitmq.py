"""A RabbitMQ node of the suite's own, to be stopped without harm to anybody else."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pika
from pika.exceptions import AMQPError

from tests.faults.servers import free_port
from tests.live.product import until
from tests.needs import need


class OwnRabbitmq:
    """A node in a folder of its own, with a port mapper of its own, both in the foreground."""

    def __init__(self, folder: Path) -> None:
        port, mapper_port = free_port(), free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{port}/"
        own = {
            "HOME": str(folder),  # of its cookie
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(mapper_port),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_CONFIG_FILE": str(folder / "none"),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "none"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_NODENAME": f"maskr-{port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
        }
        self._own = own
        self.mapper = _started(_program("epmd"), own)
        self.node = _started(_program("rabbitmq-server"), own)
        until(self.answers, 60)

    def answers(self) -> bool:
        try:
            pika.BlockingConnection(pika.URLParameters(self.url)).close()
        except (AMQPError, OSError):
            return False
        return True

    def signal(self, number: signal.Signals) -> None:
        """To all of the node's processes."""
        os.killpg(self.node.pid, number)

    @contextlib.contextmanager
    def without_memory(self) -> Iterator[None]:
        """It raises its alarm: whoever is connected stays so, and nobody can send anything."""
        self._control("set_vm_memory_high_watermark", "0")
        try:
            yield
        finally:
            self._control("set_vm_memory_high_watermark", "0.6")

    def _control(self, *arguments: str) -> None:
        command = [_program("rabbitmqctl"), "--node", self._own["RABBITMQ_NODENAME"], *arguments]
        subprocess.run(
            command, check=True, timeout=60, env=os.environ | self._own, stdout=subprocess.DEVNULL
        )

    def close(self) -> None:
        for process in (self.node, self.mapper):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)


def _started(program: str, own: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [program],
        env=os.environ | own,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _program(name: str) -> str:
    """Debian's command changes to an account of its own; the node's own script does not."""
    inside = Path("/usr/lib/rabbitmq/lib").glob(f"*/sbin/{name}")
    found = max(map(str, inside), default=None) or shutil.which(name)
    if not found:
        need("RabbitMQ", f"no {name}")
    return str(found)
