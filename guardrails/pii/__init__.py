"""What must not leave: finding and masking personal values, and the one log that goes through it."""
