from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "maskr_site"
    verbose_name = "Site"

    def ready(self) -> None:
        # Here and not at the top: both need the models, which are loaded only now.
        from maskr_site import broker, checks  # noqa: F401

        broker.install()
