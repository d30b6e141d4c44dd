"""Who may use the service: people, who log in by email, and the keys their programs hold."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    _EmailField = models.EmailField[str, str]
else:
    _EmailField = models.EmailField  # generic for the type checker only


class LowercaseEmailField(_EmailField):
    """Stores and looks up in lower case, which makes `unique` mean unique whatever the case."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)  # writes and look-ups pass through here
        return value.lower() if isinstance(value, str) else value


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        if not email:
            raise ValueError("an account needs an email address")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **fields, is_staff=True, is_superuser=True)


class User(AbstractBaseUser, PermissionsMixin):
    """An account: one person or team, one credit balance, any number of keys."""

    email = LowercaseEmailField("email address", unique=True)
    is_active = models.BooleanField(
        "active", default=True, help_text="Off: suspended. Can neither log in nor use any key."
    )
    is_staff = models.BooleanField(
        "staff", default=False, help_text="May open the admin; all keys count as admin keys."
    )
    rate_factor = models.PositiveSmallIntegerField(
        default=1, help_text="Multiplies every rate limit of this account. 0 means no limit."
    )
    training_opt_in = models.BooleanField(
        "pictures may be kept for training",
        default=False,
        help_text="Off: uploads and results are deleted after the retention time.",
    )
    notify_by_mail = models.BooleanField(
        "mails about keys",
        default=True,
        db_default=True,  # the release before this one inserts without it while both run
        help_text="When a key is made, revoked, or ends within a week.",
    )
    # Set when the account is deleted; the second when everything is forgotten.
    erasure_asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "account"
        permissions = [
            ("suspend_user", "Can suspend accounts and open them again"),
            ("impersonate_user", "Can look at the pages of an account as its owner"),
        ]

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    def __str__(self) -> str:
        return self.email

    @property
    def is_above_others(self) -> bool:
        """Staff, and superusers who are no staff (yet): nothing is done to them with lesser rights."""
        return self.is_staff or self.is_superuser


class ApiKey(models.Model):
    """What one program holds to use an account. The key itself is not here and cannot be made anew."""

    class Mode(models.TextChoices):
        LIVE = "live", "live"
        TEST = "test", "test"

    class Scope(models.TextChoices):
        BACKGROUND_REMOVAL = "background-removal", "Background removal"
        IMAGE_SEGMENTATION = "image-segmentation", "Image segmentation"
        OBJECT_EXTRACTION = "object-extraction", "Object extraction"
        OBJECT_REMOVAL = "object-removal", "Object removal"
        ACCOUNT_READ = "account:read", "Read the account"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    mode = models.CharField(max_length=4, choices=Mode, default=Mode.LIVE)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    # Safe to show and to log, unlike the key: what support and customers name a key by.
    fingerprint = models.CharField(max_length=19, db_index=True, editable=False)
    prefix = models.CharField(max_length=12, editable=False)
    last4 = models.CharField(max_length=4, editable=False)
    scopes = models.JSONField(default=list, blank=True, help_text="Empty: every scope.")
    allowed_ips = models.JSONField(
        default=list, blank=True, help_text="Networks this key may be used from. Empty: any."
    )
    monthly_credit_cap_hundredths = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    # When its owner was told that it ends soon.
    end_mailed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Of a rolled key's successors: the first key of the row, whose spending they go on with.
    spends_as = models.UUIDField(null=True, blank=True, editable=False)
    # May lie in the future: a rolled key works on until then.
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The network only (/24 or /48): enough to spot a stranger, too little to follow a person.
    last_used_ip = models.CharField(max_length=43, blank=True, editable=False)

    class Meta:
        verbose_name = "API key"
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["user", "-created_at"], name="keys_by_user")]

    def __str__(self) -> str:
        return f"{self.name} ({self.masked})"

    @property
    def masked(self) -> str:
        return f"{self.prefix}…{self.last4}"

    @property
    def counted_as(self) -> uuid.UUID:
        """The id of the key under which the month's spending of this one is counted."""
        return self.spends_as or self.pk

    @property
    def is_test(self) -> bool:
        return self.mode == self.Mode.TEST

    @property
    def account_mode(self) -> str:
        """The word for this key in account answers: synthetic, admin or live."""
        if self.is_test:
            return "synthetic"
        return "admin" if self.user.is_staff else "live"

    @property
    def ends_at(self) -> datetime | None:
        """When the key stops working, for whichever reason comes first; None for never."""
        return min(filter(None, (self.revoked_at, self.expires_at)), default=None)

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None and self.revoked_at <= timezone.now()

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def is_usable(self) -> bool:
        return not (self.is_revoked or self.is_expired)

    @property
    def state(self) -> str:
        """One word for the owner: active, ending (rolled, still works), revoked or expired."""
        if self.is_revoked:
            return "revoked"
        if self.is_expired:
            return "expired"
        return "ending" if self.revoked_at else "active"

    def has_scope(self, scope: str) -> bool:
        return not self.scopes or scope in self.scopes
