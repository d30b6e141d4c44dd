"""What allauth does differently here: addresses behind our proxies, mail servers that fail, addresses of
mail that no account can have."""

import logging
import smtplib
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.addresses import client_ip, parse, site_of
from accounts.models import User
from accounts.templatetags.wording import sentence

logger = logging.getLogger(__name__)
_LONGEST = 254


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # without types
    def get_client_ip(self, request: HttpRequest) -> str:
        address = parse(client_ip(request))
        return str(address) if address else "0.0.0.0"  # noqa: S104  # a peer without an address

    def get_login_stages(self) -> list[str]:
        theirs, ours = "allauth.mfa.stages.AuthenticateStage", "accounts.login_stages.SecondFactor"
        return [ours if stage == theirs else stage for stage in super().get_login_stages()]

    def clean_email(self, email: str) -> str:
        if len(email) > _LONGEST:
            raise ValidationError(f"An email address has at most {_LONGEST} characters.")
        return str(super().clean_email(email))

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Not where it is another account's, if only one that the staff made and nobody confirmed."""
        email = email_address.email
        if User.objects.filter(email=email).exclude(pk=email_address.user_id).exists():
            template = "account/messages/email_confirmation_failed.txt"
            self.add_message(request, messages.ERROR, template, {"email": email})
            return False
        return bool(super().confirm_email(request, email_address))

    def format_email_subject(self, subject: str) -> str:
        return sentence(super().format_email_subject(subject))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """What was done stays done when the mail about it cannot go out; the page says so."""
        try:
            super().send_mail(template_prefix, email, _under_our_name(self.request, context))
        except (OSError, smtplib.SMTPException):
            logger.warning("mail %s could not be sent", template_prefix, exc_info=True)
            text = "A mail to you could not be sent. Please try again in a few minutes."
            messages.error(self.request, text)


def _under_our_name(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Links of a mail lead to PUBLIC_URL, whatever host the request for it named."""
    site, asked = site_of(request), request.build_absolute_uri("/")
    links = {
        name: site + value.removeprefix(asked.rstrip("/"))
        for name, value in context.items()
        if isinstance(value, str) and value.startswith(asked)
    }
    domain = urlsplit(site).netloc
    here = {"site": site, "current_site": {"domain": domain, "name": domain}}
    return context | links | here
