"""Something to buy in a demonstration: packs, and the plans whose prices the stand-in for Stripe has."""

from billing.models import CreditPack, Plan

_PACKS = (("Starter", 10_000, 900), ("Studio", 50_000, 3900), ("Agency", 200_000, 12_900))
"""Name, hundredths of a credit, cents."""


def put_on_sale() -> None:
    """Add packs where there are none, and plans where there are none; others stay as they are."""
    if not CreditPack.objects.exists():
        CreditPack.objects.bulk_create(
            CreditPack(name=name, credits=credits, price_minor=price, currency="usd")
            for name, credits, price in _PACKS
        )
    if not Plan.objects.exists():
        Plan.objects.bulk_create(
            [
                Plan(
                    name="Monthly",
                    kind=Plan.Kind.SUBSCRIPTION,
                    stripe_price="price_demo_monthly",
                    included_credits=100_000,
                    price_note="19.00 $ a month",
                ),
                Plan(
                    name="Pay as you go",
                    kind=Plan.Kind.METERED,
                    stripe_price="price_demo_metered",
                    meter_event_name="maskr_images",
                    price_note="0.05 $ a picture, each month",
                ),
            ]
        )
