"""Runs conversations: one turn at a time, from a message to the words and effects it causes."""

import os

# Before numpy is first imported: a turn's matrices are small, and on busy cores threads that wait for each other make
# the same product some ten times slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
