"""What holds for every call: keys, errors, lists, expansion, idempotency."""

import threading

import httpx
import pytest
import stripe

from tests.racing import at_once, until


def test_a_wrong_key_is_an_authentication_error(stripe_server):
    client = stripe.StripeClient("sk_test_other", base_addresses={"api": stripe_server.url})
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key"):
        client.v1.customers.list()


def test_no_key_is_an_authentication_error(stripe_server):
    assert httpx.get(f"{stripe_server.url}/v1/customers").status_code == 401


def test_every_answer_names_its_request(stripe_client):
    assert stripe_client.v1.customers.list().last_response.request_id.startswith("req_")


def test_what_does_not_exist_is_missing(stripe_client):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_client.v1.customers.retrieve("cus_unknown")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_a_missing_parameter_is_named(stripe_client):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_client.v1.payment_intents.create({"amount": 100})
    assert (caught.value.code, caught.value.param) == ("parameter_missing", "currency")


def test_an_address_that_is_no_call_is_404(stripe_client):
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        stripe_client.v1.topups.list()


def test_lists_are_newest_first(stripe_client):
    made = [stripe_client.v1.customers.create({"name": str(n)}).id for n in range(3)]
    listed = stripe_client.v1.customers.list()
    assert [customer.id for customer in listed.data] == made[::-1]


def test_a_list_can_be_paged_through(stripe_client):
    made = {stripe_client.v1.customers.create({"name": str(n)}).id for n in range(5)}
    pages = stripe_client.v1.customers.list({"limit": 2})
    assert {customer.id for customer in pages.auto_paging_iter()} == made


def test_an_id_can_be_expanded(stripe_client, paid):
    intent = stripe_client.v1.payment_intents.retrieve(
        paid.id, {"expand": ["latest_charge.customer"]}
    )
    assert intent.latest_charge.customer.email == "alice@example.com"


def test_ids_in_lists_can_be_expanded(stripe_client, paid):
    listed = stripe_client.v1.payment_intents.list({"expand": ["data.customer"]})
    assert listed.data[0].customer.email == "alice@example.com"


def test_metadata_is_merged_and_an_empty_value_removes_a_key(stripe_client, customer):
    stripe_client.v1.customers.update(customer.id, {"metadata": {"a": "1", "7": "2"}})
    changed = stripe_client.v1.customers.update(customer.id, {"metadata": {"a": "", "b": "3"}})
    assert changed.metadata.to_dict() == {"7": "2", "b": "3"}


def test_a_deleted_customer_says_so(stripe_client, customer):
    stripe_client.v1.customers.delete(customer.id)
    assert stripe_client.v1.customers.retrieve(customer.id).deleted


def test_the_same_idempotency_key_gives_the_same_object(stripe_client):
    first, second = (
        stripe_client.v1.customers.create({"name": "A"}, {"idempotency_key": "k"}) for _ in range(2)
    )
    assert first.id == second.id


def test_a_repeated_answer_says_so(stripe_client):
    for _ in range(2):
        last = stripe_client.v1.customers.create({"name": "A"}, {"idempotency_key": "k"})
    assert last.last_response.headers["Idempotent-Replayed"] == "true"


def test_an_idempotency_key_takes_no_other_parameters(stripe_client):
    stripe_client.v1.customers.create({"name": "A"}, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        stripe_client.v1.customers.create({"name": "B"}, {"idempotency_key": "k"})


def test_a_refused_call_leaves_its_idempotency_key_free(stripe_client):
    with pytest.raises(stripe.InvalidRequestError):
        stripe_client.v1.prices.create({"currency": "usd"}, {"idempotency_key": "k"})
    assert stripe_client.v1.customers.create({"name": "A"}, {"idempotency_key": "k"}).id


def test_a_declined_card_is_declined_again_under_its_key(stripe_server, stripe_client, customer):
    charge = {
        "amount": 900,
        "currency": "usd",
        "customer": customer.id,
        "payment_method": "pm_card_chargeDeclined",
        "confirm": True,
    }
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            stripe_client.v1.payment_intents.create(charge, {"idempotency_key": "k"})
    assert len(stripe_server.find("payment_intent")) == 1


def test_a_key_in_use_is_a_conflict(stripe_server, stripe_client):
    stripe_server.fail("delay", seconds=1)
    slow = threading.Thread(
        target=stripe_client.v1.customers.create, args=[{"name": "A"}, {"idempotency_key": "k"}]
    )
    slow.start()
    until(lambda: stripe_server.api.is_in_use("k"))
    with pytest.raises(stripe.APIError) as caught:
        stripe_client.v1.customers.create({"name": "A"}, {"idempotency_key": "k"})
    slow.join()
    assert caught.value.http_status == 409


def test_many_calls_with_one_key_make_one_object(stripe_server):
    client = stripe.StripeClient(
        stripe_server.key, base_addresses={"api": stripe_server.url}, max_network_retries=5
    )
    options: stripe.RequestOptions = {"idempotency_key": "k"}
    made = at_once(lambda _: client.v1.customers.create({"name": "A"}, options).id, range(16))
    assert len(set(made)) == 1


def test_a_line_cut_after_the_work_is_repeated_by_key(stripe_server):
    """The library's own retry, which sends the same key."""
    client = stripe.StripeClient(
        stripe_server.key, base_addresses={"api": stripe_server.url}, max_network_retries=1
    )
    stripe_server.fail("drop_after", method="POST")
    client.v1.customers.create({"name": "A"})
    assert len(stripe_server.find("customer")) == 1


def test_a_line_cut_before_the_work_leaves_nothing(stripe_server, stripe_client):
    stripe_server.fail("drop_before")
    with pytest.raises(stripe.APIConnectionError):
        stripe_client.v1.customers.create({"name": "A"})
    assert stripe_server.find("customer") == []


def test_calls_fail_as_often_as_planned(stripe_server, stripe_client):
    stripe_server.fail(status=500, times=2)
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            stripe_client.v1.customers.list()
    assert stripe_client.v1.customers.list().data == []


def test_a_rate_limit_has_an_error_of_its_own(stripe_server, stripe_client):
    stripe_server.fail(status=429)
    with pytest.raises(stripe.RateLimitError):
        stripe_client.v1.customers.list()


def test_only_the_named_path_fails(stripe_server, stripe_client):
    stripe_server.fail(path="/v1/prices")
    assert stripe_client.v1.customers.list().data == []


def test_requests_are_recorded(stripe_server, stripe_client):
    stripe_client.v1.customers.create({"metadata": {"a": "1"}}, {"idempotency_key": "k"})
    (received,) = stripe_server.requests
    assert (received.path, received.params, received.idempotency_key, received.status) == (
        "/v1/customers",
        {"metadata": {"a": "1"}},
        "k",
        200,
    )
