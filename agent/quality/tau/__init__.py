"""The retail domain of τ-bench as a second company: its policies, its tasks through our door, its expected records."""
