"""Begins what only Stripe's events complete: checkouts of packs and plans, visits to the portal."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from billing import plans, purchases
from billing.errors import PaymentError
from billing.gateway import Checkout, Gateway, Returns, gateway
from billing.models import CreditAccount, CreditPack, Plan, Purchase, StripeCustomer, Subscription

#: Longer than the calls to Stripe for one page can take, with all their retries.
HOLD = timedelta(minutes=2)
_PATIENCE_S, _LOOK_EVERY_S = 15.0, 0.1
_ALREADY = "There is a plan already. Change or cancel it in the portal."


class AlreadySubscribed(PaymentError):
    """A second plan would be charged beside the first; the portal changes it instead."""


class PageBeingOpened(PaymentError):
    """Another request opens one for the same customer, and takes long."""


def buy(user: User, pack: CreditPack, returns: Returns, *, saves_card: bool) -> Checkout:
    """The page to pay on. The purchase keeps today's price and credits, whatever the pack becomes."""
    stripe = gateway()
    customer = customer_of(user, stripe)
    account, _ = CreditAccount.objects.get_or_create(user=user)
    purchase = Purchase.objects.create(
        account=account,
        kind=Purchase.Kind.PACK,
        pack=pack,
        credits=pack.credits,
        price_minor=pack.price_minor,
        currency=pack.currency,
    )
    try:
        checkout = stripe.pack_checkout(purchase, customer, returns, saves_card=saves_card)
    except PaymentError:
        # Its page, if there is one all the same, is known to nobody.
        purchases.end_unpaid(purchase, Purchase.Ending.FAILED)
        raise
    # By itself, since the event of its completion may be here already.
    Purchase.objects.filter(pk=purchase.pk).update(session=checkout.id)
    return checkout


def subscribe(user: User, plan: Plan, returns: Returns) -> Checkout:
    """Asked twice in a day, by a double click or in two tabs, it is the same page. Of two plans only one
    can be paid: the page of the other is closed."""
    if plans.unended(user):
        raise AlreadySubscribed(_ALREADY)
    stripe = gateway()
    customer = customer_of(user, stripe)
    with _alone(customer):
        # Stripe may know of one that was paid a moment ago, and whose event is on its way.
        told = Subscription.objects.filter(user=user).values_list("pk", flat=True)
        if set(stripe.running_plans(customer)).difference(told):
            raise AlreadySubscribed(_ALREADY)
        return _page_of(user, plan, customer, returns, stripe)


def _page_of(user: User, plan: Plan, customer: str, returns: Returns, stripe: Gateway) -> Checkout:
    pages = [page for page in stripe.open_checkouts(customer) if page.price]
    same = next((page for page in pages if page.price == plan.stripe_price), None)
    others = [page for page in pages if page != same]
    for page in others:
        stripe.close(page)
    if same:
        return same
    past = Subscription.objects.filter(user=user).count()
    # Named in the key, since one of this plan may have been closed for them today.
    closed = ",".join(page.id for page in others)
    key = (
        f"plan:{user.pk}:{plan.stripe_price}:{past}:{timezone.now().date()}:{closed}:{returns.done}"
    )
    return stripe.plan_checkout(plan, customer, returns, key[:255])


@contextmanager
def _alone(customer: str) -> Iterator[None]:
    """Of two pages that are opened at once neither would know the other. Raises PageBeingOpened.

    A mark with an end and no lock of the database, which on SQLite would keep everybody from writing
    while Stripe is asked.
    """
    row = StripeCustomer.objects.filter(customer=customer)
    gives_up_at = time.monotonic() + _PATIENCE_S
    while True:
        now = timezone.now()
        until = now + HOLD
        free = Q(page_opening_until=None) | Q(page_opening_until__lt=now)
        if row.filter(free).update(page_opening_until=until):
            break
        if time.monotonic() > gives_up_at:
            raise PageBeingOpened("A payment page is just being opened for you. Try again soon.")
        time.sleep(_LOOK_EVERY_S)
    try:
        yield
    finally:
        row.filter(page_opening_until=until).update(page_opening_until=None)


def portal(user: User, return_url: str) -> str:
    """Stripe's page for cards, invoices and cancelling."""
    stripe = gateway()
    return stripe.portal(customer_of(user, stripe), return_url)


def customer_of(user: User, stripe: Gateway) -> str:
    """Made on first need; asked for twice at once, Stripe's idempotency gives the same one."""
    known = StripeCustomer.objects.filter(user=user).first()
    if known is None:
        made = stripe.new_customer(user.pk, user.email)
        known, _ = StripeCustomer.objects.get_or_create(user=user, defaults={"customer": made})
    return known.customer
