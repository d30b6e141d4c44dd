"""Two web processes and a worker on one database, one Redis and one folder, all to be broken."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults import inspector
from tests.faults.driver import Driver
from tests.faults.journal import Journal
from tests.faults.servers import OwnRedis
from tests.live.product import Product, until


class Installation:
    """`journal` is of the experiment that runs, everything else of the whole file of them."""

    def __init__(self, folder: Path, models: Path, database: str, **environment: str) -> None:
        (folder / "var").mkdir()
        self.redis = OwnRedis(folder)
        urls = {
            "DATABASE_URL": database,
            "BROKER_URL": self.redis.url,
            "MASKR_REDIS_URL": self.redis.limits_url,
            "MASKR_ORT_THREADS": "1",
        }
        self.first = Product(folder / "var", models, **(urls | environment))
        self.second = self.first.twin()
        self.journal = Journal()
        self._drivers: list[Driver] = []
        self._rich_key = ""
        self.worker = self.start_worker()
        self.webs = [self.start_web(self.first), self.start_web(self.second)]
        until(self.is_ready)

    @property
    def products(self) -> list[Product]:
        return [self.first, self.second]

    @property
    def urls(self) -> list[str]:
        return [product.url for product in self.products]

    @property
    def database(self) -> str:
        return self.first.environment["DATABASE_URL"]

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self.first.start("worker", "--threads", "2")

    def start_web(self, product: Product) -> subprocess.Popen[bytes]:
        """Returns at once; `is_ready` tells when it serves."""
        return product.start("serve", "--port", str(product.port))

    def is_ready(self) -> bool:
        return all(product.answers("/health/ready") for product in self.products)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        self.first.kill(process)

    def revive(self) -> None:
        """Starts whatever an experiment left dead."""
        if self.worker.poll() is not None:
            self.worker = self.start_worker()
        for index, product in enumerate(self.products):
            if self.webs[index].poll() is not None:
                self.webs[index] = self.start_web(product)
        until(self.is_ready)

    def driver(self, credits: int | None = None) -> Driver:
        """A new customer with so many credits, or the one who has enough of them for anything."""
        driver = Driver(self.urls, self._key(credits), self.journal)
        self._drivers.append(driver)
        return driver

    def _key(self, credits: int | None) -> str:
        if credits is not None:
            return self.first.account(credits)
        self._rich_key = self._rich_key or self.first.account(1_000_000)
        return self._rich_key

    def signal_worker(self, number: signal.Signals) -> None:
        """To all of its processes."""
        os.killpg(self.worker.pid, number)

    def inspect(self) -> list[str]:
        return inspector.inspect(self.first, self.journal)

    def begin(self) -> None:
        """Another experiment on the same processes."""
        self.journal = Journal()
        self.revive()

    def end(self) -> None:
        for driver in self._drivers:
            driver.close()
        self._drivers.clear()

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with inspector.reading(self.database) as connection:
            return connection.execute(sql.encode(), values).fetchall()

    def count(self, table_and_condition: str, *values: object) -> int:
        return int(self.query(f"select count(*) from {table_and_condition}", *values)[0][0])  # noqa: S608

    def close(self) -> None:
        for closing in (self.end, self.first.close, self.second.close, self.redis.close):
            closing()


#: Makes an installation with settings of its own, closed with the test file.
Starter = Callable[..., Installation]
