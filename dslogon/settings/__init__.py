"""Deployment values. `base` is shared, `local` serves `make run`, `test` the tests and `production` everything else."""
