"""What Dramatiq's command imports in a worker process: Django made ready, the broker with it."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maskr_site.settings")
django.setup()

from services import tasks  # noqa: E402  # only now can the actors be found

__all__ = ["tasks"]
