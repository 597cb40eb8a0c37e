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
            and its `units` who may get it: one of the `documents`, which `document_checks` look through, in the home or
            among the `templates` (`document_changes` say what another would change, `document_tables` read CSV)
            `evidence` of the `kinds` and within the `limits` that are taken is cleaned and sealed (`files`)
        `prompts` ask for what is missing, and show a `summary`, with a `promise`: who will read it, and who will not
        (`who_reads` tells the same to anybody beforehand); `exclusion_steps` take whom the person shuts out
    `tallies` count, by month, who came by a poster, began to talk, or said what is no tip
    its effect is carried out, and the conversation says what became of it (`turns`; `notices` say the rest)
    the next draft, and what goes with it, is durable, and only then is anything answered

when the person sends it (`submission`), unless a `flood` asks for patience first:
    its `plaintext` is sealed (`crypto`, `sealing`) to the readers that the signed `roster` has `keys` for
    its first event is signed for the `ledger`, and `claims` what the rows are; all of it is stored at once, through the
    `ports`
    the `receipt` is shown, and shown again until it was delivered

`desk`, the officers' side, for `people` of one of the `roles` (`logins` opens a `session`, and `device_cookies` keep
strangers' guesses from locking anybody out):
    an officer reads one of the `cases` (`review`, an `open_case`), if `reading_grants` let them, and finds what they
    have read before by a `search`, which shows `excerpts`; what accuses one of their `former_desks` is in no list of
    theirs. Here and everywhere a case is what its events say, each by one of the `signers` that it may have, within the
    `scope` of its kind, and no row is believed (`checking`)
    whatever is done to it is an action of one table (`actions`, each a `step`), open to whom its `lifecycle` says. The
    `case` is opened once and checked once (`casework`); what comes of it is one signed event and one transaction
    (`writing`), and what of it is counted (its `progress`, as `milestones` that name no case):
        they ask, answer and note (`talking`); claim it, give it back, or give it to somebody (`assigning`)
        they bring it on (`moving`; the page shows the `next_step`), hand it over, share it or consult an overseer
        (`sharing`), tell how it ended (`ending`), and take it out on paper (`printing`)
        they correct what triage found (`correcting`), and link what may be the same event (`duplicates`)
    a reader who turns out to be accused is shut out (`late_exclusion`) by `resealing`; a mistake takes two offices'
    `clearing`
    what is asked lies in the `mailbox`, which a receipt opens (`mailbox_steps`); the reporter's answer goes back to the
    case's readers

what waits is told to officers without a word of it (`pings`, `officer_notifications`, `reminders`), and to a reporter
who asks for it (`reporter_notifications`); what could not be told is tried again as the `outbox` says, and
ends in a list of the `undelivered`, beside how else the home is (its `condition`)

an admin looks at what another document would change (`reorganisation`), or one with another length (`document_edits`),
and makes the request that signers sign; so for who leaves, or works elsewhere (`moves`)
what people lay down for the whole home is `standing`, by whose word it is: an admin gives the `holidays` that the
government swaps, which are `days_off` from then on; who looks after the home keeps a list of `incidents`
(`laying_down`); two of them, of different offices (`agreements`), say who runs the home, and for a time something to
everybody (`home_texts`, `own_texts`), in `written_words` that lead nobody away; and a head keeps the unit's own words
(`unit_words`), which officers are offered (`unit_templates`)

`clock`, as time passes (`deadlines`, as long as the `terms` of the organisation say by its `working_days`, and the
`policy`):
    of several processes one does each of the `jobs` (`leases`), one case after the other (`rounds`), each as it was
    signed; rows in which a hand was are set right (`mending`), and a chain that does not hold, or has lost what was
    kept as one of the `chain_ends`, begins anew with what holds (`restarting`)
    what is late climbs, text included (`escalation`), and so does what nobody is left to open (`readers_left`)
    whose officer left goes back to the queue (`departures`)
    several tips of a kind in one ward are one of the `early_signs`
    what is closed is destroyed when its time is over (`retention`), and so is each nightly backup (`backup_rotation`)
    of what came, and of the `work` done, there are `statistics`: a month that is over is closed (`closing`); its
    `tables` (`cells`, tied by sums, over time by `periods`) are frozen once, `suppression` hides what a `program` shows
    could be told, of what stays `unpublished` as well, and what is left are the `figures` that every page and export
    reads (`archive`), and medians and shares are reckoned from (`reckoning`); `exports` of them are on record
    an auditor holds the figures of the work against the events (`recount`)
    an `audit` checks all of it without opening anything

the ledger as one append-only log (`merkle`), which grows by one of the `heads` an hour (`transparency`):
    what waits is put in the order of hashes and filled up with dummies (`sequencing`); it grows the `tree`, whose
    proofs show that an event is in it and that it only ever grew
    its heads are signed `checkpoints`, which are `notes` as all such logs write them; their `publication` gives anybody
    heads and proofs, and `witnesses` outside cosign what continues the history that they saw. Of what came in an hour
    each process signs `tallies`, a `multiset` that has no order, so that what is taken away before the hour is over is
    missed; by its `continuity` what was there in the hour before is
    a reporter has a promise in hand at once, and from the next head on one of the `proofs` (`filing`)

before all this: a home is founded (`founding`) by signers who made their own keys elsewhere (`signer_keys`), and people
make theirs when they take up one of the `invitations` to join (`enrolment`, with `key_rotation`). Each version of the
roster is one of the `proposals` until enough signers have signed it; which follows which, and who signs from then on,
is a matter of `succession`
after a disaster: a quorum of offices brings back what only they together can open (`recovery`), from an `age` file, a
`stream` that is read in `pieces`; a person signs for it, as for everything that is shown or leaves, before it is done
whatever goes wrong on purpose is one of the `errors`; facts are `data`
"""
