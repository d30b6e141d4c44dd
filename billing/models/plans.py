"""What is sold, who Stripe knows our customers as, and the subscriptions they hold."""

from django.conf import settings
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from billing.amounts import price_text, to_text

currency_code = RegexValidator(r"^[a-z]{3}$", "Three lower-case letters, for example usd.")


class CreditPack(models.Model):
    """Credits that are bought once. A changed price counts for later purchases only."""

    name = models.CharField(max_length=80)
    credits = models.BigIntegerField(
        "credits (hundredths)",
        validators=[MinValueValidator(1)],
        help_text="50000 is five hundred credits.",
    )
    price_minor = models.PositiveIntegerField(
        "price (smallest unit of the currency)",
        validators=[MinValueValidator(1)],
        help_text="4900 is 49.00 dollars.",
    )
    currency = models.CharField(max_length=3, default="usd", validators=[currency_code])
    is_active = models.BooleanField("active", default=True, help_text="Off: no longer on sale.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(credits__gt=0, price_minor__gt=0), name="pack_sells_something"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}: {to_text(self.credits)} credits, {self.price}"

    @property
    def price(self) -> str:
        return price_text(self.price_minor, self.currency)


class Plan(models.Model):
    """A monthly way to pay. Prepaid, the plan of everyone else, needs no row."""

    class Kind(models.TextChoices):
        SUBSCRIPTION = "subscription", "subscription with included credits"
        METERED = "metered", "metered: completed pictures on the monthly invoice"

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=12, choices=Kind)
    stripe_price = models.CharField(
        "Stripe price",
        max_length=100,
        unique=True,
        help_text="The id of a recurring price, price_…; a metered one names the meter itself.",
    )
    included_credits = models.PositiveBigIntegerField(
        "credits each month (hundredths)", default=0, help_text="Granted when an invoice is paid."
    )
    rollover_cap = models.PositiveBigIntegerField(
        "most credits rolled over (hundredths)",
        null=True,
        blank=True,
        help_text="Of the included ones, when the next month begins. Empty: all; 0: none.",
    )
    meter_event_name = models.CharField(
        max_length=100, blank=True, help_text="Metered plans: the event name of the Stripe meter."
    )
    price_note = models.CharField(
        "price, as customers read it", max_length=80, blank=True, help_text="“49 $ a month”"
    )
    is_active = models.BooleanField("active", default=True, help_text="Off: no longer on sale.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="metered", meter_event_name=""),
                name="metered_plan_names_a_meter",
            )
        ]

    def __str__(self) -> str:
        return self.name


class StripeCustomer(models.Model):
    """The Stripe customer of one user; how events about money find their account."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="stripe_customer"
    )
    customer = models.CharField(max_length=100, unique=True)
    # While one request opens the page of a plan, the others of this customer wait, until then at most.
    page_opening_until = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return self.customer


class Subscription(models.Model):
    """A Stripe subscription as last told. Which telling is the last, billing.subscriptions says."""

    id = models.CharField(primary_key=True, max_length=100)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="subscriptions"
    )
    plan = models.ForeignKey(Plan, null=True, blank=True, on_delete=models.PROTECT)
    status = models.CharField(max_length=20)
    ends_with_period = models.BooleanField("ends with the period", default=False)
    # Unknown of those that Stripe told of last before this was noted.
    period_began_at = models.DateTimeField(null=True, blank=True)
    period_ends_at = models.DateTimeField(null=True, blank=True)
    # Stripe's clock, in seconds, of the event that told this.
    told_at = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["user", "status"], name="subscription_by_user")]

    def __str__(self) -> str:
        return f"{self.plan or self.id}: {self.status}"
