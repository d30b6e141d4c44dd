import pytest

from billing import prices
from billing.models import ServicePrice

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("service", prices.DEFAULT_PRICES)
def test_the_founding_prices_are_rows_to_edit(service):
    assert ServicePrice.objects.get(service=service).hundredths == prices.DEFAULT_PRICES[service]


def test_a_changed_price_counts_at_once():
    ServicePrice.objects.update(hundredths=25)
    assert prices.price_of("background-removal") == 25


def test_a_service_without_a_row_has_its_founding_price():
    ServicePrice.objects.all().delete()
    assert prices.price_of("object-extraction") == 200


def test_nothing_else_has_a_price():
    with pytest.raises(KeyError):
        prices.price_of("portraits")
