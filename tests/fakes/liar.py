"""What answers in a log's place: whoever has its database and its keys serves whatever they like."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


@dataclass
class Liar:
    """A log's doors, with no log behind them."""

    note: bytes = b""
    proof: Sequence[bytes] | None = ()  # None: there is none to be had
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    handed_in: list[bytes] = field(default_factory=list)
    on_hand_in: Callable[[], None] = lambda: None
    takes: int = 200

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/log/checkpoint", self._checkpoint),
                Route("/log/consistency", self._consistency),
                Route("/log/cosignature", self._cosignature, methods=["POST"]),
            ]
        )

    async def _checkpoint(self, request: Request) -> Response:
        return Response(self.note, self.status, self.headers)

    async def _consistency(self, request: Request) -> Response:
        if self.proof is None:
            return PlainTextResponse("no", 503)
        return PlainTextResponse("".join(f"{base64.b64encode(it).decode()}\n" for it in self.proof))

    async def _cosignature(self, request: Request) -> Response:
        self.handed_in.append(await request.body())
        self.on_hand_in()
        return PlainTextResponse("", self.takes)
