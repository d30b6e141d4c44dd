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


def price_of(service: str) -> int:
    """Hundredths of a credit. Raises KeyError for a service nobody sells."""
    row = ServicePrice.objects.filter(service=service).first()
    return row.hundredths if row else DEFAULT_PRICES[service]
