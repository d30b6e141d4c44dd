"""What billing holds about a person: ledger, purchases, plan, the wish for top-ups."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.erasure import CannotErase, Section
from accounts.models import User
from billing import credits, departures, people, top_ups
from billing.amounts import to_text
from billing.errors import PaymentError, PaymentsNotConfigured
from billing.models import (
    AutoTopUp,
    CreditAccount,
    DebtEntry,
    LedgerEntry,
    MeterEvent,
    Purchase,
    StripeEvent,
    Subscription,
    TopUpAttempt,
)


class Billing:
    def export(self, user: User) -> Iterator[Section]:
        yield "credits", map(_account, CreditAccount.objects.filter(user=user))
        ledger = LedgerEntry.objects.filter(account__user=user).order_by("pk")
        yield "ledger", map(_entry, ledger.iterator())
        debts = DebtEntry.objects.filter(account__user=user).order_by("pk")
        yield "debts", map(_debt, debts)
        yield "purchases", map(_purchase, Purchase.objects.filter(account__user=user))
        plans = Subscription.objects.filter(user=user).select_related("plan")
        yield "subscriptions", map(_subscription, plans)
        metered = MeterEvent.objects.filter(account__user=user).order_by("happened_at")
        yield "pictures_on_invoices", map(_metered, metered.iterator())
        wishes = AutoTopUp.objects.filter(account__user=user).select_related("pack")
        yield "automatic_top_ups", map(_auto_top_up, wishes)
        attempts = TopUpAttempt.objects.filter(account__user=user).order_by("created_at")
        yield "top_up_attempts", map(_top_up_attempt, attempts)

    def prepare(self, user: User) -> None:
        """Ends at the payment provider what would be charged from now on."""
        try:
            departures.close(user)
        except PaymentsNotConfigured as error:
            raise CannotErase(
                "A plan is running, and payments are not configured here to end it."
            ) from error
        except PaymentError as error:
            raise CannotErase(
                "The payment provider could not end what is to be paid there. Nothing was deleted; "
                "try again soon."
            ) from error

    @transaction.atomic
    def forget(self, user: User) -> None:
        """Amounts stay: the books have to be kept. Whose they were, they no longer say."""
        AutoTopUp.objects.filter(account__user=user).delete()
        mine = TopUpAttempt.objects.filter(account__user=user)
        # One that is being charged too, or it would be charged again; its event still books it.
        for attempt in mine.filter(state__in=TopUpAttempt.UNCHARGED).select_related("purchase"):
            top_ups.fail(attempt.purchase, "The account was deleted.")
        mine.filter(mailed_at=None).update(mailed_at=timezone.now())  # nobody is left to be told
        credits.forfeit(user)
        # These lead to pages of Stripe's on which the person is named.
        Purchase.objects.filter(account__user=user).update(invoice_url="", receipt_url="")
        # Written by people, who may have named the person.
        written = LedgerEntry.objects.filter(account__user=user, actor__isnull=False)
        written.update(reason="")
        _scrub_events(user)


def _scrub_events(user: User) -> None:
    """Stripe's events name people; what they told of money was noted when they came."""
    for event in StripeEvent.objects.filter(people.about(user)):
        event.payload = people.without_people(event.payload)
        event.save(update_fields=["payload"])


def _account(account: CreditAccount) -> dict[str, Any]:
    threshold = account.low_threshold
    return {
        "balance": to_text(account.balance),
        "debt": to_text(account.debt),
        "tell_when_below": None if threshold is None else to_text(threshold),
    }


def _debt(debt: DebtEntry) -> dict[str, Any]:
    return {
        "time": debt.created_at,
        "credits": to_text(debt.amount),
        "debt_after": to_text(debt.debt_after),
        "reason": debt.reason,
        "purchase": debt.purchase_id,
    }


def _metered(event: MeterEvent) -> dict[str, Any]:
    return {
        "job": event.job,
        "time": event.happened_at,
        "state": event.get_state_display(),
        "sent_at": event.sent_at,
    }


def _entry(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "time": entry.created_at,
        "kind": entry.get_kind_display(),
        "credits": to_text(entry.amount),
        "balance_after": to_text(entry.balance_after),
        "reason": entry.reason,
        "job": entry.job,
        "purchase": entry.purchase_id,
    }


def _purchase(purchase: Purchase) -> dict[str, Any]:
    return {
        "id": purchase.pk,
        "time": purchase.created_at,
        "kind": purchase.get_kind_display(),
        "credits": to_text(purchase.credits),
        "price": purchase.price,
        "status": purchase.status,
        "paid_at": purchase.paid_at,
        "invoice_url": purchase.invoice_url,
        "receipt_url": purchase.receipt_url,
    }


def _subscription(subscription: Subscription) -> dict[str, Any]:
    return {
        "plan": subscription.plan.name if subscription.plan else "",
        "status": subscription.status,
        "since": subscription.created_at,
        "period_ends_at": subscription.period_ends_at,
    }


def _auto_top_up(wish: AutoTopUp) -> dict[str, Any]:
    agreed = wish.agreed_credits
    return {
        "is_enabled": wish.is_enabled,
        "below": to_text(wish.threshold),
        "pack": wish.pack.name,
        "most_per_day": wish.most_per_day,
        "agreed_price": wish.agreed_price,
        "agreed_credits": None if agreed is None else to_text(agreed),
    }


def _top_up_attempt(attempt: TopUpAttempt) -> dict[str, Any]:
    return {
        "time": attempt.created_at,
        "purchase": attempt.purchase_id,
        "state": attempt.get_state_display(),
        "error": attempt.error,
        "ended_at": attempt.ended_at,
    }
