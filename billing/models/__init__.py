"""The tables: what accounts own and owe, what is sold, what Stripe told."""

from billing.models.ledger import CreditAccount, DebtEntry, KeySpend, LedgerEntry, ServicePrice
from billing.models.payments import Dispute, Payment, Purchase, Refund
from billing.models.plans import CreditPack, Plan, StripeCustomer, Subscription
from billing.models.queues import AutoTopUp, MeterEvent, StripeEvent, TopUpAttempt

__all__ = [
    "AutoTopUp",
    "CreditAccount",
    "CreditPack",
    "DebtEntry",
    "Dispute",
    "KeySpend",
    "LedgerEntry",
    "MeterEvent",
    "Payment",
    "Plan",
    "Purchase",
    "Refund",
    "ServicePrice",
    "StripeCustomer",
    "StripeEvent",
    "Subscription",
    "TopUpAttempt",
]
