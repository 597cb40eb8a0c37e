"""An honest bot of an afternoon: it asks whether to send, seals with AES-GCM under a key on its disk, and stores a row.

`python -m bench.afternoon PORT API FOLDER`. Chat over aiogram's webhook and over a form, as the product is served. It
keeps none of the product's promises: who has its disk reads everything, it routes nothing, and shuts nobody out.
"""

from __future__ import annotations

import asyncio
import html
import os
import secrets
import sys
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.serve.citizens_bot import PATH
from storage import engine
from tests.fakes.bot_api import TOKEN

SEND = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Gửi tin", callback_data="submit")]])
COOKIE = "who"


class Tip(SQLModel, table=True):
    """What it keeps."""

    __tablename__ = "afternoon_tip"
    receipt: str = Field(primary_key=True)
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Afternoon:
    """Drafts in memory, a key, and a database that is as durable as the product's."""

    store: AsyncEngine
    key: AESGCM
    drafts: dict[str, str] = field(default_factory=dict)

    async def stored(self, who: str) -> str:
        """Seal a draft and store it; its receipt."""
        receipt, nonce = secrets.token_urlsafe(16), os.urandom(12)
        sealed = nonce + self.key.encrypt(nonce, self.drafts.pop(who).encode(), receipt.encode())
        async with AsyncSession(self.store) as session:
            session.add(Tip(receipt=receipt, sealed=sealed))
            await session.commit()
        return receipt

    async def hears(self, message: Message, bot: Bot) -> None:
        self.drafts[str(message.chat.id)] = message.text or ""
        await bot.send_message(message.chat.id, f"{message.text}\n\nGửi tin này?", reply_markup=SEND)

    async def sends(self, query: CallbackQuery, bot: Bot) -> None:
        receipt = await self.stored(str(query.from_user.id))
        await bot.send_message(query.from_user.id, f"Đã nhận. Mã tra cứu: {receipt}")
        await bot.answer_callback_query(query.id)

    async def page(self, request: Request) -> Response:
        async with request.form() as form:
            text, choice = form.get("text"), form.get("choose")
        who = request.cookies.get(COOKIE) or secrets.token_urlsafe(16)
        if choice == "submit":
            return HTMLResponse(f"<p>Đã nhận. Mã tra cứu: <code>{await self.stored(who)}</code></p>")
        self.drafts[who] = str(text)
        asked = "<form method=post><button name=choose value=submit>Gửi tin</button></form>"
        response = HTMLResponse(f"<p>{html.escape(str(text))}</p>{asked}")
        response.set_cookie(COOKIE, who, httponly=True, samesite="strict")
        return response


def app(api: str, afternoon: Afternoon) -> Starlette:
    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(api)))
    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.message.register(afternoon.hears)
    dispatcher.callback_query.register(afternoon.sends)

    async def door(request: Request) -> Response:
        await dispatcher.feed_webhook_update(bot, await request.json())
        return Response()

    return Starlette(routes=[Route(PATH, door, methods=["POST"]), Route("/chat", afternoon.page, methods=["POST"])])


async def serve(port: int, api: str, folder: Path) -> None:
    key = folder / "key"
    key.write_bytes(AESGCM.generate_key(256))
    store = create_async_engine(f"sqlite+aiosqlite:///{folder}/afternoon.db", pool_size=2, max_overflow=0)
    event.listen(store.sync_engine, "connect", engine.set_up)
    async with store.begin() as connection:
        await connection.run_sync(SQLModel.metadata.tables[Tip.__tablename__].create)
    served = app(api, Afternoon(store, AESGCM(key.read_bytes())))
    config = uvicorn.Config(
        served, port=port, log_config=None, access_log=False, server_header=False, date_header=False, lifespan="off"
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
