"""The words of the pages that come with allauth, written as all others are."""

from django import template
from django.forms import BaseForm
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def sentence(title: str) -> str:
    """Two-Factor Authentication: Two-factor authentication."""
    return title.strip().capitalize()


@register.filter
def fields(form: BaseForm) -> SafeString:
    """The fields of a form; New Password (again): New password (again)."""
    for field in form.fields.values():
        attributes = field.widget.attrs
        if field.label:
            field.label = sentence(str(field.label))
        if "placeholder" in attributes:
            attributes["placeholder"] = sentence(str(attributes["placeholder"]))
    return form.as_div()
