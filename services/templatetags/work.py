"""Times, durations and amounts as the pages about work write them."""

from datetime import datetime

from django import template
from django.template.defaultfilters import date as formatted
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.amounts import to_grouped_text
from services.pages import words

register = template.Library()
register.filter("service", words.service)
register.filter("stage", words.stage)
register.filter("number", words.number)


@register.filter
def amount(hundredths: int | None) -> str:
    return to_grouped_text(hundredths or 0)


@register.filter
def duration(ms: float | None) -> str:
    return words.duration(ms) if ms is not None else "–"


@register.simple_tag
def moment(at: datetime) -> SafeString:
    """How long ago, with the exact time for pointers and programs."""
    exact = f"{formatted(at, 'j F Y, H:i:s')} UTC"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact, words.ago(at)
    )
