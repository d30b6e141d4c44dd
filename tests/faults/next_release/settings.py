"""The product's settings, and one app more."""

from maskr_site.settings import *  # noqa: F403
from maskr_site.settings import INSTALLED_APPS as _TODAY

INSTALLED_APPS = [*_TODAY, "tests.faults.next_release"]
