"""`<id:name>` in a route: a UUID in the letters that its reader writes, since programs print them in both.

Django's own `uuid` knows small letters only, and may not be registered anew.
"""

from django.urls import register_converter
from django.urls.converters import UUIDConverter

#: As a route has it. Labels of metrics go on saying `<uuid:`, which dashboards may ask for.
OPENING = "<id:"


class IdConverter(UUIDConverter):
    regex = UUIDConverter.regex.replace("a-f", "A-Fa-f")


register_converter(IdConverter, "id")
