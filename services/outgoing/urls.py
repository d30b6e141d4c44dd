"""Everything under /account/webhooks/."""

from django.urls import path

from services.outgoing import pages

app_name = "webhooks"
urlpatterns = [
    path("", pages.overview, name="overview"),
    path("threshold/", pages.threshold, name="threshold"),
    path("deliveries/", pages.log, name="log"),
    path("deliveries/<id:delivery_id>/", pages.delivery_page, name="delivery"),
    path("deliveries/<id:delivery_id>/again/", pages.send_again, name="send-again"),
    path("<id:endpoint_id>/", pages.endpoint_page, name="endpoint"),
    path("<id:endpoint_id>/roll/", pages.roll, name="roll"),
    path("<id:endpoint_id>/delete/", pages.delete, name="delete"),
    path("<id:endpoint_id>/switch/", pages.switch, name="switch"),
    path("<id:endpoint_id>/test/", pages.test, name="test"),
]
