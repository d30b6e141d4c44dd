"""The links above a long list that lead to a year, a month, a day: from the calendar alone.

Django's own ask the table which days have rows, and so read all of it.
"""

import calendar
import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateformat import format as dated

_DAY, _MONTH, _MONTH_OF_YEAR = "j F", "F", "F Y"
Choice = dict[str, str]


def steps(changelist: Any) -> dict[str, Any]:
    """What the template of the date hierarchy shows: the way back, and the next finer step."""
    field = changelist.date_hierarchy
    chosen = _chosen(changelist.params, field)
    if chosen is None:
        return {"show": False}
    year, month, day = chosen

    def link(**parts: int) -> str:
        filters = {f"{field}__{part}": number for part, number in parts.items()}
        return str(changelist.get_query_string(filters, [f"{field}__"]))

    if year and month and day:
        shown = datetime.date(year, month, day)
        back = {"link": link(year=year, month=month), "title": dated(shown, _MONTH_OF_YEAR)}
        return {"show": True, "back": back, "choices": [{"title": dated(shown, _DAY)}]}
    if year and month:
        back = {"link": link(year=year), "title": str(year)}
        return {"show": True, "back": back, "choices": _days(year, month, link)}
    if year:
        back = {"link": link(), "title": "All dates"}
        return {"show": True, "back": back, "choices": _months(year, link)}
    return {"show": True, "choices": _years(changelist, field, link)}


def _chosen(params: Any, field: str) -> tuple[int, int, int] | None:
    """Year, month and day, 0 for those not chosen; None for what is no date."""
    texts = [_last(params.get(f"{field}__{part}")) for part in ("year", "month", "day")]
    try:
        year, month, day = (int(text) if text else 0 for text in texts)
        datetime.date(year or 1, month or 1, day or 1)
    except ValueError:
        return None
    return year, month, day


def _last(value: Any) -> str:
    if isinstance(value, list):
        value = value[-1] if value else ""
    return str(value or "")


def _days(year: int, month: int, link: Any) -> list[Choice]:
    today = timezone.now().date()
    last = calendar.monthrange(year, month)[1]
    days = (datetime.date(year, month, day) for day in range(1, last + 1))
    return [
        {"link": link(year=year, month=month, day=day.day), "title": dated(day, _DAY)}
        for day in days
        if day <= today
    ]


def _months(year: int, link: Any) -> list[Choice]:
    today = timezone.now().date()
    months = (datetime.date(year, month, 1) for month in range(1, 13))
    return [
        {"link": link(year=year, month=month.month), "title": dated(month, _MONTH)}
        for month in months
        if month <= today
    ]


def _years(changelist: Any, field: str, link: Any) -> list[Choice]:
    """From the oldest row, which an index tells, to this year."""
    oldest = changelist.model._default_manager.order_by(field).values_list(field, flat=True).first()
    this_year = timezone.now().year
    first = oldest.year if oldest else this_year
    return [{"link": link(year=year), "title": str(year)} for year in range(first, this_year + 1)]
