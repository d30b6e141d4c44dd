"""Everything under /account/webhooks/."""

from django.urls import path

from services.outgoing import pages

app_name = "webhooks"
urlpatterns = [
    path("", pages.overview, name="overview"),
    path("threshold/", pages.threshold, name="threshold"),
    path("deliveries/", pages.log, name="log"),
    path("deliveries/<uuid:delivery_id>/", pages.delivery_page, name="delivery"),
    path("deliveries/<uuid:delivery_id>/again/", pages.send_again, name="send-again"),
    path("<uuid:endpoint_id>/", pages.endpoint_page, name="endpoint"),
    path("<uuid:endpoint_id>/roll/", pages.roll, name="roll"),
    path("<uuid:endpoint_id>/delete/", pages.delete, name="delete"),
    path("<uuid:endpoint_id>/switch/", pages.switch, name="switch"),
    path("<uuid:endpoint_id>/test/", pages.test, name="test"),
]
