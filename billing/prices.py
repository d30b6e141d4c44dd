"""What a completed picture costs."""

from billing.models import ServicePrice

#: The founding prices, in hundredths of a credit: used where the operator set no other.
DEFAULT_PRICES = {
    "background-removal": 300,
    "image-segmentation": 100,
    "object-extraction": 200,
    "object-removal": 300,
    # The compatible APIs, one credit a picture as their vendors count.
    "backgrounderase": 100,
    "clipdrop": 100,
    "clipdrop:cleanup": 100,
    "photoroom": 100,
    "picsart": 100,
    "poof": 100,
    "removebg": 100,
    "removebg:preview": 25,
    "slazzer": 100,
    "slazzer:preview": 25,
}


def price_list() -> dict[str, int]:
    """Hundredths of a credit by service: the founding prices, and the operator's over them."""
    return DEFAULT_PRICES | dict(ServicePrice.objects.values_list("service", "hundredths"))


def price_of(service: str) -> int:
    """Hundredths of a credit. Raises KeyError for a service nobody sells."""
    set_here = list(
        ServicePrice.objects.filter(service=service).values_list("hundredths", flat=True)
    )
    return set_here[0] if set_here else DEFAULT_PRICES[service]
