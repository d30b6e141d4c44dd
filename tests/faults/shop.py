"""One installation for all experiments about money and access, and customers who have just come.

Starting the processes takes longer than most of these experiments, and none of them leaves a mark
on another: each has customers of its own.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
import redis

from tests.billing import told
from tests.faults import table
from tests.faults.driver import Driver
from tests.faults.installation import Installation
from tests.faults.journal import Journal
from tests.faults.level import at_level
from tests.live.product import Product, ScratchDatabase
from tests.needs import need

PLAN_PRICE = "price_faults"
SIGNING_KEY = "of the fault suite"
_PEOPLE = at_level(full=360, part=120)
_MAKE = """
import json, uuid
from accounts import keys
from accounts.models import User
from billing.models import CreditAccount, CreditPack, Plan, Purchase, StripeCustomer
pack = CreditPack.objects.create(name="Pack", credits=100_000, price_minor=5_000)
Plan.objects.create(
    name="Studio", kind="subscription", stripe_price="{plan}", included_credits=20_000)
made = []
for number in range({count}):
    user = User.objects.create_user(f"{{number}}@example.com", rate_factor=0)
    key, text = keys.create(user, "faults")
    account, _ = CreditAccount.objects.get_or_create(user=user)
    wanted = Purchase.objects.create(account=account, kind="pack", pack=pack,
        credits=pack.credits, price_minor=pack.price_minor, currency=pack.currency)
    customer = StripeCustomer.objects.create(user=user, customer=f"cus_{{number}}")
    made.append(dict(user=user.pk, account=account.pk, key=text, key_id=str(key.pk),
        customer=customer.customer, purchase=str(wanted.pk)))
print(json.dumps(made))
"""
_GIVE = """
WITH changed AS (
    UPDATE billing_creditaccount SET balance = balance + %(amount)s WHERE id = %(account)s
    RETURNING id, balance
)
INSERT INTO billing_ledgerentry
    (account_id, kind, amount, balance_after, key, reason, service, created_at)
SELECT id, 'grant', %(amount)s, balance, %(key)s, 'faults', '', now() FROM changed
"""


@dataclass(frozen=True)
class Sale:
    """A pack that its buyer went off to pay: what `tests.billing.told` wants to know of it."""

    pk: str
    price_minor: int = 5_000
    currency: str = "usd"


@dataclass(frozen=True)
class Person:
    """A customer without a rate limit, with one key and an unpaid pack of 1000 credits."""

    user: int
    account: int
    key: str
    key_id: str
    customer: str
    purchase: str

    @property
    def sale(self) -> Sale:
        return Sale(self.purchase)


class Shop:
    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        code = _MAKE.format(plan=PLAN_PRICE, count=_PEOPLE)
        made = installation.first.manage("shell", "-v0", "-c", code)
        self._unused = [Person(**row) for row in json.loads(made.splitlines()[-1])]
        self._drivers: list[Driver] = []
        self._extra: list[Product] = []

    @property
    def urls(self) -> list[str]:
        return self.installation.urls

    @property
    def journal(self) -> Journal:
        return self.installation.journal

    def people(self, count: int) -> list[Person]:
        """Customers whom nobody has used before."""
        return [self._unused.pop() for _ in range(count)]

    def person(self, credits: int = 0) -> Person:
        person = self._unused.pop()
        if credits:
            values = {"amount": credits * 100, "account": person.account}
            self.do(_GIVE, values | {"key": f"grant:{secrets.token_hex(8)}"})
        return person

    def driver(self, person: Person) -> Driver:
        driver = Driver(self.urls, person.key, self.journal)
        self._drivers.append(driver)
        return driver

    def another_web(self, **environment: str) -> Product:
        """One more web process, which an experiment may kill; its clock may go wrong."""
        web = self.installation.first.twin()
        web.environment = web.environment | environment
        self._extra.append(web)
        assert web.serve().poll() is None
        return web

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.installation.database, connect_timeout=10) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def do(self, statement: str, values: Any = None) -> None:
        with psycopg.connect(self.installation.database, connect_timeout=10) as connection:
            connection.execute(statement.encode(), values)

    def balance(self, person: Person) -> int:
        """Hundredths of a credit."""
        query = "SELECT balance FROM billing_creditaccount WHERE id = %s"
        return int(self.rows(query, person.account)[0][0])

    def jobs(self, person: Person) -> dict[str, int]:
        """How many jobs of this customer are in each state."""
        query = "SELECT state, count(*) FROM services_job WHERE owner_id = %s GROUP BY state"
        return dict(self.rows(query, person.user))

    def forget_counts(self) -> None:
        """Rate limits begin anew."""
        with redis.Redis.from_url(self.installation.redis.limits_url, socket_timeout=3) as client:
            client.flushdb()

    def tidy(self) -> None:
        for driver in self._drivers:
            driver.close()
        for web in self._extra:
            web.close()
        self._drivers.clear()
        self._extra.clear()


@pytest.fixture(scope="session")
def shared_shop(tmp_path_factory: pytest.TempPathFactory, u2netp_only: Any) -> Iterator[Shop]:
    with ExitStack() as closing:
        try:
            database = ScratchDatabase()
        except psycopg.Error as error:
            need("PostgreSQL", str(error))
        closing.callback(database.drop)
        installation = Installation(
            tmp_path_factory.mktemp("shop"),
            u2netp_only,
            database.url,
            STRIPE_WEBHOOK_SECRETS=told.SECRET,
            MASKR_SIGNING_KEYS=SIGNING_KEY,
        )
        closing.callback(installation.close)
        yield Shop(installation)


@pytest.fixture
def shop(shared_shop: Shop, request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Whole again before each experiment; afterwards I1 to I9 must hold."""
    shared_shop.installation.begin()
    yield shared_shop
    shared_shop.tidy()
    violations = shared_shop.installation.inspect()
    table.note_inspection(request.node, violations)
    assert violations == []
