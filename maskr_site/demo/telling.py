"""The words at the end: where everything lies, what it cost, how to go on."""

import importlib.util
import shlex
from pathlib import Path

from django.conf import settings
from PIL import Image

from inference import optimised
from inference.engines.opening import machine
from inference.weights import CATALOGUE
from maskr_site.demo.account import DemoAccount
from maskr_site.demo.photo import MASK_PATH, Shown
from maskr_site.demo.server import address


def files_and_costs(shown: Shown, balance: str) -> str:
    return "\n".join(
        (
            "",
            "A real photo went through the HTTP API: its mask, and the cut-out made with it.",
            "",
            f"  photo      {_described(shown.photo)}",
            f"  mask       {_described(shown.mask)}",
            f"  cut-out    {_described(shown.cutout)}",
            f"  engine     {shown.engine}: {shown.processing_ms:.0f} ms of work, "
            f"{shown.round_trip_s:.2f} s from upload to downloaded mask",
            f"  credits    {shown.credits_used:g} charged, {balance} left",
        )
    )


def access(account: DemoAccount, port: int) -> str:
    return "\n".join(
        (
            f"  dashboard  {address(port)}{settings.LOGIN_REDIRECT_URL}",
            f"  log in     {account.email}  password {account.password}",
            f"  API key    {account.api_key}",
        )
    )


def curl(account: DemoAccount, photo: Path, port: int) -> str:
    upload = shlex.quote(f"file=@{photo}")
    key = f'-H "Authorization: Bearer {account.api_key}"'
    return f"curl {key} -F {upload} {address(port)}{MASK_PATH}"


def faster() -> str:
    """Offer what makes networks faster on this processor; empty where there is nothing to gain."""
    possible = machine().lacks("int8") is None and importlib.util.find_spec("nncf") is not None
    entry = CATALOGUE["u2netp"]
    if not possible or optimised.read(entry, settings.MODELS_DIR) is not None:
        return ""
    return (
        "About three times faster on this processor, after three minutes of work, once:\n\n"
        "  .venv/bin/python manage.py models optimise\n\n"
    )


def _described(path: Path) -> str:
    with Image.open(path) as picture:
        size = f"{picture.width} x {picture.height}"
    return f"{path}  ({size}, {path.stat().st_size / 1000:.0f} kB)"
