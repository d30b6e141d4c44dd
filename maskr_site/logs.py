"""Structured logs: one line an event, console or JSON, with every key and signature masked."""

import logging
import re
from typing import Any

import structlog
from django.utils.log import CallbackFilter

#: None takes a backslash from before a quote, which would end the text in a rendered line: whoever asks
#: for /sig=a%22 would write fields of their own there.
_SECRETS = re.compile(
    r"sk-(?:live|test)-[0-9A-Za-z]+"  # our API keys, whole or cut
    r"|whsec_[0-9A-Za-z_-]+"  # secrets of webhook endpoints, of ours and of Stripe's
    r"|(?<=sig=)[^&\s\"'\\]+"  # signatures of result URLs
    r"|(?<=/reset/key/)[^/?\s\"'\\]+"  # of a forgotten password: whoever reads it sets a new one
    r"|(?<=/confirm-email/)[^/?\s\"'\\]+"  # of an address of mail
    r"|(?<=://)[^/@\s:]*:[^/@\s]+(?=@)"  # credentials in database, broker and storage URLs
)
_LONGEST = 300


def mask_secrets(_logger: Any, _name: str, event: Any) -> Any:
    """structlog processor: replaces secrets in every string of the event, however deep."""
    return masked(event)


def shorten(_logger: Any, _name: str, event: Any) -> Any:
    """structlog processor: cuts what a client could make as long as it likes."""
    for name in ("path", "user_agent"):
        if len(str(event.get(name, ""))) > _LONGEST:
            event[name] = f"{event[name][:_LONGEST]}…"
    return event


def masked(value: Any) -> Any:
    match value:
        case str():
            return _SECRETS.sub("[masked]", value)
        case dict():
            return {key: masked(item) for key, item in value.items()}
        case list() | tuple():
            return type(value)(masked(item) for item in value)
    return value


def without_controls(_logger: Any, _name: str, event: Any) -> Any:
    """structlog processor: escapes what a terminal obeys or an editor takes for another line.

    JSON escapes by itself. Only what we wrote ourselves, a traceback, keeps its lines.
    """
    return {
        key: _escaped(item, "\n\t" if key == "exception" else "") for key, item in event.items()
    }


def _escaped(value: Any, kept: str) -> Any:
    if not isinstance(value, str) or value.isprintable():
        return value
    return "".join(
        sign if sign.isprintable() or sign in kept else sign.encode("unicode_escape").decode()
        for sign in value
    )


class MaskedRenderer:
    """Renders, then masks once more: what a renderer makes of an exception is a string only here."""

    def __init__(self, renderer: Any) -> None:
        self.renderer = renderer

    def __call__(self, logger: Any, name: str, event: Any) -> Any:
        return masked(self.renderer(logger, name, event))


def _has_traceback(record: logging.LogRecord) -> bool:
    return bool(record.exc_info)


def logging_config(level: int | str, style: str) -> dict[str, Any]:
    """Django's LOGGING; `style` is "console" or "json". Also sets structlog up for this process."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    rendering: list[Any] = [
        without_controls,
        MaskedRenderer(structlog.dev.ConsoleRenderer(colors=False)),
    ]
    if style == "json":
        rendering = [MaskedRenderer(structlog.processors.JSONRenderer())]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    shorten,
                    mask_secrets,
                    *rendering,
                ],
            }
        },
        # The line of an answer that we chose to give comes after the middleware, without the id.
        "filters": {"exceptions": {"()": CallbackFilter, "callback": _has_traceback}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # One line a request comes from maskr_site.access; these would say it twice.
            "django.request": {"level": "ERROR", "filters": ["exceptions"]},
            "django.security": {"level": "ERROR"},
            # Scanners ask by any name, all day: that is no error of ours with a traceback.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "dramatiq": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},
            "stripe": {"level": "WARNING"},
        },
    }
