"""From a message to commands."""
