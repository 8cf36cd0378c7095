"""The module path that operators' commands use."""
