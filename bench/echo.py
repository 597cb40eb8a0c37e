"""The least bot that can be: aiogram says back what it hears, in the answer to its webhook.

`python -m bench.echo PORT`. It is served as the product is: uvicorn on the standard event loop, one Starlette route.
"""

from __future__ import annotations

import asyncio
import sys

import uvicorn
from aiogram import Bot, Dispatcher
from aiogram.methods import SendMessage
from aiogram.types import Message
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.serve.citizens_bot import PATH, as_method

TOKEN = "4242:token-of-no-bot"


async def echo(message: Message) -> SendMessage:
    return SendMessage(chat_id=message.chat.id, text=message.text or "")


def app() -> Starlette:
    bot, dispatcher = Bot(TOKEN), Dispatcher(disable_fsm=True)
    dispatcher.message.register(echo)

    async def door(request: Request) -> JSONResponse:
        answer: object = await dispatcher.feed_webhook_update(bot, await request.json())
        assert isinstance(answer, SendMessage)
        return JSONResponse(as_method(answer))

    return Starlette(routes=[Route(PATH, door, methods=["POST"])])


async def serve(port: int) -> None:
    config = uvicorn.Config(
        app(), port=port, log_config=None, access_log=False, server_header=False, date_header=False, lifespan="off"
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
