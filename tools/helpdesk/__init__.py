"""Tickets and how they get there: one vendor a file, reached through the outbox only."""
