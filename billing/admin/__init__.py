"""The admin of money: what is sold can be edited, what happened can only be looked at."""

from billing.admin import ledger, payments, plans, prices, queues

__all__ = ["ledger", "payments", "plans", "prices", "queues"]
