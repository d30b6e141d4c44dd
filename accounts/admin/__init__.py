"""The admin of keys. That of accounts is in maskr_site, which knows their credits and jobs too."""

from accounts.admin import keys

__all__ = ["keys"]
