"""The bridge between a coordinator and a Ray cluster: a Ray driver that starts slots where the coordinator asks for them.

It knows no pipeline: plan, tasks, retries and commits are the coordinator's. Run as ``python -m pipeline.ray``.
"""
