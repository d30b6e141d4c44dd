from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts and keys"

    def ready(self) -> None:
        # They register themselves on import; nothing else would import them.
        from accounts import erasure, ids_in_paths, metrics, openapi  # noqa: F401
        from accounts.backoffice import impersonation
        from accounts.holdings import Accounts

        erasure.add(Accounts())
        impersonation.connect()
