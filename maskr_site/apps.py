from django.apps import AppConfig
from django.conf import settings


class SiteConfig(AppConfig):
    name = "maskr_site"
    verbose_name = "Site"

    def ready(self) -> None:
        # Here and not at the top: both need the models, which are loaded only now.
        from maskr_site import broker, checks, error_reports, private_files  # noqa: F401

        private_files.install()
        broker.install()
        error_reports.begin(settings.SENTRY_DSN)
