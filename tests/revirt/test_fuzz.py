# SPDX-License-Identifier: MIT
# timeout: 600
"""A fixed stretch of the fuzzer; fuzz.py runs longer ones."""
import fuzz

for seed in (1, 2, 3):
    fuzz.fuzz(seed, rounds=150)
