"""The systems of record: what a company keeps about customers, orders and payments; the demo company's own shop."""
