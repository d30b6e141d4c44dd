"""Settings that are alike in every installation: applications, middleware, the API's framework."""

INSTALLED_APPS = [
    "maskr_site",  # first: it sets the broker that the actors of services declare themselves on
    "accounts",
    "billing",
    "services",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.forms",  # its templates, beside ours
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "accounts.signed_in.apps.SignedInConfig",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "heroicons",
    "csp",
    "hijack",
    # Last: it gives the staff's roles their rights, which every app before it has made by then.
    "accounts.backoffice.apps.BackofficeConfig",
]
MIDDLEWARE = [
    "maskr_site.metrics.requests.measure",
    "maskr_site.middleware.request_id",
    "maskr_site.access.access_log",
    "accounts.throttling.rate_limit_headers",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "maskr_site.static_files.StaticFiles",
    "maskr_site.middleware.for_anyone",
    "maskr_site.middleware.keeps_nothing",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.signed_in.following.follow_the_key",
    "maskr_site.middleware.by_any_name",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "hijack.middleware.HijackUserMiddleware",
    "accounts.backoffice.impersonation.read_only",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

MFA_ADAPTER = "accounts.sealing.FactorAdapter"
MFA_FORMS = {
    "activate_totp": "accounts.second_factor.ActivateForm",
    "authenticate": "accounts.second_factor.AuthenticateForm",
    "reauthenticate": "accounts.second_factor.ReauthenticateForm",
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.MultiPartParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Maskr API",
    "VERSION": "1",
    "DESCRIPTION": "Background removal, object extraction and object removal over HTTPS.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    # Programs use keys; the session of our own page is not theirs to use.
    "AUTHENTICATION_WHITELIST": [
        "accounts.authentication.ApiKeyAuthentication",
        "services.dialects.backgrounderase.LegacyKeyAuthentication",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Links to operations are put inside the buttons that open them, where nobody can reach them.
    "SWAGGER_UI_SETTINGS": {"deepLinking": False},
    "PREPROCESSING_HOOKS": ["maskr_site.openapi.documented_paths"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "maskr_site.openapi.with_its_server",
        "maskr_site.openapi.with_summaries",
    ],
    "COMPONENT_SPLIT_REQUEST": True,
    "PATH_CONVERTER_OVERRIDES": {"id": {"type": "string", "format": "uuid"}},
    "ENUM_NAME_OVERRIDES": {"JobStatus": "services.schemas.STATUSES"},
}
