"""Begin and end of impersonation, under the names that django-hijack knows them by."""

from django.urls import path
from hijack.views import ReleaseUserView

from accounts.backoffice.impersonation import AcquireView

app_name = "hijack"
urlpatterns = [
    path("acquire/", AcquireView.as_view(), name="acquire"),
    path("release/", ReleaseUserView.as_view(success_url="/admin/"), name="release"),
]
