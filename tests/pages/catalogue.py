"""Every page there is, and who looks at it. A new page takes one line; {names} are of world.py."""

from dataclasses import dataclass

from maskr_site.docs import contents as documents

STRANGER = "stranger"
#: Has bought and used much; has nothing yet; has set up TOTP; may open the admin.
MEMBER, NEWCOMER, GUARDED, STAFF = "member", "newcomer", "guarded", "staff"


@dataclass(frozen=True)
class Shown:
    path: str
    visitor: str = MEMBER
    status: int = 200

    def __str__(self) -> str:
        return f"{self.visitor}:{self.path}"


PAGES = (
    Shown("/accounts/login/", STRANGER),
    Shown("/accounts/signup/", STRANGER),
    Shown("/accounts/password/reset/", STRANGER),
    Shown("/accounts/password/reset/done/", STRANGER),
    Shown("/accounts/password/reset/key/1-bad/", STRANGER),
    Shown("/accounts/password/reset/key/done/", STRANGER),
    Shown("/accounts/confirm-email/", STRANGER),
    Shown("/accounts/confirm-email/bad/", STRANGER),
    Shown("/accounts/inactive/", STRANGER),
    Shown("/", STRANGER),
    Shown("/"),
    *(Shown(page.url, STRANGER) for page in documents.PAGES.values()),
    Shown("/status", STRANGER),
    Shown("/status"),
    Shown("/studio", STRANGER),
    Shown("/studio"),
    Shown("/studio", NEWCOMER),
    Shown("/docs/errors"),
    Shown("/docs/search?q=feather", STRANGER),
    Shown("/nothing/here", STRANGER, status=404),
    Shown("/nothing/here", status=404),
    Shown("/admin/login/", status=403),
    Shown("/account/"),
    Shown("/account/", NEWCOMER),
    Shown("/account/jobs/"),
    Shown("/account/jobs/", NEWCOMER),
    Shown("/account/jobs/{job}/"),
    Shown("/account/keys/"),
    Shown("/account/keys/", NEWCOMER),
    Shown("/account/keys/{key}/"),
    Shown("/account/keys/{key}/roll/"),
    Shown("/account/keys/{key}/revoke/"),
    Shown("/account/billing/"),
    Shown("/account/billing/", NEWCOMER),
    Shown("/account/billing/statement/"),
    Shown("/account/billing/statement/", NEWCOMER),
    Shown("/account/webhooks/"),
    Shown("/account/webhooks/", NEWCOMER),
    Shown("/account/webhooks/{endpoint}/"),
    Shown("/account/webhooks/{endpoint}/roll/"),
    Shown("/account/webhooks/{endpoint}/delete/"),
    Shown("/account/webhooks/deliveries/"),
    Shown("/account/webhooks/deliveries/", NEWCOMER),
    Shown("/account/webhooks/deliveries/{delivery}/"),
    Shown("/account/settings/"),
    Shown("/account/settings/delete/"),
    Shown("/account/deleted/", STRANGER),
    Shown("/accounts/sessions/"),
    Shown("/accounts/logout/"),
    Shown("/accounts/email/"),
    Shown("/accounts/password/change/"),
    Shown("/accounts/reauthenticate/"),
    Shown("/accounts/2fa/"),
    Shown("/accounts/2fa/totp/activate/"),
    Shown("/accounts/2fa/", GUARDED),
    Shown("/accounts/2fa/totp/deactivate/", GUARDED),
    Shown("/accounts/2fa/recovery-codes/", GUARDED),
    Shown("/accounts/2fa/recovery-codes/generate/", GUARDED),
    Shown("/admin/", STAFF),
    Shown("/admin/services/job/", STAFF),
    Shown("/admin/services/liveworker/", STAFF),
    Shown("/admin/accounts/user/", STAFF),
    Shown("/admin/billing/ledgerentry/", STAFF),
    Shown("/admin/billing/serviceprice/", STAFF),
    Shown("/admin/admin/logentry/", STAFF),
)
