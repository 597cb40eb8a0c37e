"""Zalo, by two doors: a bot of the Bot Platform, and an Official Account.

Both carry words only: `handlers.text_chat` answers, and here stands what differs. `calls` asks Zalo's servers, `media`
fetches what people sent, `bot_platform` and `official_account` read what each door brings and send through it. Chat
ids stay here.
"""
