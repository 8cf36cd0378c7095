"""The module path that the operations runbook uses."""
