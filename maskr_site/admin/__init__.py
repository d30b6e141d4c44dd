"""The pages of the admin that know everything at once: accounts, the models, the numbers of today."""

from maskr_site.admin import accounts, factors, history, stock, workers

__all__ = ["accounts", "factors", "history", "stock", "workers"]
