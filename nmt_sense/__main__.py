"""``python -m nmt_sense``: the same as the command ``nmt-sense``."""

import sys

from nmt_sense.cli import main

sys.exit(main())
