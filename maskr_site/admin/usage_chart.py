"""An account's jobs by day, drawn on the server: bars that stretch, with a table behind them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Sum
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.models import User
from billing.amounts import to_text
from services import usage
from services.models import UsageDay

DAYS = 30
_STEP, _HEIGHT = 20, 100


@dataclass(frozen=True)
class Bar:
    """A day: where its bar begins from the left, and how high its two parts are, in the drawing."""

    label: str
    x: int
    completed: int
    failed: int
    credits: str
    completed_y: float
    completed_height: float
    failed_y: float
    failed_height: float


def chart(user: User) -> SafeString:
    days = _days(user)
    most = max((done + failed for _, done, failed, _ in days), default=0)
    bars = [_bar(place, day, most or 1) for place, day in enumerate(days)]
    context = {"bars": bars, "most": most, "width": DAYS * _STEP, "height": _HEIGHT}
    return render_to_string("admin/usage_chart.html", context)


def _days(user: User) -> list[tuple[str, int, int, int]]:
    """Date, completed, failed and hundredths of each day, without a gap."""
    today = timezone.now().date()
    since = today - timedelta(days=DAYS - 1)
    rows = UsageDay.objects.filter(owner=user, day__gte=since).order_by()
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows.values("day", "bucket").annotate(count=Sum("jobs"), cost=Sum("credits")):
        total = totals[row["day"].isoformat()]
        total[1 if row["bucket"] == usage.FAILED else 0] += row["count"]
        total[2] += row["cost"]
    days = ((since + timedelta(days=n)).isoformat() for n in range(DAYS))
    return [(day, *_three(totals.get(day))) for day in days]


def _three(total: list[int] | None) -> tuple[int, int, int]:
    return (total[0], total[1], total[2]) if total else (0, 0, 0)


def _bar(place: int, day: tuple[str, int, int, int], most: int) -> Bar:
    label, completed, failed, cost = day
    completed_height = round(_HEIGHT * completed / most, 1)
    failed_height = round(_HEIGHT * failed / most, 1)
    completed_y = _HEIGHT - completed_height
    return Bar(
        label,
        place * _STEP,
        completed,
        failed,
        to_text(cost),
        completed_y,
        completed_height,
        round(completed_y - failed_height, 1),
        failed_height,
    )
