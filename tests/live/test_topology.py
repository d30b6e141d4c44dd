"""Two web processes and two workers behind nginx, on one PostgreSQL, one Redis and one S3.

What one process did, the other must know: every test's requests go to both in turn.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from tests import buckets
from tests.live.nginx import Nginx
from tests.live.product import SERVICE, Product, ScratchDatabase, until
from tests.pictures import opened, picture

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(240),  # the first one waits for seven processes to start
]


class Site:
    """The whole installation, and one customer's requests to it."""

    def __init__(self, product: Product, webs: list[str], front: str) -> None:
        self.product, self.webs, self.front = product, webs, front
        self.key = product.account(100_000)

    def post(self, path: str, url: str = "", **fields) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}"} | fields.pop("headers", {})
        return httpx.post((url or self.front) + path, headers=headers, timeout=120, **fields)

    def get(self, path: str, url: str) -> httpx.Response:
        return httpx.get(url + path, headers={"Authorization": f"Bearer {self.key}"}, timeout=60)


def files(**pictures: bytes) -> dict[str, tuple[str, bytes]]:
    return {name: (f"{name}.png", data) for name, data in pictures.items()}


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with buckets.storage() as url:
        yield url


@pytest.fixture(scope="module")
def site(tmp_path_factory, bucket, redis_url, u2netp_only) -> Iterator[Site]:
    """Started once: the tests share it and have nothing to take from each other."""
    with ExitStack() as closing:
        database = ScratchDatabase()
        closing.callback(database.drop)
        folder = tmp_path_factory.mktemp("topology")
        (folder / "var").mkdir()
        urls = {"DATABASE_URL": database.url, "BROKER_URL": redis_url, "STORAGE_URL": bucket}
        urls |= {"MASKR_TRUSTED_PROXIES": "1", "MASKR_ORT_THREADS": "1"}
        # Ten requests of one process keep a connection each while a slow bucket takes their pictures.
        urls |= {"MASKR_DB_POOL": "10"}
        first = Product(folder / "var", u2netp_only, **urls)
        second = first.twin()
        for product in (first, second):
            closing.callback(product.close)
            product.worker = product.start("worker", "--threads", "1")
            product.serve()
        nginx = Nginx(folder / "nginx", [first.url, second.url])
        closing.callback(nginx.close)
        until(lambda: first.answers("/health/ready") and second.answers("/health/ready"))
        site = Site(first, [first.url, second.url], nginx.url)
        # Slow processors take longer to load the network than a request waits.
        until(lambda: site.post(SERVICE, files=files(file=picture())).status_code == 200, 120)
        yield site


def test_background_removal_behind_nginx(site):
    body = site.post(SERVICE, files=files(file=picture())).json()
    assert body["status"] == "completed"


def test_a_result_made_by_way_of_one_process_is_served_by_the_other(site):
    made = site.post(SERVICE, site.webs[0], files=files(file=picture())).json()
    path = made["result"]["output_url"].removeprefix(site.webs[0])
    assert opened(httpx.get(site.webs[1] + path, timeout=60).content).size == (96, 64)


def test_extraction_by_a_mask(site):
    body = site.post(
        "/v1/services/object-extraction", files=files(image=picture(), mask=picture())
    ).json()
    assert body["status"] == "completed"


def test_extraction_by_a_box(site):
    path = "/v1/services/object-extraction?box=[8,8,60,60]"
    assert site.post(path, files=files(image=picture())).json()["status"] == "completed"


def test_removal_by_a_mask(site):
    body = site.post(
        "/v1/services/object-removal", files=files(image=picture(), mask=picture())
    ).json()
    assert body["status"] == "completed"


def test_a_batch_of_ten(site):
    several = [("files", (f"{i}.png", picture())) for i in range(10)]
    body = site.post(f"{SERVICE}/batch", files=several).json()
    assert (body["completed"], body["failed"]) == (10, 0)


def test_a_job_placed_with_one_process_is_looked_up_with_the_other(site):
    prefer = {"Prefer": "respond-async"}
    placed = site.post(SERVICE, site.webs[0], files=files(file=picture()), headers=prefer)
    path = placed.headers["Location"].removeprefix(site.webs[0])
    until(lambda: site.get(path, site.webs[1]).json()["status"] == "completed")


@pytest.mark.parametrize(
    ("path", "field", "key"),
    [
        ("/v2", "image_file", "x-api-key"),
        ("/v1.0/removebg", "image_file", "X-Api-Key"),
        ("/v1/segment", "image_file", "x-api-key"),
        ("/remove-background/v1", "image_file", "x-api-key"),
        ("/tools/1.0/removebg", "image", "X-Picsart-API-Key"),
    ],
)
def test_the_compatible_apis_answer_behind_nginx(site, path, field, key):
    answer = httpx.post(
        site.front + path, headers={key: site.key}, files=files(**{field: picture()}), timeout=120
    )
    assert answer.status_code == 200


def test_one_idempotency_key_sent_to_both_is_one_job(site):
    key = {"Idempotency-Key": "both"}
    photo = files(file=picture(width=90))
    first = site.post(SERVICE, site.webs[0], files=photo, headers=key)
    second = site.post(SERVICE, site.webs[1], files=photo, headers=key)
    assert (first.content, second.headers["Idempotent-Replayed"]) == (second.content, "true")


def test_the_rate_limit_is_one_for_both(site):
    code = "from accounts.models import User; User.objects.update(rate_factor=1)"
    site.product.manage("shell", "-v0", "-c", code)
    places = [site.post("/v1/jobs/none", url).status_code for url in site.webs]
    counted = [httpx.get(f"{url}/v1/account", headers={"X-Api-Key": site.key}) for url in site.webs]
    remaining = [int(answer.headers["RateLimit-Remaining"]) for answer in counted]
    site.product.manage("shell", "-v0", "-c", code.replace("=1", "=0"))
    assert remaining[0] - remaining[1] == 1, places


def test_the_address_of_the_client_comes_through_nginx(site):
    only = site.product.manage(
        "shell", "-v0", "-c",
        "from accounts import keys; from accounts.models import User;"
        "print(keys.create(User.objects.first(), 'x', allowed_ips=['192.0.2.0/24'])[1])",
    ).strip()  # fmt: skip
    forged = {"X-Api-Key": only, "X-Forwarded-For": "192.0.2.7"}
    answer = httpx.post(site.front + SERVICE, headers=forged, files=files(file=picture()))
    assert answer.status_code == 403


def test_links_are_secure_where_a_proxy_in_front_of_nginx_ends_tls(site):
    behind = {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "on"}
    body = site.post(SERVICE, files=files(file=picture()), headers=behind).json()
    assert body["result"]["output_url"].startswith("https://")


def test_twenty_clients_at_once_are_served_and_the_books_balance(site):
    with ThreadPoolExecutor(20) as pool:
        posts = pool.map(lambda _: site.post(SERVICE, files=files(file=picture())), range(20))
        answers = list(posts)
    assert [answer.text for answer in answers if answer.status_code != 200] == []
    assert {answer.json()["status"] for answer in answers} == {"completed"}
    assert site.product.audit() == []


def test_metrics_are_not_for_the_outside(site):
    assert httpx.get(f"{site.front}/metrics").status_code == 404
