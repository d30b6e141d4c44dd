"""Hundredths of a credit, the smallest unit sold, to and from what people read and type."""

import re
from decimal import Decimal

HUNDREDTHS = 100
_THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"
# Between digits with groups of three up to the point, and none behind the point.
_THOUSANDS = re.compile(r"(?<=\d)(?<!\.\d)(?=(?:\d{3})+(?:\.|$))")


def to_hundredths(credits: Decimal | int | str) -> int:
    """2.5 -> 250. Raises ValueError for anything finer than a hundredth, or infinite."""
    exact = Decimal(credits) * HUNDREDTHS
    if not exact.is_finite() or exact != exact.to_integral_value():
        raise ValueError(f"{credits} credits cannot be counted in hundredths")
    return int(exact)


def to_number(hundredths: int) -> int | float:
    """300 -> 3, 25 -> 0.25: whole amounts stay integers, since clients call int() on them."""
    whole, rest = divmod(hundredths, HUNDREDTHS)
    return hundredths / HUNDREDTHS if rest else whole


def to_text(hundredths: int) -> str:
    """300 -> "3", 25 -> "0.25", -150 -> "-1.50"."""
    if hundredths % HUNDREDTHS:
        return f"{Decimal(hundredths) / HUNDREDTHS:.2f}"
    return str(hundredths // HUNDREDTHS)


def to_grouped_text(hundredths: int) -> str:
    """124050 -> "1 240.50", with thin spaces, for pages; never for programs."""
    return _THOUSANDS.sub(_THIN_SPACE, to_text(hundredths))


#: Currencies whose smallest unit is the unit itself, as Stripe counts them: not the shillings of Uganda
#: (ugx) and the krónur of Iceland, which have no cents and are counted in hundredths all the same. See
#: "Special cases" in https://docs.stripe.com/currencies.
_WITHOUT_CENTS = frozenset(
    [
        "bif",
        "clp",
        "djf",
        "gnf",
        "jpy",
        "kmf",
        "krw",
        "mga",
        "pyg",
        "rwf",
        "vnd",
        "vuv",
        "xaf",
        "xof",
        "xpf",
    ]
)


#: Those that Stripe counts in thousandths.
_WITH_THOUSANDTHS = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])


def decimals_of(currency: str) -> int:
    """How many of its digits stand behind the point: "usd" -> 2, "jpy" -> 0, "kwd" -> 3."""
    if currency in _WITH_THOUSANDTHS:
        return 3
    return 0 if currency in _WITHOUT_CENTS else 2


def to_minor(amount: Decimal, currency: str) -> int:
    """49.00, "usd" -> 4900; 500, "jpy" -> 500. `amount` has no more digits than the currency."""
    return int(amount.scaleb(decimals_of(currency)))


def to_major(minor: int, currency: str) -> Decimal:
    """4900, "usd" -> 49.00; 500, "jpy" -> 500."""
    return Decimal(minor).scaleb(-decimals_of(currency))


def price_text(minor: int, currency: str) -> str:
    """4900, "usd" -> "49.00 USD"; 500, "jpy" -> "500 JPY"."""
    return f"{to_major(minor, currency)} {currency.upper()}"
