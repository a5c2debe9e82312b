"""Verdicts and records: knows nothing of conversations or actions."""
