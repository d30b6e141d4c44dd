"""What a demonstration of payments sells."""

import pytest

from billing.models import CreditPack, Plan
from maskr_site.demo import wares
from tests.stripe_server import catalogue_of_the_demo as catalogue

pytestmark = pytest.mark.django_db


def test_there_is_something_to_buy():
    wares.put_on_sale()
    assert CreditPack.objects.filter(is_active=True).exists()


def test_putting_on_sale_again_adds_nothing():
    wares.put_on_sale()
    wares.put_on_sale()
    assert CreditPack.objects.count() == 3


def test_the_plans_have_prices_that_the_stand_in_knows():
    wares.put_on_sale()
    prices = set(Plan.objects.values_list("stripe_price", flat=True))
    assert prices == {catalogue.MONTHLY_PRICE, catalogue.METERED_PRICE}


def test_every_ware_is_one_the_admin_would_take():
    wares.put_on_sale()
    for ware in [*CreditPack.objects.all(), *Plan.objects.all()]:
        ware.full_clean()


def test_what_the_operator_sells_stays_alone():
    CreditPack.objects.create(name="Own", credits=100, price_minor=100)
    wares.put_on_sale()
    assert CreditPack.objects.count() == 1
