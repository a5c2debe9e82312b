"""Everything that touches a system of record, behind one door."""
