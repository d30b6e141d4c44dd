from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts and keys"

    def ready(self) -> None:
        # Registers itself on import; nothing else would import it.
        from accounts import openapi  # noqa: F401
