"""The suite of the API over HTTP: two web processes and two workers on PostgreSQL, Redis and S3.

    python -m tests.topology [arguments for pytest]

The tests are those that run in one process otherwise, unchanged: their client's requests travel to
both web processes in turn. What could only hold in one process is left out and counted by reason.
"""

import os

#: Whether this test process is the client of such an installation.
IS_ON = os.environ.get("MASKR_OVER_HTTP") == "1"
