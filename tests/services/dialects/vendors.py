"""Every compatible endpoint by its differences, for tests that hold for all of them."""

import base64
from dataclasses import dataclass, field

import numpy as np
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.pictures import encoded, opened, picture


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def alpha(data: bytes) -> np.ndarray:
    """The alpha channel of a picture's file."""
    return np.asarray(opened(data).getchannel("A"))


@dataclass(frozen=True)
class Vendor:
    """Where it listens, what it calls the picture and the key, and how it says what went wrong."""

    path: str
    file_field: str
    header: str = "X-Api-Key"
    url_field: str = ""
    base64_field: str = ""
    price: int = 100
    #: Status of a missing key, a wrong key, no credits, no picture, not a picture.
    no_key: int = 401
    no_picture: int = 400
    #: Of a body that is no form, or none before it is decompressed.
    wrong_body: int = 415
    error_keys: tuple[str, ...] = ("error",)
    #: Options with a wrong value each, and the code or the field that the answer names.
    wrong: dict[str, str] = field(default_factory=dict)
    extra: dict[str, bytes] = field(default_factory=dict)


def mask() -> bytes:
    from PIL import Image

    half = Image.new("L", (96, 64), 0)
    half.paste(255, (0, 0, 20, 20))
    return encoded(half)


VENDORS = {
    "backgrounderase": Vendor(
        "/v2",
        "image_file",
        url_field="image_url",
        base64_field="image_base64",
        wrong={
            "format": "pdf",
            "channels": "cmyk",
            "size": "huge",
            "crop": "maybe",
            "bg_color": "nocolour",
            "despill": "perhaps",
        },
    ),
    "removebg": Vendor(
        "/v1.0/removebg",
        "image_file",
        url_field="image_url",
        base64_field="image_file_b64",
        price=25,
        no_key=403,
        error_keys=("errors",),
        wrong={
            "size": "huge",
            "format": "pdf",
            "channels": "rgb",
            "roi": "1 2 3",
            "crop": "maybe",
            "crop_margin": "a",
            "scale": "5%",
            "position": "left",
            "semitransparency": "perhaps",
            "bg_color": "nocolour",
            "type": "dragon",
            "type_level": "9",
            "add_shadow": "perhaps",
            "shadow_opacity": "101",
        },
    ),
    "photoroom": Vendor(
        "/v1/segment",
        "image_file",
        base64_field="image_file_b64",
        no_key=403,
        error_keys=("detail", "status_code", "type"),
        wrong={
            "format": "pdf",
            "channels": "rgb",
            "bg_color": "nocolour",
            "size": "huge",
            "crop": "maybe",
            "despill": "perhaps",
        },
    ),
    "clipdrop": Vendor(
        "/remove-background/v1",
        "image_file",
        wrong_body=400,
        wrong={"transparency_handling": "whatever"},
    ),
    "clipdrop cleanup": Vendor(
        "/cleanup/v1",
        "image_file",
        wrong_body=400,
        wrong={"mode": "slow"},
        extra={"mask_file": mask()},
    ),
    "slazzer": Vendor(
        "/v2.0/remove_image_background",
        "source_image_file",
        header="Api-Key",
        url_field="source_image_url",
        base64_field="source_image_base64",
        wrong_body=400,
        wrong={
            "bg_color_code": "nocolour",
            "format": "pdf",
            "crop": "maybe",
            "preview": "perhaps",
            "output_image_format": "gif",
            "channel": "cmyk",
            "crop_margin": "a",
            "scale": "5%",
            "roi": "1",
            "position": "left",
            "size": "huge",
        },
    ),
    "picsart": Vendor(
        "/tools/1.0/removebg",
        "image",
        header="X-Picsart-Api-Key",
        url_field="image_url",
        error_keys=("code", "message", "detail"),
        wrong={
            "format": "PDF",
            "output_type": "both",
            "bg_color": "nocolour",
            "bg_blur": "101",
            "bg_width": "0",
            "bg_height": "-1",
            "scale": "squeeze",
            "auto_center": "perhaps",
            "stroke_size": "101",
            "stroke_color": "nocolour",
            "stroke_opacity": "-1",
            "shadow": "inside",
            "shadow_opacity": "101",
            "shadow_blur": "x",
            "shadow_offset_x": "-101",
            "shadow_offset_y": "101",
            "image_id": "42",
        },
    ),
    "poof": Vendor(
        "/v1/remove",
        "image_file",
        url_field="url",
        wrong_body=400,
        error_keys=("code", "message", "details", "request_id"),
        wrong={
            "format": "pdf",
            "channels": "cmyk",
            "bg_color": "nocolour",
            "size": "huge",
            "crop": "maybe",
            "padding": "x",
            "width": "0",
            "height": "6001",
            "fit": "squeeze",
        },
    ),
}
WRONG = [(name, option) for name, vendor in VENDORS.items() for option in vendor.wrong]
BY_URL = [name for name, vendor in VENDORS.items() if vendor.url_field]
BY_BASE64 = [name for name, vendor in VENDORS.items() if vendor.base64_field]


def send(client, vendor, image=None, **fields):
    """A multipart request with a picture, unless `image` is empty."""
    headers = fields.pop("headers", {})
    files = {vendor.file_field: picture() if image is None else image, **vendor.extra}
    body = {name: SimpleUploadedFile(name, data) for name, data in files.items() if data}
    return client.post(vendor.path, body | fields, format="multipart", headers=headers)
