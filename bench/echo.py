"""The least bot that can be: aiogram says back what it hears, by one call, and then answers its webhook.

`python -m bench.echo PORT API`. It is served as the product is: uvicorn, the standard event loop, one Starlette route.
"""

from __future__ import annotations

import asyncio
import sys

import uvicorn
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.serve.citizens_bot import PATH
from tests.fakes.bot_api import TOKEN


async def echo(message: Message, bot: Bot) -> None:
    await bot.send_message(message.chat.id, message.text or "")


def app(api: str) -> Starlette:
    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(api)))
    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.message.register(echo)

    async def door(request: Request) -> Response:
        await dispatcher.feed_webhook_update(bot, await request.json())
        return Response()

    return Starlette(routes=[Route(PATH, door, methods=["POST"])])


async def serve(port: int, api: str) -> None:
    config = uvicorn.Config(
        app(api), port=port, log_config=None, access_log=False, server_header=False, date_header=False, lifespan="off"
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
