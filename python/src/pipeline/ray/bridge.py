"""The driver: carries a coordinator's requests to Ray, and what becomes of them back."""

import asyncio
import logging
import os
import platform
import sys
from typing import Any

import ray
from ray import exceptions

from pipeline.ray import slot as slot_module
from pipeline.ray.wire import Message, Wire

PROTOCOL = 1
_LOOK_SECONDS = 2.0
#: Ray itself waits a minute for a head that is gone, whoever asks it what.
_LOOK_PATIENCE_SECONDS = 15.0
#: A coordinator pings far more often; without it nobody needs what runs here.
_SILENCE_SECONDS = 30.0

_DEATHS = (exceptions.RayActorError, exceptions.NodeDiedError, exceptions.WorkerCrashedError)


class Bridge:
    """Serves one coordinator until it says ``shutdown``, is gone, or is silent for too long."""

    def __init__(self, wire: Wire, namespace: str) -> None:
        self._wire = wire
        self._namespace = namespace
        self._slots: dict[int, Any] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._told_nodes: list[Message] | None = None

    async def serve(self, address: str) -> None:
        try:
            await asyncio.to_thread(self._join, address)
        except Exception as error:  # Whatever it is, the coordinator is who can tell somebody.
            self._wire.send({"type": "failed", "reason": f"{type(error).__name__}: {error}"})
            await self._wire.close()
            return
        # Nodes have this package's files only where the image has them: the actor goes by value.
        ray.cloudpickle.register_pickle_by_value(slot_module)
        self._wire.send({"type": "ready", **self._identity(), "nodes": await asyncio.to_thread(_nodes)})
        following, looking = asyncio.create_task(self._follow()), asyncio.create_task(self._tell_nodes())
        await asyncio.wait([following, looking], return_when=asyncio.FIRST_COMPLETED)
        if looking.done():
            # Nothing of Ray's answers any more: not even to be left.
            why = looking.exception()
            print(f"the cluster does not answer: {type(why).__name__}: {why}", file=sys.stderr, flush=True)
            os._exit(1)
        await self._wire.close()
        looking.cancel()
        for actor in self._slots.values():
            ray.kill(actor)
        await following

    def _join(self, address: str) -> None:
        ray.init(
            address=address,
            namespace=self._namespace,
            logging_level=logging.ERROR,
            log_to_driver=False,
            configure_logging=True,
        )

    def _identity(self) -> Message:
        return {
            "protocol": PROTOCOL,
            "ray": ray.__version__,
            "python": platform.python_version(),
            "address": ray.util.get_node_ip_address(),
            "job": ray.get_runtime_context().get_job_id(),
        }

    async def _follow(self) -> None:
        while True:
            try:
                message = await asyncio.wait_for(self._wire.receive(), _SILENCE_SECONDS)
            except asyncio.TimeoutError:
                return
            if message is None or message["type"] == "shutdown":
                return
            self._obey(message)

    def _obey(self, message: Message) -> None:
        match message["type"]:
            case "ping":
                self._wire.send({"type": "pong"})
            case "create":
                task = asyncio.create_task(self._run_slot(message))
                self._serving.add(task)
                task.add_done_callback(self._serving.discard)
            case "retire":
                actor = self._slots.get(message["slot"])
                if actor is not None:
                    ray.kill(actor)
            case "describe":
                task = asyncio.create_task(self._describe())
                self._serving.add(task)
                task.add_done_callback(self._serving.discard)
            case other:
                raise ValueError(f"unknown message {other}")

    async def _run_slot(self, order: Message) -> None:
        """From the moment that its resources are asked for to the end of its program."""
        number = order["slot"]
        try:
            actor = self._actor(order)
            self._slots[number] = actor
            self._wire.send({"type": "placed", "slot": number, **await actor.place.remote()})
            reason = await actor.serve.remote(order["command"], order["environment"], order["configuration"])
            end = "ended"
        except exceptions.OutOfMemoryError as error:
            end, reason = "memory", _words(error)
        except _DEATHS as error:
            end, reason = ("memory" if "OOM" in str(error) else "died"), _words(error)
        except (exceptions.RayError, ValueError) as error:
            end, reason = "refused", _words(error)
        actor = self._slots.pop(number, None)
        if actor is not None:
            ray.kill(actor)
        self._wire.send({"type": "gone", "slot": number, "end": end, "reason": reason})

    def _actor(self, order: Message) -> Any:
        options: dict[str, Any] = {
            "name": order["name"],
            "num_cpus": order["cpus"],
            "num_gpus": order["gpus"],
            # The coordinator tries again: what Ray did by itself would be done twice.
            "max_restarts": 0,
            "max_task_retries": 0,
        }
        if order["memoryBytes"] > 0:
            options["memory"] = order["memoryBytes"]
        if order["labels"]:
            options["label_selector"] = order["labels"]
        return ray.remote(slot_module.Slot).options(**options).remote()

    async def _tell_nodes(self) -> None:
        while True:
            nodes = await asyncio.wait_for(asyncio.to_thread(_nodes), _LOOK_PATIENCE_SECONDS)
            if nodes != self._told_nodes:
                self._told_nodes = nodes
                self._wire.send({"type": "nodes", "nodes": nodes})
            await asyncio.sleep(_LOOK_SECONDS)

    async def _describe(self) -> None:
        total, available, actors = await asyncio.to_thread(
            lambda: (
                ray.cluster_resources(),
                ray.available_resources(),
                ray.util.list_named_actors(all_namespaces=True),
            )
        )
        names = sorted(actor["name"] for actor in actors if actor["namespace"] == self._namespace)
        self._wire.send({"type": "described", "total": total, "available": available, "actors": names})


def _nodes() -> list[Message]:
    """What is alive, in a fixed order."""
    nodes = [
        {
            "id": node["NodeID"],
            "address": node["NodeManagerAddress"],
            "machine": node["NodeManagerHostname"],
            "cpus": node["Resources"].get("CPU", 0.0),
            "gpus": node["Resources"].get("GPU", 0.0),
            "memoryBytes": int(node["Resources"].get("memory", 0)),
            "labels": {key: value for key, value in node.get("Labels", {}).items() if not key.startswith("ray.io/node")},
        }
        for node in ray.nodes()
        if node["Alive"]
    ]
    return sorted(nodes, key=lambda node: node["id"])


def _words(error: BaseException) -> str:
    """The first line: Ray goes on with advice and traces, which its own logs hold."""
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


