from django.apps import AppConfig


class ServicesConfig(AppConfig):
    name = "services"
    verbose_name = "Services"

    def ready(self) -> None:
        # Here and not at the top: actors and laws of the audit need the models and the broker, set just before.
        from accounts import erasure
        from services import auditing, part_headers, tasks  # noqa: F401
        from services.holdings import Services
        from services.outgoing import events  # noqa: F401
        from services.retention import training  # noqa: F401

        erasure.add(Services())
        part_headers.install()
