"""Looks after the checkpoints of multimodal-pipeline, through its command line."""

from .errors import CommandNotFoundError, PipelineError

__all__ = ["CommandNotFoundError", "PipelineError"]
