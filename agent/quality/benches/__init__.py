"""One benchmark a file, each with `bench(home) -> figures`; adding one edits nothing else."""
