"""What a test finds in the database after one that committed."""

import pytest

from billing.models import ServicePrice
from billing.prices import DEFAULT_PRICES


@pytest.mark.django_db(transaction=True)
class TestAfterEachOther:
    """Either may run first."""

    @pytest.mark.parametrize("turn", [1, 2])
    def test_the_founding_prices_are_there_though_another_committed(self, turn):
        found = dict(ServicePrice.objects.values_list("service", "hundredths"))
        ServicePrice.objects.update(hundredths=turn)
        assert found == DEFAULT_PRICES
