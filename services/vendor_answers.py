"""What the compatible APIs answer in JSON, for /docs/api: the vendors' own shapes.

Fields may be called `data` or `errors` all the same: a serializer's metaclass takes them off the class.
"""

from typing import Any

from rest_framework import serializers

from inference.rendering.files import MEDIA_TYPES

Shape = type[serializers.Serializer[Any]]
PNG, JPEG, WEBP = MEDIA_TYPES["png"], MEDIA_TYPES["jpg"], MEDIA_TYPES["webp"]


class FieldName(serializers.Serializer[Any]):
    field = serializers.CharField(required=False, help_text="Which option is wrong.")


class BackgroundEraseFault(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    status = serializers.IntegerField()
    request_id = serializers.CharField()
    details = FieldName()


class BackgroundEraseError(serializers.Serializer[Any]):
    error = BackgroundEraseFault()


class BackgroundEraseJson(serializers.Serializer[Any]):
    image = serializers.CharField(required=False, help_text="The picture in base64.")
    mask = serializers.CharField(required=False, help_text="Instead of it, to a JSON `image`.")
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    format = serializers.CharField(required=False)


class BackgroundEraseKey(serializers.Serializer[Any]):
    valid = serializers.BooleanField()
    mode = serializers.CharField(help_text="live, synthetic or admin.")
    fingerprint = serializers.CharField()


class BackgroundEraseOwner(serializers.Serializer[Any]):
    email = serializers.CharField()
    plan = serializers.CharField()
    subscription_status = serializers.CharField()
    billing_model = serializers.CharField()
    usage_unit = serializers.CharField()


class WholeCredits(serializers.Serializer[Any]):
    available = serializers.IntegerField()
    subscription = serializers.IntegerField()


class BackgroundEraseAccount(serializers.Serializer[Any]):
    status = serializers.CharField()
    api_key = BackgroundEraseKey()
    account = BackgroundEraseOwner()
    images = WholeCredits()
    plan = serializers.CharField()


class PhotoroomAccount(serializers.Serializer[Any]):
    credits = WholeCredits()


class PhotoroomFault(serializers.Serializer[Any]):
    message = serializers.CharField()


class PhotoroomError(serializers.Serializer[Any]):
    """The last is there for a wrong key, and alone on /v1/account without one."""

    detail = serializers.CharField(required=False)
    status_code = serializers.IntegerField(required=False)
    type = serializers.CharField(required=False)
    error = PhotoroomFault(required=False)


class PhotoroomJson(serializers.Serializer[Any]):
    base64img = serializers.CharField()
    result_b64 = serializers.CharField(help_text="The same.")


class RemoveBgFault(serializers.Serializer[Any]):
    title = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class RemoveBgErrors(serializers.Serializer[Any]):
    errors = RemoveBgFault(many=True)  # type: ignore[assignment]


class RemoveBgForeground(serializers.Serializer[Any]):
    result_b64 = serializers.CharField()
    foreground_top = serializers.IntegerField()
    foreground_left = serializers.IntegerField()
    foreground_width = serializers.IntegerField()
    foreground_height = serializers.IntegerField()


class RemoveBgJson(serializers.Serializer[Any]):
    data = RemoveBgForeground()  # type: ignore[assignment]


class RemoveBgNoted(serializers.Serializer[Any]):
    id = serializers.UUIDField()


class RemoveBgCredits(serializers.Serializer[Any]):
    total = serializers.FloatField()
    subscription = serializers.FloatField()
    payg = serializers.FloatField()
    enterprise = serializers.FloatField()


class RemoveBgFree(serializers.Serializer[Any]):
    free_calls = serializers.IntegerField()
    sizes = serializers.CharField()


class RemoveBgStanding(serializers.Serializer[Any]):
    credits = RemoveBgCredits()
    api = RemoveBgFree()


class RemoveBgAttributes(serializers.Serializer[Any]):
    attributes = RemoveBgStanding()


class RemoveBgAccount(serializers.Serializer[Any]):
    data = RemoveBgAttributes()  # type: ignore[assignment]


class PlainError(serializers.Serializer[Any]):
    """Clipdrop's and Slazzer's."""

    error = serializers.CharField()


class SlazzerJson(serializers.Serializer[Any]):
    status = serializers.CharField()
    output_image_base64 = serializers.CharField()


class PicsartError(serializers.Serializer[Any]):
    code = serializers.IntegerField()
    message = serializers.CharField()
    detail = serializers.CharField()


class PicsartPicture(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    url = serializers.URLField(help_text="Needs no key; works for a while.")


class PicsartJson(serializers.Serializer[Any]):
    status = serializers.CharField()
    data = PicsartPicture()  # type: ignore[assignment]


class PicsartBalance(serializers.Serializer[Any]):
    credits = serializers.FloatField()


class PoofError(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    details = serializers.JSONField(help_text="The option that is wrong, under `field`, or a text.")
    request_id = serializers.CharField()


class PoofMe(serializers.Serializer[Any]):
    organizationId = serializers.CharField()
    plan = serializers.CharField()
    maxCredits = serializers.FloatField()
    usedCredits = serializers.FloatField()
    autoRechargeThreshold = serializers.FloatField(allow_null=True)
