"""Framed messages over a socket: ``u32be headerLength | u32be bodyLength | JSON header | body``, as the coordinator speaks."""

import asyncio
import json
import socket
import ssl
import struct
from typing import Any

_PREFIX = struct.Struct(">II")
_MOST_HEADER_BYTES = 64 * 2**20

Message = dict[str, Any]


class Wire:
    """One connection. Messages arrive in order; ``receive`` answers None once the other side is gone."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, message: Message) -> None:
        header = json.dumps(message).encode()
        self._writer.write(_PREFIX.pack(len(header), 0) + header)

    async def receive(self) -> Message | None:
        try:
            header_bytes, body_bytes = _PREFIX.unpack(await self._reader.readexactly(_PREFIX.size))
            if header_bytes > _MOST_HEADER_BYTES or body_bytes > 0:
                raise ValueError(f"no frame of a coordinator: {header_bytes} header and {body_bytes} body bytes")
            message: Message = json.loads(await self._reader.readexactly(header_bytes))
            return message
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def close(self) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except (ConnectionError, ssl.SSLError):
            pass  # The other side was first, which is all the same.


async def inherited(descriptor: int) -> Wire:
    """Over a socket that the process was started with."""
    return Wire(*await asyncio.open_connection(sock=socket.socket(fileno=descriptor)))


async def dialled(host: str, port: int, certificate: str | None) -> Wire:
    """Over TLS to whoever has that certificate, and no one else; without one, plain, for this machine's own address."""
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(cadata=certificate)
    return Wire(*await asyncio.open_connection(host, port, ssl=context))
