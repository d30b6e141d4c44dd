"""A picture of every page, 1280 and 360 pixels wide, light and dark.

python -m tests.pages.screenshots FOLDER [arguments for pytest, such as -k billing]
"""

import os
import sys
from pathlib import Path

import pytest

SCREENSHOTS = "MASKR_SCREENSHOTS"

if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ[SCREENSHOTS] = str(folder)
    every_page = str(Path(__file__).with_name("test_every_page.py"))
    sys.exit(pytest.main([every_page, "-q", "-n0", "-p", "no:randomly", *sys.argv[2:]]))
