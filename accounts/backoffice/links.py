"""Ways from one page of the admin to another."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


def link(model: str, pk: Any, text: str) -> SafeString:
    """To the page of the row of `model`, "app_model"."""
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{model}_change", args=[pk]), text)
