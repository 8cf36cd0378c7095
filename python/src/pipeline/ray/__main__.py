"""``python -m pipeline.ray``: connects to the coordinator that PIPELINE_BRIDGE tells of, and serves it."""

import asyncio
import json
import os
import sys

from pipeline.ray.bridge import Bridge
from pipeline.ray.wire import Wire, dialled, inherited


async def connected(order: dict[str, object]) -> Wire:
    descriptor = order.get("descriptor")
    if isinstance(descriptor, int):
        return await inherited(descriptor)
    wire = await dialled(str(order["host"]), int(str(order["port"])), _text(order.get("certificate")))
    wire.send({"type": "hello", "token": order["token"]})
    return wire


def _text(value: object) -> str | None:
    return None if value is None else str(value)


async def main() -> None:
    # What is started from here has no use for it.
    order = json.loads(os.environ.pop("PIPELINE_BRIDGE"))
    wire = await connected(order)
    await Bridge(wire, str(order["namespace"])).serve(str(order["address"]))


if "PIPELINE_BRIDGE" not in os.environ:
    sys.exit("python -m pipeline.ray is started by `pipeline` itself, with PIPELINE_BRIDGE set")
asyncio.run(main())
