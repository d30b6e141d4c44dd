from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class BackofficeConfig(AdminConfig):
    default_site = "accounts.backoffice.site.BackofficeSite"

    def ready(self) -> None:
        super().ready()
        # Here and not at the top: it needs the models, which are loaded only now.
        from accounts.backoffice import roles

        post_migrate.connect(roles.after_migrate, sender=self)
