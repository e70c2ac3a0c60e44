"""`python -m socklab`."""

import sys

from socklab.cli import main

sys.exit(main())
