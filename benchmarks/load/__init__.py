"""What the product does under load: `make load`, described in docs/performance.md."""

import os

import django

# Products are started as the tests start them, and theirs read Django's models.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maskr_site.settings")
django.setup()
