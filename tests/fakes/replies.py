"""Replies of every kind, as they are spoken, and a page that is answered with them instead of by the server."""

import json
from collections.abc import Sequence

from playwright.async_api import Page, Route

from handlers.pages import Pages
from handlers.speech import Choice, Message, Paragraph, Style
from handlers.webchat import as_json
from tests.fakes.served import Served
from tests.fakes.words import WARD_POLICE_BRIBED
from tips.intake.turns import ReplyKind

CODE = "7KQM-2XWD-91BC-T5RA-PV8Y-G3HN-4JEZ"
SHUT_OUT = ", ".join(f"Công an phường số {number}" for number in range(1, 180))
TALK = Message(
    (Paragraph("Việc này xảy ra khi nào, hay vẫn đang tiếp diễn?"),),
    (Choice("skip", "Bỏ qua"), Choice("cancel", "Huỷ, không lưu gì")),
)
SUMMARY = Message(
    (
        Paragraph("Tóm lại để anh/chị xem trước khi gửi:"),
        Paragraph(f"{WARD_POLICE_BRIBED}. " * 6, Style.QUOTE),
        Paragraph("Nơi xảy ra: Phường Xuân Hoà\nLoại việc: Bảo kê, bao che", Style.LABELLED),
        Paragraph("Nhận tin: Thanh tra Công an Thành phố (PX05), công an\nkhông có nhãn", Style.LABELLED),
        Paragraph(f"Không đọc được: {SHUT_OUT}", Style.LABELLED),
        Paragraph("Để ý: chỗ này có thể làm lộ anh/chị là ai: “nhà tôi số 5”.", Style.WARNING),
        Paragraph("Gửi tin này chứ?"),
    ),
    (
        Choice("submit", "Gửi tin"),
        Choice("submit:hide", "Gửi, đừng cho công an đọc"),
        Choice("edit:what", "Sửa nội dung"),
        Choice("cancel", "Huỷ, không lưu gì"),
    ),
    ReplyKind.SUMMARY,
)
DANGER = Message(
    (Paragraph("Xin gọi ngay."), Paragraph("113 Công an\n115 Cấp cứu\nkhông phải số", Style.CALL)),
    (Choice("danger", "Đang có người nguy hiểm lúc này"),),
    ReplyKind.DANGER,
)
RECEIPT = Message(
    (Paragraph("Cảm ơn anh/chị. Mã tra cứu:"), Paragraph(CODE, Style.CODE), Paragraph("Xin giữ kín mã này.")),
    (Choice("notify", "Báo tôi khi có trả lời"),),
    ReplyKind.RECEIPT,
)
OF_EVERY_KIND = (TALK, SUMMARY, DANGER, RECEIPT)


async def answered(page: Page, *turns: Sequence[Message]) -> None:
    """The page's next messages get these turns, one after the other."""
    waiting = list(turns)

    async def answer(route: Route) -> None:
        said = waiting.pop(0)
        receipt = CODE if RECEIPT in said else None
        turn = {"messages": [as_json(it) for it in said], "lang": "vi", "receipt": receipt, "ack": "1", "puzzle": None}
        await route.fulfill(body=json.dumps(turn), content_type="application/json")

    await page.unroute("**/api/chat*")
    await page.route("**/api/chat*", answer)


async def says(page: Page, words: str, *messages: Message) -> None:
    """Write something and wait until this is its answer."""
    await answered(page, messages)
    await page.fill("#text", words)
    async with page.expect_response("**/api/chat*"):
        await page.click(".send")
    await page.locator(".said", has_text=words).last.wait_for()
    await page.locator(".said:last-of-type ~ .reply, .reply:last-child").last.wait_for()


async def is_shown(page: Page, site: Served, *messages: Message) -> None:
    """The page that a browser without scripts gets with these messages."""
    made = Pages(demo=False, origin=site.url).respond(
        "chat.html",
        lang="vi",
        messages=messages,
        primary=SUMMARY in messages,
        said="",
        left="",
        first=False,
        address=f"{site.url}/",
        receipt=CODE if RECEIPT in messages else None,
        ack="1",
        ref="r",
        place="",
        megabytes="20",
        desk_link=False,
    )
    await page.route(f"{site.url}/", lambda route: route.fulfill(body=bytes(made.body), content_type="text/html"))
    await page.goto("/")
    await page.unroute(f"{site.url}/")
