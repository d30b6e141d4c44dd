"""The billing pages. Buying only begins here: credits come when Stripe tells of the payment."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.addresses import site_of
from accounts.forms_alone import form_of
from accounts.views import OwnerRequest
from billing import months, plans, sales, statement, top_up_terms
from billing.errors import PaymentError, PaymentsNotConfigured, PaymentsUnavailable
from billing.forms import AutoTopUpForm
from billing.gateway import Returns, is_configured
from billing.models import AutoTopUp, CreditAccount, CreditPack, Plan
from billing.top_up_terms import Standing


@require_safe
@never_cache
@login_required
def overview(request: OwnerRequest) -> HttpResponse:
    return _overview(request, _top_up_form(request))


@form_of("billing:overview")
def buy(request: OwnerRequest, pack_id: int) -> HttpResponse:
    pack = get_object_or_404(CreditPack, pk=pack_id, is_active=True)
    saves_card = "saves_card" in request.POST
    try:
        checkout = sales.buy(request.user, pack, _returns(request), saves_card=saves_card)
    except PaymentError as error:
        return _sorry(request, error)
    return _leave(request, checkout.url)


@form_of("billing:overview")
def subscribe(request: OwnerRequest, plan_id: int) -> HttpResponse:
    plan = get_object_or_404(Plan, pk=plan_id, is_active=True)
    try:
        checkout = sales.subscribe(request.user, plan, _returns(request))
    except PaymentError as error:
        return _sorry(request, error)
    return _leave(request, checkout.url)


@form_of("billing:overview")
def portal(request: OwnerRequest) -> HttpResponse:
    try:
        url = sales.portal(request.user, _returns(request).cancelled)
    except PaymentError as error:
        return _sorry(request, error)
    return _leave(request, url)


@form_of("billing:overview")
def auto_top_up(request: OwnerRequest) -> HttpResponse:
    form = AutoTopUpForm(request.POST)
    if not form.is_valid():
        return _overview(request, form, status=400)
    account, _ = CreditAccount.objects.get_or_create(user=request.user)
    top_up_terms.agree(account, form.cleaned_data)
    standing = top_up_terms.standing(request.user)
    if standing in (Standing.ON, Standing.OFF):
        messages.success(request, f"Automatic top-up is {standing}.")
    else:
        messages.warning(
            request, "Automatic top-up is on, but cannot charge anything yet: see below."
        )
    return redirect("billing:overview")


@require_safe
@never_cache
@login_required
def statement_page(request: OwnerRequest) -> HttpResponse:
    rows = statement.entries(request.user, request.GET)
    summary = months.summary(request.user)
    wishes = request.GET.copy()
    wishes.pop("page", None)
    context = {
        "page": statement.page(rows, request.GET.get("page")),
        "months": summary.months,
        "kinds": statement.WORDS.items(),
        "services": summary.services,
        "days": [
            ("from", "From", wishes.get("from", "")),
            ("until", "Until", wishes.get("until", "")),
        ],
        "wishes": wishes,
        "query": wishes.urlencode(),
    }
    return render(request, "billing/statement.html", context)


@require_safe
@never_cache
@login_required
def statement_csv(request: OwnerRequest) -> StreamingHttpResponse:
    lines = statement.csv_lines(statement.entries(request.user, request.GET))
    name = f"maskr-statement-{timezone.now():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _overview(request: OwnerRequest, form: AutoTopUpForm, status: int = 200) -> HttpResponse:
    account = CreditAccount.objects.filter(user=request.user).first()
    packs = CreditPack.objects.filter(is_active=True).order_by("currency", "price_minor")
    context = {
        "account": account,
        "top_up": top_up_terms.standing(request.user),
        "wish": AutoTopUp.objects.filter(account=account).select_related("pack").first(),
        "packs": packs,
        "plans": Plan.objects.filter(is_active=True).order_by("pk"),
        "subscription": plans.unended(request.user),
        "purchases": account.purchases.order_by("-created_at")[:10] if account else [],
        "last_top_up": account.top_ups.order_by("-created_at").first() if account else None,
        "form": form,
        "is_configured": is_configured(),
        "has_returned": "paid" in request.GET,
    }
    return render(request, "billing/overview.html", context, status=status)


def _top_up_form(request: OwnerRequest) -> AutoTopUpForm:
    wish = AutoTopUp.objects.filter(account__user=request.user).first()
    return AutoTopUpForm(initial=AutoTopUpForm.initial_of(wish) if wish else None)


def _returns(request: OwnerRequest) -> Returns:
    page = site_of(request) + reverse("billing:overview")
    return Returns(done=f"{page}?paid=1", cancelled=page)


def _leave(request: OwnerRequest, url: str) -> HttpResponse:
    """A page that goes on by itself: a redirect would need every checkout domain in form-action."""
    response = render(request, "billing/leaving.html", {"url": url})
    response["Refresh"] = f"0; url={url}"
    response["Cache-Control"] = "no-store"
    return response


def _sorry(request: OwnerRequest, error: PaymentError) -> HttpResponse:
    match error:
        case PaymentsNotConfigured() | sales.AlreadySubscribed() | sales.PageBeingOpened():
            text = str(error)
        case PaymentsUnavailable():
            text = "The payment provider does not answer. Nothing was charged; try again soon."
        case _:
            text = "The payment provider refused this. Nothing was charged."
    messages.error(request, text)
    return redirect("billing:overview")
