"""What credits are sold for on this server, as the front page and the documents list it."""

from dataclasses import dataclass

from billing.amounts import to_text
from billing.gateway import is_configured
from billing.models import CreditPack, Plan


@dataclass(frozen=True)
class Offer:
    """`credits` is empty for a plan that is paid by the picture."""

    name: str
    credits: str
    price: str


def on_sale() -> list[Offer]:
    """Packs from the cheapest on, then plans; none while payments are not configured."""
    if not is_configured():
        return []
    packs = CreditPack.objects.filter(is_active=True).order_by("price_minor", "pk")
    plans = Plan.objects.filter(is_active=True).order_by("pk")
    return [Offer(pack.name, to_text(pack.credits), pack.price) for pack in packs] + [
        Offer(plan.name, _included(plan), plan.price_note) for plan in plans
    ]


def _included(plan: Plan) -> str:
    return f"{to_text(plan.included_credits)} a month" if plan.included_credits else ""
