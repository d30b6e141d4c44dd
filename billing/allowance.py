"""What programs are told that they may still spend: by figures, which know no "as much as you like"."""

from accounts.models import ApiKey, User
from billing import caps, credits, plans
from billing.amounts import HUNDREDTHS

#: Told where nothing ends it but the next invoice. Clients take 0 for the end, and refuse to go on;
#: a larger one might not fit into their integers once it is in hundredths.
UNLIMITED = 1_000_000 * HUNDREDTHS


def invoiced(user: User, api_key: ApiKey | None) -> int:
    """Hundredths that the invoice of a metered plan will still take: all that the key may spend this
    month. 0 for those who pay with credits."""
    if plans.metered_plan(user) is None:
        return 0
    cap = api_key.monthly_credit_cap_hundredths if api_key else None
    if api_key is None or cap is None:
        return UNLIMITED
    return min(UNLIMITED, max(0, cap - caps.spent(api_key)))


def left(user: User, api_key: ApiKey | None) -> int:
    """Hundredths of credits, and of what goes on an invoice."""
    return max(0, credits.balance(user)) + invoiced(user, api_key)
