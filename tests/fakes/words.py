"""What people write in the tests, named by what it is; a text that only one test needs stands in that test."""

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

RECEIPT = re.compile(r"(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}")

# Drugs in a karaoke bar of Quận 3: complete, so that nothing is asked, and nobody is accused.
DRUGS = "Tối nào quán karaoke đường Lê Văn Sỹ quận 3 cũng bán ma tuý, mỗi đêm chừng 10 giờ."
DRUGS_IN_ROOM_SIX = "Tối nào quán karaoke đường Lê Văn Sỹ quận 3 cũng bán ma tuý, phòng số 6."
DRUGS_WITHOUT_ACCENTS = "ban ma tuy o karaoke duong le van sy q3"
DRUGS_IN_ROOM_SIX_WITHOUT_ACCENTS = "quan karaoke duong le van sy q3 ban ma tuy moi dem phong so 6"

# A ward's police takes bribes: its area desk is shut out, and the inspectors (px05) receive it.
WARD_POLICE_BRIBED = "Công an phường Võ Thị Sáu quận 3 nhận tiền bảo kê sòng bạc mỗi tháng"
WARD_POLICE_BRIBED_SEEN = f"{WARD_POLICE_BRIBED}, tôi thấy đưa phong bì tối qua."

# Said later, of a tip that the desk of Quận 3 has: it is that desk itself.
THE_DESK_IS_BRIBED = "Công an quận 3 nhận tiền của quán này mỗi tháng nên không ai xử lý."
THE_DESK_IS_BRIBED_BY_ENVELOPE = "Công an quận 3 nhận tiền bảo kê quán này, đội trưởng tới lấy phong bì mỗi tháng."


async def to_the_receipt(
    turn: Any, presses: Callable[[str], Awaitable[Any]], offered: Callable[[Any], Iterable[str]]
) -> str:
    """From the turn after a tip to its receipt, refusing every question."""
    for _ in range(6):
        if turn.receipt:
            return str(turn.receipt)
        choices = set(offered(turn))
        turn = await presses(next(it for it in ("submit", "send_anyway", "skip") if it in choices))
    raise AssertionError("no receipt")
