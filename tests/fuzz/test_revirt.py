# SPDX-License-Identifier: MIT
# timeout: 4000
"""Hostile clients of the reference host for FUZZ_SECONDS (tests/revirt/fuzz.py)."""
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'revirt'))
import fuzz  # noqa: E402  (needs the path above)

fuzz.fuzz(int(os.environ.get('FUZZ_SEED', random.randrange(1 << 30))),
          float(os.environ.get('FUZZ_SECONDS', 5)))
