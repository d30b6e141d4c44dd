"""Every address of the site: the API, the account pages, the admin, the documents."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from accounts.leaks import leak_reports
from accounts.signed_in.pages import SignedInPage
from billing.webhooks import stripe_webhook
from maskr_site import health, theme
from maskr_site.metrics import exposition
from maskr_site.status import views as status

handler400 = "maskr_site.errors.bad_request"
handler404 = "maskr_site.errors.not_found"
handler500 = "maskr_site.errors.server_error"

urlpatterns = [
    path("", include("maskr_site.landing.urls")),
    path("health", health.alive, name="health"),
    path("health/", health.alive),
    path("v2/health", health.alive),
    path("v2/health/", health.alive),
    path("health/ready", health.ready, name="ready"),
    path("health/ready/", health.ready),
    path("metrics", exposition.metrics, name="metrics"),
    path("status", status.page, name="status"),
    path("status.json", status.as_json, name="status-json"),
    path("", include("services.urls")),
    path("account", RedirectView.as_view(url="/account/")),
    path("account/", include("services.pages.urls")),
    path("account/", include("accounts.urls")),
    path("account/billing/", include("billing.urls")),
    path("account/webhooks/", include("services.outgoing.urls")),
    path("billing/stripe/webhook", stripe_webhook, name="stripe-webhook"),
    path("partners/leaked-keys", leak_reports, name="leak-reports"),
    path("accounts/sessions/", SignedInPage.as_view(), name="usersessions_list"),
    path("accounts/", include("allauth.urls")),
    path("theme", theme.choose, name="theme"),
    path("favicon.ico", RedirectView.as_view(url="/static/img/favicon.svg")),
    path("admin/", admin.site.urls),
    path("hijack/", include("accounts.backoffice.urls")),
    path("docs/api", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    path("docs/openapi", SpectacularAPIView.as_view(), name="schema"),
    path("", include("maskr_site.docs.urls")),
]
