from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = "Billing"

    def ready(self) -> None:
        from accounts import erasure
        from billing.holdings import Billing

        erasure.add(Billing())
