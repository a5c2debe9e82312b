"""Runs conversations: one turn at a time, from a message to the words and effects it causes."""
