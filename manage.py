#!/usr/bin/env python
"""Command line of the product; `python manage.py help` lists the commands."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maskr_site.settings")
    from maskr_site.command_line import main

    main(sys.argv)
