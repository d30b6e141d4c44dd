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
    for bound in form:
        attributes = bound.field.widget.attrs
        if bound.label:  # that of the field was read already, where the form was sent
            bound.label = sentence(str(bound.label))
        if "placeholder" in attributes:
            attributes["placeholder"] = sentence(str(attributes["placeholder"]))
    return form.as_div()
