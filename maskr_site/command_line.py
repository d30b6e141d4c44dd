"""`manage.py`: what the operator can put right is told in a sentence; a trace is for faults of ours.

With `--traceback` everything comes with its trace.
"""

import contextlib
import sys
from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import DatabaseError, OperationalError, ProgrammingError


def main(arguments: Sequence[str]) -> None:
    if "--traceback" in arguments:
        execute_from_command_line(list(arguments))
        return
    _read_settings()
    try:
        execute_from_command_line(list(arguments))
    except KeyboardInterrupt:
        sys.exit("Stopped.")
    except Exception as error:
        if sentence := _sentence(error):
            sys.exit(sentence)
        raise


def _read_settings() -> None:
    """The one place where a ValueError, such as environs', is the operator's for certain."""
    try:
        _ = settings.INSTALLED_APPS
    except (ImproperlyConfigured, ValueError, OSError) as error:
        sys.exit(_about_settings(error))


def _sentence(error: Exception) -> str:
    """What to say in the place of the trace; empty where the fault may be ours."""
    if isinstance(error, ImproperlyConfigured):
        return _about_settings(error)
    if isinstance(error, OperationalError | ProgrammingError):
        return _about_database(error)
    from maskr_site.status.parts import TROUBLE  # its models need the applications

    if isinstance(error, TROUBLE) and not isinstance(error, DatabaseError):
        return f"A part of the installation cannot be used: {_first_line(error)}"
    return ""


def _about_settings(error: Exception) -> str:
    return f"The settings cannot be used: {_first_line(error)}"


def _about_database(error: DatabaseError) -> str:
    from maskr_site import tables

    with contextlib.suppress(DatabaseError):  # the first one says that it is away
        if missing := tables.missing():
            return missing
    if isinstance(error, ProgrammingError):
        return ""
    return f"The database cannot be used ({_first_line(error)}): check DATABASE_URL."


def _first_line(error: Exception) -> str:
    """Without the credentials that an address in it may have."""
    from maskr_site.logs import masked

    lines = str(error).strip().splitlines() or [type(error).__name__]
    return str(masked(lines[0]))
