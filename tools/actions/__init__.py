"""One action a file; the flow that imports it is the allowlist."""
