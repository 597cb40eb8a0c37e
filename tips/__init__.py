"""The product, framework-free: the life of a tip, told once. A test holds that every module is named here.

`intake`, the citizen's side. A message comes in through a channel, and one turn is taken (`reception`, within its
`rate_limits`), while others of the same conversation wait in the `turn_queue`:
    the `draft` of this conversation is taken out of the `draft_vault`; `phrases` tells commands from words, and
    `numbering` what a number stands for
    the `conversation` decides the reply: what was heard, by the stage it is in (`stages`), names a step
        `anytime_steps` greet, look up a receipt, and leave no trace; `language_steps` go on in the person's language,
        as the `languages` tell
        `tip_steps` make a tip of words, places and files
            `triage` finds intent, place, matter by the `taxonomy`, urgency, who is accused, and by the `organisation`
            and its `units` who may get it
            `evidence` of the `kinds` and within the `limits` that are taken is cleaned and sealed (`files`)
        `prompts` ask for what is missing, and show a `summary`, with a `promise`: who will read it, and who will not
        (`who_reads` tells the same to anybody beforehand); `exclusion_steps` take whom the person shuts out
    `poster_opens` counts, by place and month, who came by a poster
    its effect is carried out, and the conversation says what became of it (`turns`; `notices` say the rest)
    the next draft, and what goes with it, is durable, and only then is anything answered

when the person sends it (`submission`), unless a `flood` asks for patience first:
    its `plaintext` is sealed (`crypto`, `sealing`) to the readers that the signed `roster` has `keys` for
    its first event is signed for the `ledger`; all of it is stored at once, through the `ports`
    the `receipt` is shown, and shown again until it was delivered

`desk`, the officers' side, for `people` of one of the `roles` (`logins` opens a `session`, and `device_cookies` keep
strangers' guesses from locking anybody out):
    an officer reads one of the `cases` (`review`, an `open_case`), if `reading_grants` let them
    whatever is done to it is an action of one table (`actions`, each a `step`), open to whom its `lifecycle` says. The
    `case` is opened once and checked once (`casework`); what comes of it is one signed event and one transaction
    (`writing`):
        they ask, answer and note (`talking`); claim it, give it back, or give it to somebody (`assigning`)
        they bring it on (`moving`), hand it over or consult an overseer (`sharing`), and tell how it ended (`ending`)
        they correct what triage found (`correcting`), and link what may be the same event (`duplicates`)
    a reader who turns out to be accused is shut out (`late_exclusion`) by `resealing`; a mistake takes two offices'
    `clearing`
    what is asked lies in the `mailbox`, which a receipt opens (`mailbox_steps`); the reporter's answer goes back to the
    case's readers

what waits is told to officers without a word of it (`pings`, `officer_notifications`, `reminders`), and to a reporter
who asks for it (`reporter_notifications`); what could not be told is tried again as the `outbox` says, and
ends in a list of the `undelivered`

`clock`, as time passes (`deadlines`, as long as the `policy` says):
    of several processes one does each of the `jobs` (`leases`), one case after the other (`rounds`)
    what is late climbs, text included (`escalation`); whose officer left goes back to the queue (`departures`)
    several tips of a kind in one ward are one of the `early_signs`
    what is closed is destroyed when its time is over (`retention`)
    `statistics` tell about the city, never a person; `exports` of them are on record
    an `audit` checks all of it without opening anything

before all this: a home is founded (`founding`), people join (`enrolment`, with `key_rotation`)
after a disaster: a quorum of offices brings back what only they together can open (`recovery`), from a `stream`
whatever goes wrong on purpose is one of the `errors`; facts are `data`
"""
