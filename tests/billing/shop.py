"""The shop as a customer uses it, with the server that speaks Stripe's API behind it."""

import re
from typing import Any

from django.test import Client

from billing import credits, errands
from billing.models import StripeCustomer
from tests.billing.told import PATH


class Shop:
    def __init__(self, server: Any, client: Client, user: Any) -> None:
        self.server, self.client, self.user = server, client, user
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    @property
    def balance(self) -> int:
        return credits.balance(self.user)

    @property
    def customer(self) -> str:
        return StripeCustomer.objects.get(user=self.user).customer

    def page(self) -> str:
        return self.client.get("/account/billing/").content.decode()

    def go(self, path: str, **fields: str) -> str:
        """Posts a form that leads to Stripe; the address of the page there."""
        response = self.client.post(f"/account/billing/{path}", fields)
        assert response.status_code == 200, response.content
        return response.headers["Refresh"].removeprefix("0; url=")

    def buy(self, pack: Any, *, card: str = "", **fields: str) -> str:
        """Pays a pack to the end; the payment intent. Its events are not here yet."""
        session = session_of(self.go(f"buy/{pack.pk}/", **fields))
        return self.pay(session, card)["payment_intent"]

    def subscribe(self, plan: Any) -> str:
        session = session_of(self.go(f"plan/{plan.pk}/"))
        return self.pay(session)["subscription"]

    def pay(self, session: str, card: str = "") -> dict[str, Any]:
        return self.server.pay(session, card) if card else self.server.pay(session)

    def bring(self) -> None:
        """Delivers what Stripe told since, in its order; then the errands that it leads to."""
        for event in self.server.held():
            body, headers = self.server.signed(event["id"])
            response = self.client.post(
                PATH, body, content_type="application/json", headers=headers
            )
            assert response.status_code == 200, (event["type"], response.content)
        self.server.forget_held()

    def run_errands(self) -> dict[str, int]:
        return errands.run()


def session_of(url: str) -> str:
    found = re.search(r"cs_test_\w+", url)
    assert found, url
    return found[0]
