"""What Dramatiq's command imports in place of maskr_site.worker."""

from maskr_site.worker import tasks
from tests.topology import launcher

launcher.stand_in()
launcher.heed_the_gate()

__all__ = ["tasks"]
