"""What the staff may do, by role: Django groups that each `migrate` sets to what stands here.

Whoever needs other rights gets another group, or the single right. Nobody but a superuser gives
rights to people.
"""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db import router

from accounts.models import User

SUPPORT, FINANCE, OPERATOR = "support", "finance", "operator"

_SEE_EVERYTHING = (
    "accounts.view_*",
    "billing.view_*",
    "services.view_*",
    "admin.view_logentry",
)
#: "app.verb_*" stands for every model of the app.
RIGHTS: dict[str, tuple[str, ...]] = {
    SUPPORT: (
        *_SEE_EVERYTHING,
        "accounts.impersonate_user",
        "accounts.change_apikey",
        "services.refund_job",
        "services.retry_job",
        "services.cancel_job",
        "services.change_webhookendpoint",
        "services.change_webhookdelivery",
    ),
    FINANCE: (
        *_SEE_EVERYTHING,
        "services.refund_job",
        "services.refund_job_without_limit",
        "billing.add_ledgerentry",
        "billing.change_purchase",
        "billing.add_serviceprice",
        "billing.change_serviceprice",
        "billing.add_creditpack",
        "billing.change_creditpack",
        "billing.add_plan",
        "billing.change_plan",
        "billing.change_stripeevent",
        "billing.change_meterevent",
    ),
    OPERATOR: ("accounts.*", "billing.*", "services.*", "admin.view_logentry"),
}


def synchronise() -> None:
    """Makes the groups and gives each exactly its rights; a few queries when nothing changed."""
    every = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    groups = {group.name: group for group in Group.objects.filter(name__in=RIGHTS)}
    for role, patterns in RIGHTS.items():
        group = groups.get(role) or Group.objects.create(name=role)
        _give(group, {pk for name, pk in every.items() if _is_meant(name, patterns)})


def roles_of(user: User) -> list[str]:
    return sorted(user.groups.values_list("name", flat=True))


def after_migrate(using: str, **_kwargs: object) -> None:
    """Receiver of post_migrate, once the rights of every app are there."""
    if router.allow_migrate_model(using, Group):
        synchronise()


def _give(group: Group, wanted: set[int]) -> None:
    held = set(group.permissions.values_list("pk", flat=True))
    group.permissions.add(*(wanted - held))
    group.permissions.remove(*(held - wanted))


def _is_meant(name: str, patterns: Iterable[str]) -> bool:
    return any(
        name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
        for pattern in patterns
    )
