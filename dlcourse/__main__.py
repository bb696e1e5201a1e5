"""``python -m dlcourse`` is the ``dlcourse`` program."""

import sys

from dlcourse.commands.program import main

if __name__ == "__main__":
    sys.exit(main())
