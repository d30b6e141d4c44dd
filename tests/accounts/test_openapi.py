from drf_spectacular.generators import SchemaGenerator

from tests.accounts.urls import urlpatterns


def test_describes_keys_as_bearer_authentication():
    generator = SchemaGenerator(patterns=urlpatterns[:1])
    schemes = generator.get_schema(public=True)["components"]["securitySchemes"]
    assert (schemes["apiKey"]["type"], schemes["apiKey"]["scheme"]) == ("http", "bearer")
