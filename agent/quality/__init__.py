"""Know before release what a change breaks: benchmarks, golden and red-team runs, reports."""
