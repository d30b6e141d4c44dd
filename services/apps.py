from django.apps import AppConfig


class ServicesConfig(AppConfig):
    name = "services"
    verbose_name = "Services"

    def ready(self) -> None:
        # Here and not at the top: actors and laws of the audit need the models and the broker, set just before.
        from services import auditing, tasks  # noqa: F401
