"""The budgets, measured on the real program: ``python -m benchmarks``. See ``docs/benchmarks.md``."""
