"""The words of the pages that come with allauth, written as all others are."""

from django import template

register = template.Library()


@register.filter
def sentence(title: str) -> str:
    """Two-Factor Authentication: Two-factor authentication."""
    return title.strip().capitalize()
