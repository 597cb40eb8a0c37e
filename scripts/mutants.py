"""Take out one guard at a time, and see that the test which claims it turns red. `make mutants` runs it.

Each mutant is one text replaced in a copy of the checkout. A mutant whose test passes is a guard that nothing holds;
a text that is not found once is a mutant that has to be written anew.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

ROOT = Path(__file__).resolve().parents[1]
AT_ONCE = 2  # mutants that are tried side by side
PASSED = "--passed"
SECOND = itertools.count(1_000_000_000)  # a time of a file, in seconds since 1970
SECONDS = 300  # one mutant's time; one that hangs is not held by its test


@dataclass(frozen=True)
class Mutant:
    """A guard taken out: what is replaced in which file, and the test that must fail."""

    name: str
    file: str
    old: str
    new: str
    test: str


MUTANTS = (
    Mutant(
        "a cosignature of a head that nobody published",
        "tips/transparency/publication.py",
        "        if note.text != await self._text(head.size):",
        "        if not note.text:",
        "tests/flows/test_witnesses.py::test_only_its_witnesses_signatures_of_published_heads_are_taken",
    ),
    Mutant(
        "a stranger's cosignature",
        "tips/transparency/publication.py",
        "        if not signed:",
        "        if signed is None:",
        "tests/flows/test_witnesses.py::test_only_its_witnesses_signatures_of_published_heads_are_taken",
    ),
    Mutant(
        "a cosignature that is replayed",
        "tips/transparency/publication.py",
        "it.at > kept[it.witness]",
        "it.at != kept[it.witness]",
        "tests/flows/test_witnesses.py::test_a_cosignature_counts_once_and_an_older_one_that_is_replayed_not_at_all",
    ),
    Mutant(
        "an older head's row, believed",
        "tips/transparency/publication.py",
        "self.heads.read(row.note).text() for",
        "checkpoints.parse(notes.parse(row.note).text).text() for",
        "tests/flows/test_witnesses.py::test_a_head_of_before_can_still_be_cosigned",
    ),
    Mutant(
        "a head's hour, believed",
        "tips/transparency/publication.py",
        "            found = ledger.verify(event, self.heads.roster().verifiers)",
        "            found = ledger.parse(event)",
        "tests/flows/test_witnesses.py::test_a_day_is_shown_by_its_last_head_for_thirty_one_days",
    ),
    Mutant(
        "hashes of single leaves for everybody",
        "tips/transparency/publication.py",
        " or old % sequencing.STEP or new % sequencing.STEP:",
        ":",
        "tests/flows/test_witnesses.py::test_nonsense_gets_an_error_that_says_what_is_wanted",
    ),
    Mutant(
        "a proof of nodes that a hand edited",
        "tips/transparency/publication.py",
        "        tree.verify_consistency(new, root, head.size, head.root, tree.hashes(onward, nodes))",
        "        pass",
        "tests/flows/test_witnesses.py::test_a_proof_of_nodes_that_somebody_edited_is_not_given",
    ),
    Mutant(
        "proofs without a limit",
        "handlers/published_log.py",
        '        if not await self.counters.hit(b"log proofs", PROOFS, MINUTE):',
        "        if not PROOFS:",
        "tests/flows/test_witnesses.py::test_proofs_and_cosignatures_have_a_limit_for_all_together",
    ),
    Mutant(
        "a cosignature that is given away before it is on record",
        "bot/commands/witness.py",
        "        self.folder.keep(raw, said.head, self.now())  # before anybody has the cosignature",
        "        pass",
        "tests/flows/test_witnesses.py::test_a_head_is_on_record_before_its_cosignature_is_given_away",
    ),
    Mutant(
        "a witness that goes on though something was wrong",
        "bot/commands/witness.py",
        "        if not watch.folder.halted():",
        "        if watch.folder:",
        "tests/flows/test_witnesses.py::test_what_does_not_continue_is_kept_as_evidence_and_ends_the_work",
    ),
    Mutant(
        "an outage that accuses the log",
        "bot/commands/witness.py",
        "            if proof is None and said.finding is Finding.REWRITTEN:",
        "            if proof is None and not said.finding:",
        "tests/flows/test_witnesses.py::test_whoever_answers_in_the_logs_place_accuses_nobody",
    ),
    Mutant(
        "two runs of a witness at once",
        "bot/witness_files.py",
        "fcntl.LOCK_EX | fcntl.LOCK_NB",
        "fcntl.LOCK_SH | fcntl.LOCK_NB",
        "tests/flows/test_witnesses.py::test_two_runs_of_a_witness_are_never_at_work_at_once",
    ),
    Mutant(
        "a witness that takes another log's head for its own",
        "bot/witness_files.py",
        "        if origin != self.key.name:",
        "        if not origin:",
        "tests/flows/test_witnesses.py::test_a_witness_whose_memory_is_spoilt_does_not_begin_anew",
    ),
    Mutant(
        "a witness's key that is overwritten",
        "bot/witness_files.py",
        "os.O_CREAT | os.O_EXCL",
        "os.O_CREAT | os.O_TRUNC",
        "tests/flows/test_witnesses.py::test_a_witnesses_key_is_its_own_and_is_not_overwritten",
    ),
    Mutant(
        "a word among the leaves that stops the clock",
        "storage/tree.py",
        "    gone = await connection.execute(table.delete().where(~sa.and_(*good)))",
        "    gone = await connection.execute(table.delete().where(table.c.leaf == b''))",
        "tests/contract/test_tree.py::test_rows_of_another_type_stand_in_no_heads_way",
    ),
    Mutant(
        "a consistency proof that is not checked",
        "tips/merkle/witnesses.py",
        "        tree.verify_consistency(log.size, log.root, head.size, head.root, proof)",
        "        pass",
        "tests/unit/test_merkle_witnesses.py::test_a_rewritten_history_is_not_cosigned",
    ),
    Mutant(
        "a second head of one size",
        "tips/merkle/witnesses.py",
        "head.size == log.size and head.root != log.root",
        "head.size == log.size and not head.root",
        "tests/unit/test_merkle_witnesses.py::test_a_second_head_of_the_same_size_is_told_of",
    ),
    Mutant(
        "the older root, not compared",
        "tips/merkle/tree.py",
        "    if last or before != old_root or after != head:",
        "    if last or after != head:",
        "tests/unit/test_merkle_tree.py::test_a_proof_between_two_heads_is_none_between_others",
    ),
    Mutant(
        "a proof of another place",
        "tips/merkle/tree.py",
        "    if last or found != head:",
        "    if found != head:",
        "tests/unit/test_merkle_tree.py::test_a_proof_shows_its_leaf_at_its_place_in_its_tree_and_nothing_else",
    ),
    Mutant(
        "bytes that move to a neighbour",
        "tips/merkle/tree.py",
        "    return all(len(it) == HASH for it in claimed)",
        "    return True",
        "tests/unit/test_merkle_tree.py::test_no_byte_moves_from_a_leaf_to_its_neighbour",
    ),
    Mutant(
        "a note's signature, not checked",
        "tips/merkle/notes.py",
        "    if not keys.signed_by(key.public, signature, message):",
        "    if not signature:",
        "tests/unit/test_merkle_notes.py::test_no_byte_of_a_signed_head_can_be_altered_dropped_or_put_in",
    ),
    Mutant(
        "an hour whose silence tells",
        "tips/merkle/sequencing.py",
        " if waiting else STEP - size % STEP",
        "",
        "tests/unit/test_merkle_sequencing.py::test_an_hour_without_anything_looks_like_one_with_little",
    ),
    Mutant(
        "a leaf that waits twice",
        "tips/merkle/sequencing.py",
        "    if len(set(leaves)) != len(leaves):",
        "    if not leaves:",
        "tests/unit/test_merkle_sequencing.py::test_a_leaf_that_waits_twice_is_refused",
    ),
    Mutant(
        "a constant salt",
        "tips/crypto/sealing.py",
        "random(SALT_BYTES) + content",
        "bytes(SALT_BYTES) + content",
        "tests/unit/test_guards.py::test_the_same_words_are_committed_to_differently_each_time",
    ),
    Mutant(
        "one salt for all passphrases",
        "tips/crypto/keys.py",
        "salt = random(16)",
        "salt = bytes(16)",
        "tests/unit/test_guards.py::test_the_same_passphrase_is_stretched_differently_for_everybody",
    ),
    Mutant(
        "grants for all at once",
        "tips/crypto/sealing.py",
        '        _put_to_sleep(_grant(envelope, key, reader, level, readers.roster), secret or b"", random)',
        "        _grant(envelope, key, reader, 0, readers.roster)",
        "tests/unit/test_guards.py::test_only_the_owner_of_a_new_tip_is_awake",
    ),
    Mutant(
        "grants for the excluded",
        "tips/cases/reading_grants.py",
        "up = [reader for code in awake if code not in excluded and (reader := roster.reader(code))]",
        "up = [reader for code in awake if (reader := roster.reader(code))]",
        "tests/flows/test_story.py::test_an_addition_that_accuses_the_desk_shuts_it_out",
    ),
    Mutant(
        "the desk above an accused ward",
        "tips/triage/routing.py",
        "found |= _also(organisation, also, accused)",
        "found |= set()",
        "tests/flows/test_story.py::test_a_case_is_never_handed_to_an_excluded_unit",
    ),
    Mutant(
        "an accused unit that may receive",
        "tips/triage/routing.py",
        "found |= {code} | organisation.lineage(code) | organisation.below(code)",
        "found |= organisation.below(code) - organisation.lineage(code) - {code}",
        "tests/flows/test_every_unit.py::test_no_unit_ever_gets_a_key_to_what_accuses_it",
    ),
    Mutant(
        "a wish that shuts nobody out",
        "tips/triage/__init__.py",
        "accused = wishes.joined(told, it.wished.shut_out)",
        "accused = wishes.joined(told, ())",
        "tests/unit/test_triage_wishes.py::test_whom_the_writer_does_not_want_is_shut_out_as_their_choice",
    ),
    Mutant(
        "another's words as a wish",
        "tips/triage/wishes.py",
        "behind) and _is_own(lead, by, behind)",
        "behind)",
        "tests/unit/test_triage_wishes.py::test_somebody_elses_words_questions_and_facts_shut_nobody_out_by_choice",
    ),
    Mutant(
        "a bribe as a wish",
        "tips/triage/wishes.py",
        'if "M" in clause or',
        "if",
        "tests/unit/test_triage_wishes.py::test_what_is_given_to_an_office_is_no_wish",
    ),
    Mutant(
        "a threat that calls nobody",
        "tips/triage/urgency.py",
        "    if endangered:",
        '    if endangered and intent == "emergency":',
        "tests/unit/test_triage_threats.py::test_a_threat_against_the_writer_is_danger_now",
    ),
    Mutant(
        "an exclusion that further words take back",
        "tips/intake/prompts.py",
        "            kept=self.triager.pinned(triage),",
        "            kept=(),",
        "tests/unit/test_exclusions.py::test_nothing_but_a_press_on_a_name_lets_anybody_in_again",
    ),
    Mutant(
        "a place corrected that frees the one before",
        "tips/triage/__init__.py",
        "            replace(it, units=tuple(sorted(self.meant(triage, it))), whole=True) if it.open else it",
        "            it",
        "tests/unit/test_exclusions.py::test_nothing_but_a_press_on_a_name_lets_anybody_in_again",
    ),
    Mutant(
        "a tip that goes to others than its summary named",
        "tips/intake/tip_steps.py",
        "    if draft.promised.get(way) != readers:",
        "    if False:",
        "tests/unit/test_exclusions.py::test_nobody_gets_it_whom_the_summary_did_not_name",
    ),
    Mutant(
        "keys for others than were promised",
        "tips/intake/submission.py",
        "        if [it.code for it in (*readers.awake, *readers.asleep)] != list(promised):",
        "        if False:",
        "tests/flows/test_promises.py::test_intake_itself_seals_to_nobody_but_who_was_promised",
    ),
    Mutant(
        "whoever is shut out keeps the case",
        "tips/desk/casework.py",
        "        if session.unit in opened.shut_out:  # until",
        "        if False:  # until",
        "tests/flows/test_promises.py::test_whoever_is_shut_out_after_sending_cannot_keep_the_case_or_pass_it_on",
    ),
    Mutant(
        "whoever is shut out is shown the case",
        "tips/desk/open_case.py",
        "    if session.unit in opened.shut_out:  # they",
        "    if False:  # they",
        "tests/flows/test_promises.py::test_whoever_is_shut_out_after_sending_cannot_keep_the_case_or_pass_it_on",
    ),
    Mutant(
        "words that send around the gate",
        "handlers/webchat.py",
        '        short = heard.kind == "text" and len(phrases.clean(heard.text)) <= phrases.SHORT',
        "        short = False",
        "tests/flows/test_floods.py::test_no_other_way_to_send_gets_around_it",
    ),
    Mutant(
        "a second button that sends as the first",
        "tips/intake/prompts.py",
        "        if way == HIDE.id:",
        "        if False:",
        "tests/unit/test_exclusions.py::test_both_send_buttons_send_to_whom_they_say",
    ),
    Mutant(
        "one let in who is accused again",
        "tips/intake/prompts.py",
        "        hardened = self._hardened(draft)",
        "        hardened = draft",
        "tests/unit/test_exclusions.py::test_new_words_against_one_who_was_let_in_shut_it_out_again",
    ),
    Mutant(
        "a look-up that names the receiver",
        "tips/intake/mailbox_steps.py",
        "    if decision.effect.readers:",
        "    if True:",
        "tests/flows/test_promises.py::test_a_look_up_names_nobody_until_it_is_asked_for",
    ),
    Mutant(
        "a blank of a template that is sent",
        "tips/desk/actions/step.py",
        "        if part in _PARTS_FOR_REPORTER and BLANK.search(words):",
        "        if False:",
        "tests/flows/test_promises.py::test_a_blank_of_a_template_never_reaches_the_reporter",
    ),
    Mutant(
        "a case that climbs down to who wrote nothing",
        "tips/cases/reading_grants.py",
        "    floor = levels.get(unit, 0)",
        "    floor = min((grant.level for grant in grants if grant.reader == unit), default=0)",
        "tests/flows/test_clock.py::test_what_is_written_at_a_level_never_sends_a_case_down_again",
    ),
    Mutant(
        "a hint that asks nothing",
        "tips/triage/smell.py",
        "    return Band.ASK if asks else Band.NO",
        "    return Band.NO",
        "tests/unit/test_triage_hints.py::test_an_indirect_accusation_is_found_or_asked_about",
    ),
    Mutant(
        "a word to those who are spoken of",
        "tips/intake/submission.py",
        "pings=(ping(row, PingKind.NEW, now, self.random),)",
        "pings=tuple(type(told)(told.id, it, PingKind.NEW, now) for it in (row.unit, *triage.route.excluded)"
        " for told in [ping(row, PingKind.NEW, now, self.random)])",
        "tests/flows/test_twin_worlds.py::test_u_sees_the_same_whether_it_is_accused_or_another[sqlite]",
    ),
    Mutant(
        "a roster that nobody signed",
        "tips/organisation/roster.py",
        "if len(offices) < SIGNERS_NEEDED:",
        "if False:",
        "tests/unit/test_guards.py::test_a_roster_without_two_true_signatures_is_none",
    ),
    Mutant(
        "text that is not padded",
        "tips/crypto/sealing.py",
        "PAD_STEP: Final = 4096",
        "PAD_STEP: Final = 1",
        "tests/unit/test_sealing.py::test_texts_of_any_short_length_are_equally_long_when_sealed",
    ),
    Mutant(
        "ciphertexts bound to nothing",
        "tips/crypto/sealing.py",
        '    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)',
        "    return parts[2]",
        "tests/unit/test_sealing.py::test_an_envelope_that_was_moved_does_not_open",
    ),
    Mutant(
        "a text swapped under its key",
        "tips/crypto/sealing.py",
        "    if commit(salted[:SALT_BYTES], salted[SALT_BYTES:]) != envelope.commitment:",
        "    if False:",
        "tests/unit/test_sealing.py::test_a_swapped_text_breaks_its_commitment",
    ),
    Mutant(
        "a picture that keeps what hangs on it",
        "bot/cleaner/images.py",
        '        flat.save(target, "JPEG", quality=90)',
        '        flat.save(target, "JPEG", quality=90, exif=picture.getexif())',
        "tests/flows/test_cleaning.py::test_a_picture_keeps_its_pixels_and_nothing_else",
    ),
    Mutant(
        "a cleaning child with open doors",
        "bot/cleaner/sandbox.py",
        "_limit(resource.RLIMIT_NOFILE, LAST_FILE + 1)",
        "_limit(resource.RLIMIT_NOFILE, 64)",
        "tests/flows/test_cleaning.py::test_the_child_can_open_nothing_and_reach_nobody",
    ),
    Mutant(
        "a film that is not looked at",
        "bot/cleaner/recordings.py",
        "        comparison.check(source, target, family, container, tracks)",
        "        pass",
        "tests/flows/test_recordings.py::test_a_copy_that_shows_something_else_is_made_again",
    ),
    Mutant(
        "a film of which the end is not looked at",
        "bot/cleaner/comparison.py",
        "sights = [_only_keys, _only_end]",
        "sights = [_only_keys]",
        "tests/flows/test_recordings.py::test_a_long_film_is_compared_at_its_keys_and_its_end",
    ),
    Mutant(
        "pages that are not drawn again",
        "bot/cleaner/documents.py",
        "        _compare(data, target.read())",
        "        pass",
        "tests/flows/test_cleaning.py::test_a_page_that_was_not_drawn_again_is_refused",
    ),
    Mutant(
        "free text inside a film's picture",
        "bot/cleaner/bitstreams.py",
        "        return _messages(unit, 2 if hevc else 1)",
        "        return unit",
        "tests/flows/test_marks.py::test_no_mark_goes_through",
    ),
    Mutant(
        "words in a page's program",
        "bot/cleaner/pdf_pages.py",
        'return it if "s" in allowed else None',
        "return it",
        "tests/flows/test_marks.py::test_no_mark_goes_through",
    ),
    Mutant(
        "a packet without its time to be decoded",
        "bot/cleaner/recordings.py",
        "        decoded = decode_times(shown)",
        "        decoded = sorted(shown)",
        "tests/flows/test_recordings.py::test_every_picture_of_a_copied_film_is_there_to_the_last_bit",
    ),
    Mutant(
        "thanked before it is durable",
        "storage/engine.py",
        "PRAGMA synchronous=FULL",
        "PRAGMA synchronous=OFF",
        "tests/flows/test_durable.py::test_the_tip_is_synced_before_its_receipt_leaves",
    ),
    Mutant(
        "an event that anybody signed",
        "tips/cases/ledger.py",
        "    if not any(keys.signed_by(key, signed.signature, message) for key in verifiers(event.by, event.at)):",
        "    if False:",
        "tests/unit/test_ledger.py::test_an_event_counts_only_with_the_signature_of_who_it_names",
    ),
    Mutant(
        "a case that its own unit ends alone",
        "tips/cases/lifecycle.py",
        "return row.restricted or taxonomy.has(row.category, Flag.SECOND_PERSON)",
        "return False",
        "tests/flows/test_case_life.py::test_a_complaint_about_police_closes_only_with_somebody_from_outside",
    ),
    Mutant(
        "actions that no table allows",
        "tips/desk/casework.py",
        "        lifecycle.check(opened.case, name, session.role)",
        "        pass",
        "tests/flows/test_case_life.py::test_every_role_is_held_to_the_table_on_every_act",
    ),
    Mutant(
        "refusals that nobody asks for",
        "tips/desk/actions/step.py",
        "        if refused:",
        "        if False:",
        "tests/flows/test_case_life.py::test_a_complaint_about_police_closes_only_with_somebody_from_outside",
    ),
    Mutant(
        "reading that is on no record",
        "tips/desk/review.py",
        "opened = after(opened, session, await self.writer.store(session, opened, step))",
        "opened = opened",
        "tests/flows/test_desk.py::test_reading_is_on_record_before_anything_is_shown",
    ),
    Mutant(
        "an address that lies open",
        "tips/intake/reporter_notifications.py",
        "sealing.lock(key, padded, _bound(case), self.random)",
        "padded",
        "tests/flows/test_reporter_notifications.py::test_no_table_knows_a_chat",
    ),
    Mutant(
        "a claim that keeps nobody away",
        "storage/claims.py",
        ".where(wanted, free)",
        ".where(wanted)",
        "tests/contract/test_outbox.py::test_what_was_claimed_and_never_answered_comes_back",
    ),
    Mutant(
        "a claim for ever",
        "storage/claims.py",
        "until.is_(None), until <= seconds(), ",
        "until.is_(None), ",
        "tests/contract/test_outbox.py::test_what_was_claimed_and_never_answered_comes_back",
    ),
    Mutant(
        "an answer that comes late and counts",
        "storage/outbox.py",
        "table.c.id == push.id, table.c.tries == push.tries, ",
        "table.c.id == push.id, ",
        "tests/contract/test_outbox.py::test_what_was_claimed_and_never_answered_comes_back",
    ),
    Mutant(
        "news that are taken for told",
        "storage/addresses.py",
        "it.case_id == claim.case, it.tries == claim.tries, it.news_from == claim.news_from",
        "it.case_id == claim.case",
        "tests/contract/test_outbox.py::test_news_that_come_while_somebody_is_told_are_told_as_well",
    ),
    Mutant(
        "addresses of another process",
        "storage/addresses.py",
        "it.case_id > after, _sealed_under([key])",
        "it.case_id > after",
        "tests/contract/test_outbox.py::test_news_wait_only_for_who_left_an_address",
    ),
    Mutant(
        "an officer who blocked the bot and makes noise",
        "tips/desk/officer_notifications.py",
        "await self.officer_chats.unlink(sent.chat)",
        "await self.outbox.bury(sent, Trouble.REFUSED)",
        "tests/flows/test_officers_bot.py::test_who_blocked_the_bot_is_unlinked_quietly",
    ),
    Mutant(
        "a reporter who blocked the bot and is kept",
        "tips/intake/reporter_notifications.py",
        "await self.addresses.gone(claim)",
        "await self.addresses.bury(claim, Trouble.REFUSED)",
        "tests/flows/test_reporter_notifications.py::test_who_blocked_the_bot_is_forgotten_quietly",
    ),
    Mutant(
        "a restricted case that its ping names",
        "tips/cases/pings.py",
        "return told if row.restricted else replace(",
        "return replace(",
        "tests/flows/test_officers_bot.py::test_a_restricted_case_is_named_nowhere_even_where_somebody_is_in_danger",
    ),
    Mutant(
        "a case shut off that is still named",
        "storage/cases.py",
        "if change.forgotten or change.case.restricted:",
        "if change.forgotten:",
        "tests/contract/test_outbox.py::test_a_case_that_may_not_be_named_any_more_is_named_nowhere",
    ),
    Mutant(
        "a digest told twice",
        "storage/outbox.py",
        "await self._answer(push, after=None)\n            return",
        "pass",
        "tests/contract/test_outbox.py::test_a_digest_is_told_once_in_its_hour_whoever_puts_it",
    ),
    Mutant(
        "a platform that asks for time in vain",
        "tips/cases/outbox.py",
        "max(drawn, _asked(told))",
        "drawn",
        "tests/unit/test_outbox.py::test_what_the_platform_asked_for_is_never_undercut",
    ),
    Mutant(
        "tries that never end",
        "tips/cases/outbox.py",
        " or tries >= MOST_TRIES:",
        ":",
        "tests/unit/test_outbox.py::test_a_push_that_always_fails_is_a_dead_letter_within_about_a_day",
    ),
    Mutant(
        "a channel that is down and uses up tries",
        "bot/serve/announcing.py",
        "elif way is None or not way.messenger.is_up or ",
        "elif way is None or ",
        "tests/flows/test_reporter_notifications.py::test_a_channel_that_is_down_keeps_its_news_and_uses_up_no_try",
    ),
    Mutant(
        "a word that waited and wakes people",
        "tips/desk/officer_notifications.py",
        "return self.roster().person(chat.name) is not None and self._is_awake(chat, waiting.kind)",
        "return self.roster().person(chat.name) is not None",
        "tests/flows/test_officers_bot.py::test_what_waited_until_it_was_night_lets_people_sleep",
    ),
    Mutant(
        "a word to who has left",
        "tips/desk/officer_notifications.py",
        "return self.roster().person(chat.name) is not None and self._is_awake(chat, waiting.kind)",
        "return self._is_awake(chat, waiting.kind)",
        "tests/flows/test_officers_bot.py::test_who_left_meanwhile_is_told_nothing",
    ),
    Mutant(
        "dead letters for everybody",
        "handlers/desk/undelivered.py",
        "if not session.role.may_see(Page.UNDELIVERED):",
        "if False:",
        "tests/flows/test_undelivered.py::test_nobody_but_an_admin_decides",
    ),
    Mutant(
        "a claim from the future",
        "storage/claims.py",
        ", until > seconds() + int(outbox.LEASE.total_seconds())",
        "",
        "tests/contract/test_outbox.py::test_a_claim_that_lies_too_far_ahead_is_none",
    ),
    Mutant(
        "a message torn from its note",
        "bot/serve/background.py",
        "await asyncio.wait([task])",
        "task.cancel()",
        "tests/flows/test_reporter_notifications.py::test_who_is_told_while_the_process_ends_is_told_once",
    ),
    Mutant(
        "two topics for one case",
        "handlers/officer_pushes.py",
        "if kept != made.message_thread_id:",
        "if False:",
        "tests/flows/test_officers_bot.py::test_two_processes_make_one_topic",
    ),
    Mutant(
        "forms from elsewhere",
        "handlers/desk/frame.py",
        '        if not self.pages.same_site(request) or forms.text(form, "csrf") != forms.csrf(request):',
        "        if False:",
        "tests/flows/test_desk.py::test_a_form_from_elsewhere_does_nothing",
    ),
    Mutant(
        "receipts to be guessed without end",
        "tips/intake/rate_limits.py",
        'return self.misses_an_hour is None or not await self.counters.full(b"miss" + key, self.misses_an_hour, HOUR)',
        "return True",
        "tests/flows/test_story.py::test_a_wrong_and_a_mistyped_receipt_get_the_same_answer_then_a_wait",
    ),
    Mutant(
        "one case that stops the clock",
        "tips/clock/rounds.py",
        "                    failed[case] = type(error).__name__",
        "                    raise RuntimeError from error",
        "tests/flows/test_clock.py::test_a_case_whose_events_do_not_hold_silences_no_reminder",
    ),
    Mutant(
        "a page of failures that hides the rest",
        "tips/clock/rounds.py",
        "        after = found[-1]",
        "        return",
        "tests/flows/test_clock.py::test_a_page_full_of_failures_hides_nothing_behind_it",
    ),
    Mutant(
        "slots that anybody may fill in",
        "tips/clock/leases.py",
        "if hmac.compare_digest(it.mark, self._marked(it).mark)]",
        "]",
        "tests/flows/test_clock.py::test_rows_that_somebody_filled_in_stop_nothing",
    ),
    Mutant(
        "slots of a time to come",
        "tips/clock/leases.py",
        "if it.slot > now + APART:",
        "if False:",
        "tests/flows/test_clock.py::test_a_clock_that_ran_ahead_and_was_set_back_stops_nothing",
    ),
    Mutant(
        "two who upgrade at once",
        "storage/migrate.py",
        '        connection.exec_driver_sql("BEGIN IMMEDIATE")',
        "        pass",
        "tests/contract/test_upgrades.py::test_an_upgrade_that_fails_leaves_nothing_behind",
    ),
    Mutant(
        "a cookie that anybody can invent",
        "handlers/cookies.py",
        'return token if hmac.compare_digest(tag.encode(), self._tag(nonce).encode()) else ""',
        "return token",
        "tests/flows/test_web_requests.py::test_a_browser_that_invents_a_cookie_gets_a_conversation_of_its_own",
    ),
    Mutant(
        "forms of old browsers from anywhere",
        "handlers/pages.py",
        'return origin == f"http://{host}" and host != urlsplit(self.origin).netloc',
        "return True",
        "tests/flows/test_web_requests.py::test_a_form_of_another_page_is_refused",
    ),
    Mutant(
        "a matter and an office in an address",
        "handlers/who_reads.py",
        'Asked(area=request.query_params.get(AREA, ""))',
        'Asked(*(request.query_params.get(name, "") for name in FIELDS))',
        "tests/flows/test_who_reads.py::test_a_link_may_name_a_place_and_nothing_else",
    ),
    Mutant(
        "another release's file kept for ever",
        "handlers/pages.py",
        'if scope["query_string"] == version.encode()',
        'if scope["query_string"]',
        "tests/flows/test_web_requests.py::test_a_static_file_is_kept_for_ever_under_its_own_version_alone",
    ),
    Mutant(
        "compressed pages",
        "bot/serve/web.py",
        "            Middleware(SecurityHeaders),",
        "            Middleware(SecurityHeaders),\n"
        "            Middleware(__import__('starlette.middleware.gzip').middleware.gzip.GZipMiddleware),",
        "tests/flows/test_web_requests.py::test_no_answer_that_may_hold_a_receipt_is_compressed",
    ),
    Mutant(
        "two files that become one",
        "handlers/uploads.py",
        "            if self._file.given:",
        "            if False:",
        "tests/flows/test_bad_input.py::test_two_files_in_one_form_do_not_become_one",
    ),
    Mutant(
        "one-time codes to be guessed without end",
        "tips/people/logins.py",
        "if not device and _holds(account.code_blocked_until, now, LONGEST_CODE_WAIT):",
        "if False:",
        "tests/flows/test_logins.py::test_who_has_the_passphrase_does_not_guess_the_code",
    ),
    Mutant(
        "a puzzle that counts for ever",
        "tips/intake/flood.py",
        "return await self.counters.hit(_spent(given), 1, LIFE)",
        "return True",
        "tests/flows/test_floods.py::test_a_solved_puzzle_counts_once_and_only_for_its_conversation",
    ),
    Mutant(
        "a puzzle of another conversation",
        "tips/intake/flood.py",
        'bound = f"puzzle\\0{conversation}\\0{made}".encode()',
        'bound = f"puzzle\\0{made}".encode()',
        "tests/flows/test_floods.py::test_a_solved_puzzle_counts_once_and_only_for_its_conversation",
    ),
    Mutant(
        "half requests that stay",
        "bot/serve/http_connections.py",
        'elif task[1] == "head" and now - self._began > HEAD:',
        "elif False:",
        "tests/flows/test_web_requests.py::test_half_a_request_is_ended",
    ),
    Mutant(
        "files that take the whole disk",
        "storage/blobs.py",
        "await _make_room(connection, room - size)",
        "pass",
        "tests/flows/test_evidence.py::test_when_too_much_waits_the_longest_untouched_files_go_and_nobody_is_turned_away",
    ),
    Mutant(
        "words that are repeated count again",
        "tips/intake/reception.py",
        "if heard.ref and heard.ref in stored.stub.seen:",
        "if False:",
        "tests/flows/test_once.py::test_words_that_a_platform_repeats_are_added_once",
    ),
    Mutant(
        "a draft over one that nobody saw",
        "storage/writer.py",
        "return None if done else errors.Stale()",
        "return None",
        "tests/contract/test_other_stores.py::test_no_process_believes_what_it_remembers",
    ),
    Mutant(
        "rows that tell what was sent",
        "tips/intake/draft_vault.py",
        "padded = sealing.pad(plain, stored.size if fits else STEP)",
        "padded = sealing.pad(plain, STEP)",
        "tests/flows/test_once.py::test_a_long_draft_leaves_a_stub_of_its_own_size",
    ),
    Mutant(
        "turns that overlap",
        "tips/intake/turn_queue.py",
        "            async with line.lock:\n                yield",
        "            yield",
        "tests/flows/test_once.py::test_no_two_turns_of_one_conversation_are_under_way_at_once",
    ),
    Mutant(
        "a message that is answered twice",
        "handlers/channel.py",
        "        if outcome.silent:",
        "        if False:",
        "tests/unit/test_channel.py::test_an_answer_to_everything_and_nothing_twice",
    ),
    Mutant(
        "logs that show values",
        "bot/logs.py",
        '        return f"{kind.__name__} at {place}"',
        '        return f"{kind.__name__}: {ei[1]} at {place}"',
        "tests/unit/test_logs.py::test_of_an_error_only_its_type_and_place_are_written",
    ),
    Mutant(
        "an answer that nobody saw counts as given",
        "handlers/channel.py",
        "await self._note(self.reception.undelivered(sender, heard.ref) if self.can.tells else None)",
        "await self._note(self.reception.delivered(sender, heard.ref, receipt=False))",
        "tests/flows/test_delivery.py::test_an_answer_that_was_not_taken_comes_when_the_message_comes_again",
    ),
    Mutant(
        "two processes answer one message",
        "tips/intake/reception.py",
        "if not heard.alone and self.now().timestamp() - stub.owed_since < GRACE.total_seconds():",
        "if False:",
        "tests/flows/test_delivery.py::test_what_another_process_is_answering_is_asked_for_again",
    ),
    Mutant(
        "a tip that can be passed on",
        "handlers/telegram/messages.py",
        "protect_content=protected or None",
        "protect_content=None",
        "tests/flows/test_telegram_looks.py::test_what_only_one_person_should_have_is_not_passed_on",
    ),
    Mutant(
        "no word about the messenger",
        "tips/intake/conversation.py",
        'if heard.kind not in {"choose", "withheld"}:  # whoever',
        "if False:  # whoever",
        "tests/flows/test_honesty.py::test_a_messenger_is_named_in_the_first_reply_and_once",
    ),
    Mutant(
        "words that triage cannot read set aside",
        "tips/triage/intent.py",
        "    if it.unsaid:",
        "    if False:",
        "tests/unit/test_triage_shouts.py::test_few_odd_or_broken_words_are_never_no_tip",
    ),
    Mutant(
        "officials whom no word names let in",
        "tips/triage/__init__.py",
        "        if not (it.wished.shut_out or it.wished.wanted):",
        "        if False:",
        "tests/unit/test_triage_shouts.py::"
        "test_officials_whom_no_word_names_are_shut_out_where_the_whole_leaves_little_doubt",
    ),
    Mutant(
        "a district's own department let in",
        "tips/triage/accusations.py",
        "    return [*found, *_of_a_district(found, places, organisation)]",
        "    return found",
        "tests/unit/test_triage_shouts.py::test_a_department_of_a_district_is_that_districts_force",
    ),
    Mutant(
        "words that nobody can read taken without asking",
        "tips/intake/tip_steps.py",
        "    if triage.unclear and not heard:",
        "    if False:",
        "tests/unit/test_languages.py::"
        "test_words_in_letters_that_the_table_does_not_know_are_a_tip_if_the_person_says_so",
    ),
    Mutant(
        "a receipt in a tip",
        "tips/intake/tip_steps.py",
        "    text = beside(code, text) if code else text",
        "    text = text",
        "tests/flows/test_promises.py::test_a_receipt_of_nothing_is_never_part_of_a_tip",
    ),
    Mutant(
        "a triage of words that were changed",
        "tips/intake/prompts.py",
        "(self.triager.version, draft.fragments, chosen)",
        "(self.triager.version, chosen)",
        "tests/unit/test_triage_kept.py::test_whatever_changes_a_tip_is_triaged_with_it",
    ),
    Mutant(
        "figures that a hand changed",
        "tips/statistics/archive.py",
        '    if (said.get("period"), said.get("figures")) != (row.period, _digest(row.figures)):',
        "    if False:",
        "tests/unit/test_statistics_closing.py::test_a_figure_that_a_hand_changed_is_shown_to_nobody",
    ),
    Mutant(
        "counts of a quarter that a hand changed",
        "tips/statistics/archive.py",
        '    if _signed(row, roster).get("counted") != _digest(row.counted):',
        "    if False:",
        "tests/unit/test_statistics_closing.py::test_a_figure_that_a_hand_changed_is_shown_to_nobody",
    ),
    Mutant(
        "tips that accuse somebody counted by place",
        "tips/statistics/tables.py",
        "        if row.category != RESTRICTED_CATEGORY:",
        "        if True:",
        "tests/unit/test_statistics_closing.py::test_tips_that_accuse_somebody_in_office_are_in_no_table",
    ),
    Mutant(
        "the newest accusation told",
        "tips/statistics/closing.py",
        "    return count if count - told >= least else last",
        "    return count",
        "tests/unit/test_statistics_closing.py::test_tips_that_accuse_somebody_in_office_are_in_no_table",
    ),
    Mutant(
        "finer tables that forget the coarser ones",
        "tips/statistics/closing.py",
        "        found = suppression.suppress(new, [it for it in ties if it not in told], beside, self.least)",
        "        found = suppression.suppress(new, [], beside, self.least)",
        "tests/unit/test_statistics_closing.py::test_who_collects_all_that_is_published_learns_no_small_count",
    ),
    Mutant(
        "the work on a case that accuses somebody counted",
        "tips/cases/milestones.py",
        "    if before.restricted or after.restricted:",
        "    if False:",
        "tests/flows/test_work_done.py::"
        "test_of_a_case_that_accuses_somebody_in_office_nothing_is_counted_whatever_is_done",
    ),
    Mutant(
        "a share whose rest is hidden",
        "tips/statistics/reckoning.py",
        "isinstance(one, int) and isinstance(other, int) and isinstance(all_of, int)",
        "isinstance(one, int) and isinstance(all_of, int)",
        "tests/unit/test_figures.py::test_a_share_is_told_only_where_what_is_left_of_the_whole_is_told_too",
    ),
    Mutant(
        "a share beside the total whose rest is few",
        "handlers/statistics/shown.py",
        "min(figure.value, whole.value - figure.value) < least",
        "figure.value < least",
        "tests/unit/test_figures.py::"
        "test_a_share_and_a_change_tell_no_more_than_steps_of_five_and_no_share_whose_rest_is_few",
    ),
    Mutant(
        "a quarter that began in its middle compared as if whole",
        "handlers/statistics/asked.py",
        " if not {period.code, period.before.code} & some.keys() else None",
        "",
        "tests/unit/test_figures.py::"
        "test_a_quarter_that_has_not_all_of_its_months_says_so_and_nothing_is_compared_with_it",
    ),
    Mutant(
        "a median that only some tables have",
        "tips/statistics/reckoning.py",
        "        if least >= wanted > before:",
        "        if least >= wanted:",
        "tests/unit/test_figures.py::test_a_median_is_told_where_the_published_counts_determine_it_and_nowhere_else",
    ),
    Mutant(
        "the sums of the work forgotten",
        "tips/statistics/tables.py",
        "        yield from work.totals(key)",
        "        yield from ()",
        "tests/unit/test_statistics_closing.py::test_who_collects_the_figures_of_the_work_learns_no_small_count",
    ),
    Mutant(
        "an export that nobody took",
        "tips/desk/exports.py",
        "            await self.ledger.append(ledger.sign(event, session.signing))",
        "            ledger.sign(event, session.signing)",
        "tests/flows/test_exports.py::test_an_export_is_on_record_before_it_leaves_signed_by_who_took_it",
    ),
    Mutant(
        "figures for whoever asks",
        "tips/desk/exports.py",
        "        if not session.role.sees_counts:",
        "        if not session.role:",
        "tests/flows/test_exports.py::test_what_is_not_published_is_not_exported_and_leaves_no_record",
    ),
    Mutant(
        "an export that any page can ask for",
        "handlers/exports/desk.py",
        "        self.frame.check_form(request, form)",
        "        pass",
        "tests/flows/test_exports.py::test_a_form_of_another_page_exports_nothing",
    ),
    Mutant(
        "a page of exports for everybody at the desk",
        "handlers/exports/desk.py",
        "    if not session.role.sees_counts:",
        "    if not session.role:",
        "tests/flows/test_exports.py::test_who_sees_no_counts_has_no_page_of_exports",
    ),
    Mutant(
        "formulas in a plain file",
        "handlers/exports/plain.py",
        '    return f"\'{cell}" if len(cell) > 1 and _FORMULA.match(cell) else cell',
        "    return cell",
        "tests/unit/test_export_files.py::test_a_csv_has_the_contracts_header_or_a_languages_and_no_formula",
    ),
    Mutant(
        "formulas in a workbook",
        "handlers/exports/workbook.py",
        "sheet.write_string(row, column, value,",
        "sheet.write(row, column, value,",
        "tests/unit/test_export_files.py::test_a_workbook_has_figures_a_chart_and_what_they_are",
    ),
    Mutant(
        "one k for every period",
        "handlers/exports/plain.py",
        '"least": it.least}',
        '"least": 3}',
        "tests/unit/test_export_files.py::test_each_period_says_the_k_that_it_was_frozen_with",
    ),
    Mutant(
        "everybody waits for a report",
        "handlers/exports/files.py",
        "await asyncio.to_thread(paper.pdf, report)",
        "paper.pdf(report)",
        "tests/unit/test_export_files.py::test_others_are_served_while_a_file_is_drawn",
    ),
    Mutant(
        "a trial's report that looks like a true one",
        "handlers/exports/report.py",
        'if trial else ""',
        'if not trial else ""',
        "tests/unit/test_export_files.py::test_a_report_of_a_home_for_trying_out_says_on_every_page_that_it_is_none",
    ),
    Mutant(
        "half a language spoken",
        "locales/__init__.py",
        "if it.ready and not lacking(it.code))",
        "if it.ready and _own(it.code))",
        "tests/flows/test_languages.py::test_a_catalogue_that_lacks_a_text_serves_nobody",
    ),
    Mutant(
        "a box for a sign that no font has",
        "handlers/faces.py",
        "        if ord(sign) in face(named).charToGlyph:",
        "        if True:",
        "tests/unit/test_poster.py::test_a_sign_that_no_font_has_is_an_error_and_no_box",
    ),
    Mutant(
        "a dossier in spite of an exclusion, by one person",
        "tips/desk/actions/printing.py",
        "    if two_are_needed(it.opened) and not agreed(it) - {it.session.name}:",
        "    if False:",
        "tests/flows/test_dossier.py::test_a_case_with_an_exclusion_is_printed_once_for_each_agreement_of_somebody_else",
    ),
    Mutant(
        "a dossier by one's own agreement",
        "tips/desk/actions/printing.py",
        "not agreed(it) - {it.session.name}:",
        "not agreed(it):",
        "tests/flows/test_dossier.py::test_a_case_with_an_exclusion_is_printed_once_for_each_agreement_of_somebody_else",
    ),
    Mutant(
        "one agreement for any number of printings",
        "tips/desk/actions/printing.py",
        "enumerate(events) if event.kind in _USED_UP_BY), default=-1)",
        "enumerate(events) if event.kind is None), default=-1)",
        "tests/flows/test_dossier.py::test_a_case_with_an_exclusion_is_printed_once_for_each_agreement_of_somebody_else",
    ),
    Mutant(
        "a dossier before it is on record",
        "tips/desk/casework.py",
        "        return after(opened, session, await self.writer.store(session, opened, step))",
        "        return opened if step else opened",
        "tests/flows/test_dossier.py::test_printing_is_on_record_before_a_byte_leaves",
    ),
    Mutant(
        "a case shared with whom it excludes",
        "tips/desk/actions/sharing.py",
        "    reader = _receiver(unit, it.opened, it.roster, it.organisation)",
        "    reader = it.roster.reader(unit)",
        "tests/flows/test_dossier.py::test_a_case_is_not_shared_with_whom_it_excludes",
    ),
    Mutant(
        "a case shared without a word to the reporter",
        "tips/intake/mailbox.py",
        "if it.kind is ledger.Kind.SHARED]",
        "if it.kind is None]",
        "tests/flows/test_dossier.py::test_a_shared_case_is_read_along_and_the_reporter_is_told",
    ),
    Mutant(
        "what cannot be undone is done unasked",
        "handlers/desk/acting.py",
        '        if action.lasts(fields) and not forms.text(form, "sure"):',
        "        if False:",
        "tests/flows/test_case_page.py::test_what_cannot_be_undone_is_asked_about_first_and_keeps_what_was_typed",
    ),
    Mutant(
        "what was decided on before something new came is done",
        "tips/desk/casework.py",
        "        if seen and decided[0][0].opened.changed_since(seen):",
        "        if False:",
        "tests/flows/test_case_page.py::test_what_was_decided_on_before_something_new_came_is_not_done",
    ),
    Mutant(
        "a case goes to a name that others begin with",
        "handlers/desk/targets.py",
        "if (*found, *not_able) == (it,) and it.name == typed.strip()]",
        "if it.name == typed.strip()]",
        "tests/flows/test_case_page.py::test_a_name_that_others_begin_with_is_not_chosen_yet",
    ),
    Mutant(
        "words of another site's form are shown",
        "handlers/desk/frame.py",
        "if self.pages.same_site(request) else FormData()",
        "if True else FormData()",
        "tests/flows/test_desk.py::test_what_was_typed_comes_back_with_the_reason_and_can_be_sent_again",
    ),
    Mutant(
        "a printing on record without a file",
        "handlers/desk/view_models.py",
        'for name in ActionName}.get(address, "")',
        "for name in ActionName}.get(address, address)",
        "tests/flows/test_desk.py::test_odd_forms_are_answered_and_do_nothing",
    ),
    Mutant(
        "private addresses are fetched from",
        "handlers/zalo/media.py",
        'if url.scheme != "https" or not all(map(is_public, found)):',
        'if url.scheme != "https":',
        "tests/unit/test_media.py::test_no_address_of_a_private_network_is_asked",
    ),
    Mutant(
        "a name is looked up twice",
        "handlers/zalo/media.py",
        "url.copy_with(host=str(ip))",
        "url",
        "tests/unit/test_media.py::test_the_address_that_was_looked_at_is_the_one_that_is_asked",
    ),
    Mutant(
        "anybody brings what Zalo would",
        "bot/serve/zalo_bot.py",
        "if not hmac.compare_digest(given.encode(), self._secret.encode()):",
        "if False:",
        "tests/flows/test_zalo.py::test_a_stranger_at_the_webhook_gets_nothing",
    ),
    Mutant(
        "unsigned events are heard",
        "bot/serve/zalo_account.py",
        "if not self._is_signed(request, body, event):",
        "if False:",
        "tests/flows/test_zalo_oa.py::test_only_what_zalo_signed_lately_is_heard",
    ),
    Mutant(
        "a token that is used before the next one is kept",
        "bot/zalo_tokens.py",
        "        write(self.folder, new)\n",
        "",
        "tests/flows/test_zalo_oa.py::test_processes_renew_once_and_share_what_they_got",
    ),
    Mutant(
        "small counts without their secondaries",
        "tips/statistics/suppression.py",
        "    hidden = {key for key, it in zip(program.keys, program.hidden, strict=True) if it}",
        "    hidden = set[Key]()",
        "tests/unit/test_statistics_attack.py::test_inclusion_and_exclusion_across_two_margins_tells_nothing",
    ),
    Mutant(
        "figures shown without a proof",
        "tips/statistics/suppression.py",
        "    if not proved:\n",
        "    if False:\n",
        "tests/unit/test_statistics_suppression.py::test_where_the_solver_fails_everything_new_is_withheld",
    ),
    Mutant(
        "the solver's word is enough",
        "tips/statistics/program.py",
        " or self._matrix.broken(found)",
        "",
        "tests/unit/test_statistics_suppression.py::test_where_the_solver_fails_everything_new_is_withheld",
    ),
    Mutant(
        "what was published before plays no part",
        "tips/statistics/program.py",
        "        claims = [*frozen.all_claims(), *claims]\n",
        "        claims = [it for it in claims if all(key in counts for key, _ in it.terms)]\n",
        "tests/unit/test_statistics_attack.py::test_a_town_s_year_with_quarters_and_year_tells_no_small_count",
    ),
    Mutant(
        "whoever reads a case along works on it",
        "tips/desk/actions/step.py",
        "        if self.own and not it.answered_for:\n",
        "        if False:\n",
        "tests/flows/test_dossier.py::test_who_reads_a_shared_case_along_works_at_nothing",
    ),
    Mutant(
        "an agreement that never ends",
        "tips/desk/actions/printing.py",
        " and it.now - event.at <= GOOD_FOR",
        "",
        "tests/flows/test_dossier.py::test_an_agreement_counts_for_a_day",
    ),
    Mutant(
        "readings of a unit beside the tips of its place",
        "tips/statistics/work.py",
        "BY_UNIT: Final = STEPS[1:]",
        "BY_UNIT: Final = STEPS",
        "tests/unit/test_statistics_closing.py::test_no_two_tables_count_the_same_so_that_one_less_the_other_tells_something",
    ),
    Mutant(
        "closings counted twice, by two patterns",
        "tips/statistics/work.py",
        "TOLD: Final = DEADLINES[:-1]",
        "TOLD: Final = DEADLINES",
        "tests/unit/test_statistics_closing.py::test_no_two_tables_count_the_same_so_that_one_less_the_other_tells_something",
    ),
    Mutant(
        "a language that begins with its first count",
        "tips/statistics/tables.py",
        "    begun: dict[Key, int] = {(of, name): 0 for of, names in known.items() for name in (ALL, *names)}",
        "    begun = dict[Key, int]()",
        "tests/unit/test_statistics_closing.py::test_every_channel_and_language_has_a_cell_from_the_first_month_on",
    ),
    Mutant(
        "margins that tell of what is not published",
        "tips/statistics/closing.py",
        "**free, **{key: kept.marks[key] for key in kept.at_risk}}",
        "**free}",
        "tests/unit/test_statistics_closing.py::test_a_table_that_is_not_published_tells_no_small_count_by_its_margins",
    ),
    Mutant(
        "rows that are believed",
        "tips/cases/checking.py",
        "    row = claims.to_row(stored, head, found.row)",
        "    row = stored",
        "tests/flows/test_insider.py::test_rows_that_say_closed_and_over_destroy_nothing",
    ),
    Mutant(
        "a due time that a row puts off",
        "tips/clock/escalation.py",
        "self.rounds.over(JobName.MEND, self.cases.every, climb)",
        "self.tick()",
        "tests/flows/test_insider.py::test_a_due_time_that_was_put_off_keeps_no_case_from_climbing",
    ),
    Mutant(
        "rows that stay as a hand left them",
        "tips/clock/mending.py",
        "        if checked.covered and not checked.mended:",
        "        if True:",
        "tests/flows/test_insider.py::test_an_edited_column_is_named_and_set_right_within_the_hour",
    ),
    Mutant(
        "what a case is about, believed",
        "tips/cases/claims.py",
        '    if about(stored) == plain["about"]:',
        "    if True:",
        "tests/flows/test_insider.py::test_what_a_case_is_about_is_never_believed_from_a_row_that_was_edited",
    ),
    Mutant(
        "a case destroyed before anybody read what differed",
        "tips/clock/retention.py",
        "    if checked.waits:\n        return False",
        "",
        "tests/flows/test_insider.py::test_a_case_in_whose_rows_a_hand_was_is_destroyed_only_once_somebody_has_read_it",
    ),
    Mutant(
        "a retention that its signer chose",
        "tips/clock/retention.py",
        "    return ends is not None and ends <= now",
        "    return ends is not None",
        "tests/flows/test_insider.py::test_a_retention_that_an_officer_signed_too_short_destroys_nothing",
    ),
    Mutant(
        "text of another type, read as it is",
        "storage/loose_types.py",
        "value is None or type(value) is str else NO_TEXT",
        "True else NO_TEXT",
        "tests/flows/test_insider_types.py::test_a_value_of_another_type_is_named_and_set_right_and_hides_no_other_case",
    ),
    Mutant(
        "octets of another type, read as it is",
        "storage/loose_types.py",
        "value is None or type(value) is bytes else NO_OCTETS",
        "True else NO_OCTETS",
        "tests/flows/test_insider_types.py::test_a_value_of_another_type_is_named_and_set_right_and_hides_no_other_case",
    ),
    Mutant(
        "text that is no UTF-8 looks as if the store were away",
        "storage/engine.py",
        '    event.listen(created.sync_engine, "connect", _read_loosely)\n',
        "",
        "tests/flows/test_insider_types.py::test_a_value_of_another_type_is_named_and_set_right_and_hides_no_other_case",
    ),
    Mutant(
        "places on pages that are no places",
        "storage/cases.py",
        ".where(*wanted, is_place)",
        ".where(*wanted)",
        "tests/flows/test_insider_types.py::test_a_page_goes_on_from_no_place_that_is_none",
    ),
    Mutant(
        "a key that lies with another case, lost",
        "storage/cases.py",
        "grant.c.case_id != envelope.c.case_id)",
        "sa.false())",
        "tests/flows/test_insider_attacks.py::test_two_cases_whose_rows_were_swapped_are_both_as_they_were_within_the_hour",
    ),
    Mutant(
        "the part of a piece, by its row",
        "tips/cases/reading_grants.py",
        "    return replace(envelope, commitment=bytes.fromhex(commitment), part=part)",
        "    return envelope",
        "tests/flows/test_insider_types.py::test_a_value_of_another_type_is_named_and_set_right_and_hides_no_other_case",
    ),
    Mutant(
        "a period that somebody filled in",
        "tips/statistics/closing.py",
        "            await self.statistics.keep_only(found)",
        "            pass",
        "tests/unit/test_statistics_closing.py::test_a_row_that_nobody_closed_keeps_no_month_from_being_closed",
    ),
    Mutant(
        "an office that clears for two",
        "tips/cases/clearing.py",
        "    return Clearing(unit, signer.unit, branch_of(organisation, signer.unit), signer.role)",
        "    return Clearing(unit, signer.unit, event.blind.hex(), signer.role)",
        "tests/flows/test_late_exclusion.py::test_an_office_clears_for_no_other_whatever_it_seals",
    ),
    Mutant(
        "who left, held to nothing",
        "tips/organisation/roster.py",
        "self.person(name) or next(iter(self.past.get(name, ())), None)",
        "self.person(name)",
        "tests/flows/test_insider.py::test_who_was_dismissed_signs_nothing_in_cases_that_their_unit_never_read",
    ),
    Mutant(
        "an event of who left, dated back",
        "tips/cases/signers.py",
        "    if _is_too_late(event, before, roster):",
        "    if False:",
        "tests/flows/test_insider.py::test_who_was_dismissed_signs_nothing_that_happened_since",
    ),
    Mutant(
        "an older key, after its time",
        "tips/organisation/roster.py",
        "(key for key in self.former.get(by, ()) if key not in over)",
        "self.former.get(by, ())",
        "tests/flows/test_insider.py::test_who_was_dismissed_signs_nothing_that_happened_since",
    ),
    Mutant(
        "a letter that opens no more, kept quiet",
        "tips/intake/mailbox.py",
        "    return sum(it.id in gone and",
        "    return 0 * sum(it.id in gone and",
        "tests/flows/test_insider.py::test_a_letter_whose_key_was_deleted_is_told_of_in_the_reporters_language",
    ),
    Mutant(
        "a case that is covered anew",
        "tips/clock/mending.py",
        "        if not checked.covered and self.all_covered.known():",
        "        if False:",
        "tests/contract/test_upgrades.py::test_a_case_that_was_cut_back_to_before_it_was_covered_climbs_at_once",
    ),
    Mutant(
        "what wakes keys, by its row",
        "tips/cases/reading_grants.py",
        "release=base64.b64decode(release, validate=True) if release else it.release",
        "release=it.release",
        "tests/flows/test_insider_attacks.py::test_a_release_that_was_destroyed_is_named_and_comes_back_from_the_chain",
    ),
    Mutant(
        "a case of which nothing is left, kept quiet",
        "tips/clock/rounds.py",
        "        await self.mending.tell([it for it in failed if it not in known])",
        "        pass",
        "tests/flows/test_insider.py::test_of_a_case_whose_first_event_is_gone_nothing_is_made_up",
    ),
    Mutant(
        "a mailbox that was set aside, whosever it is",
        "tips/intake/mailbox.py",
        "chain[0].blind == keys.ledger_opening",
        "True",
        "tests/contract/test_upgrades.py::test_a_case_with_two_mailboxes_keeps_no_home_from_starting",
    ),
    Mutant(
        "a second mailbox that stops an upgrade",
        "storage/migrations/versions/0013_claims.py",
        "    _set_aside(op.get_bind())\n",
        "",
        "tests/contract/test_upgrades.py::test_a_case_with_two_mailboxes_keeps_no_home_from_starting",
    ),
    Mutant(
        "a tally of less than none",
        "tips/statistics/tables.py",
        "max(row.count, 0)",
        "row.count",
        "tests/unit/test_statistics_closing.py::test_a_tally_of_less_than_none_keeps_no_month_from_being_closed",
    ),
    Mutant(
        "readers by rows",
        "tips/cases/checking.py",
        "    return Checked(row, chain, tuple(found.keys.values()), given, found.mailbox, mended, covered=True)",
        "    return Checked(row, chain, tuple(map(_named, grants)), given, found.mailbox, mended, covered=True)",
        "tests/flows/test_insider.py::test_a_key_row_that_nobody_gave_gets_nothing_sealed_to_its_reader",
    ),
    Mutant(
        "a key that was overwritten",
        "tips/cases/claims.py",
        "if (key := held.get(digest(it)))}",
        "if (key := found.keys.get((it.envelope, it.reader)))}",
        "tests/flows/test_insider.py::test_a_unit_whose_key_to_a_tip_is_deleted_loses_it_upward_at_once",
    ),
    Mutant(
        "a unit without its key that waits",
        "tips/clock/mending.py",
        "        if row.unit not in lost or row.state not in OPEN_STATES:",
        "        if True:",
        "tests/flows/test_insider.py::test_a_unit_whose_key_to_a_tip_is_deleted_loses_it_upward_at_once",
    ),
    Mutant(
        "a level without its key that is woken",
        "tips/clock/escalation.py",
        "        return overseer or reading_grants.next_level(keys, row.unit, able)",
        "        return overseer or reading_grants.next_level(keys, row.unit)",
        "tests/flows/test_insider.py::test_a_unit_whose_key_to_a_tip_is_deleted_loses_it_upward_at_once",
    ),
    Mutant(
        "a mailbox by its row",
        "tips/cases/checking.py",
        "tuple(found.keys.values()), given, found.mailbox, mended",
        "tuple(found.keys.values()), given, next(iter(mailboxes), None), mended",
        "tests/flows/test_insider.py::test_a_mailbox_key_that_was_swapped_is_never_sealed_to",
    ),
    Mutant(
        "a mailbox slipped in",
        "tips/intake/mailbox.py",
        "        if checked.mailbox is None or checked.mailbox.lookup != keys.lookup:",
        "        if checked.mailbox is None:",
        "tests/flows/test_insider.py::test_whoever_slips_in_a_mailbox_is_not_the_reporter",
    ),
    Mutant(
        "an event by whoever may not sign it",
        "tips/cases/signers.py",
        "    if not any(_STANDS[it](event, before, roster) for it in allowed):",
        "    if False:",
        "tests/flows/test_insider.py::test_what_is_truly_signed_by_who_may_not_sign_it_is_no_event",
    ),
    Mutant(
        "a case that the clock's key ends",
        "tips/cases/signers.py",
        "    if event.kind is Kind.SHREDDED and before is not None and not _is_over(event, before):",
        "    if False:",
        "tests/flows/test_insider.py::test_the_clock_itself_ends_no_case_before_its_time",
    ),
    Mutant(
        "a hand-over of what nobody read again",
        "tips/desk/actions/sharing.py",
        '    return "error.mended" if it.opened.checked.waits else None',
        "    return None",
        "tests/flows/test_insider.py::test_a_case_is_handed_over_only_once_it_was_read_again",
    ),
    Mutant(
        "more claimed than a kind may",
        "tips/cases/checking.py",
        "            scope.check(event, before, found)",
        "            pass",
        "tests/flows/test_insider.py::test_a_reading_claims_that_somebody_read_and_nothing_else",
    ),
    Mutant(
        "a reading that sets the tip aside",
        "tips/cases/scope.py",
        "    if any(name in event.facts and event.kind not in kinds for name, kinds in _TELLS.items()):",
        "    if False:",
        "tests/flows/test_insider.py::test_no_reading_tells_that_a_piece_is_another_or_none",
    ),
    Mutant(
        "sealed anew to whom one likes",
        "tips/cases/scope.py",
        "        return is_renewed and all(reader in had for reader, *_ in keys)",
        "        return is_renewed",
        "tests/flows/test_insider.py::test_sealing_anew_gives_nobody_a_key_who_had_none",
    ),
    Mutant(
        "a hand in a case that a friend keeps quiet",
        "tips/desk/writing.py",
        "        if checked.mended:\n",
        "        if False:\n",
        "tests/flows/test_insider.py::test_the_next_level_is_told_that_a_hand_was_in_a_case_and_not_in_which",
    ),
    Mutant(
        "keys given by the way",
        "tips/cases/scope.py",
        "    return who is not None and all(reader == who for reader, *_ in keys)",
        "    return True",
        "tests/flows/test_insider.py::test_no_reader_gives_keys_by_the_way",
    ),
    Mutant(
        "a chain that one bad event ends",
        "tips/clock/rounds.py",
        "            await self.mending.restart(case)",
        "            raise",
        "tests/flows/test_insider.py::test_an_event_of_garbage_closes_a_case_to_nobody_for_longer_than_an_hour",
    ),
    Mutant(
        "a broken case that waits",
        "tips/clock/mending.py",
        "        row = replace(left.case, clock=deadlines.WAKE, due_at=hour)",
        "        row = left.case",
        "tests/flows/test_insider.py"
        "::test_a_case_whose_chain_is_broken_climbs_at_once_with_its_text_and_is_never_destroyed",
    ),
    Mutant(
        "a roster that goes back",
        "bot/live_roster.py",
        "        if self._current is None and (kept := key_files.kept_roster(self._secrets)):",
        "        if False and (kept := key_files.kept_roster(self._secrets)):",
        "tests/flows/test_insider.py::test_a_roster_row_that_was_taken_away_brings_nobody_back",
    ),
    Mutant(
        "a case whose unit is gone and that nobody moves",
        "tips/clock/escalation.py",
        "if not (late or self._is_orphaned(row)):",
        "if not late:",
        "tests/flows/test_adopting.py::test_what_arrives_at_a_unit_that_is_gone_climbs_within_the_hour",
    ),
    Mutant(
        "a level that is gone and is woken",
        "tips/clock/escalation.py",
        "if it.envelope in tips} & known",
        "if it.envelope in tips}",
        "tests/flows/test_adopting.py::test_a_level_that_goes_too_is_passed_over",
    ),
    Mutant(
        "a case that its readers lose to a reorganisation",
        "tips/clock/escalation.py",
        "        if not late and change.case.unit == row.unit:",
        "        if change.case.unit == bytes():",
        "tests/flows/test_adopting.py::test_where_nobody_above_has_a_key_the_readers_go_on",
    ),
    Mutant(
        "an organisation that leaves some accused to nobody",
        "bot/commands/organisation.py",
        'if it.kind == "no_overseer"]) and not despite:',
        'if it.kind == "no_overseer"]) and despite:',
        "tests/flows/test_adopting.py::test_a_refused_adoption_changes_nothing",
    ),
    Mutant(
        "a home that comes back without its organisation",
        "bot/commands/recovery.py",
        "        await document_of(current, store.keyring)\n",
        "",
        "tests/flows/test_organisation_in_the_home.py::test_a_backup_without_its_organisation_comes_back_to_nothing",
    ),
    Mutant(
        "a document's deadlines that are not the home's",
        "tips/organisation/units.py",
        'terms=Terms(plain["policy"]),',
        'terms=Terms(templates.newest(templates.DEFAULT).plain["policy"]),',
        "tests/flows/test_adopting.py::test_deadlines_are_the_organisation_s",
    ),
    Mutant(
        "a successor of somebody who is shut out",
        "tips/desk/open_case.py",
        "        return standing | self.organisation.heirs(standing)",
        "        return standing",
        "tests/flows/test_adopting.py::test_who_follows_a_unit_that_is_shut_out_is_shut_out_too",
    ),
    Mutant(
        "an admin who signs as the clock",
        "tips/organisation/document_checks.py",
        "if name in {*PROCESSES, *RESERVED} or",
        "if",
        "tests/unit/test_organisation_documents.py::test_what_is_wrong_in_a_document_is_found",
    ),
    Mutant(
        "an organisation that a hand was in",
        "tips/organisation/documents.py",
        "    if hashlib.sha256(data).hexdigest() != digest:\n        return None\n    try:",
        "    digest = hashlib.sha256(data).hexdigest()\n    try:",
        "tests/flows/test_organisation_in_the_home.py::test_a_document_that_a_hand_was_in_is_no_off_switch",
    ),
    Mutant(
        "an organisation that lies in the database alone",
        "bot/live_roster.py",
        "kept_document(self._secrets, newest) or await document_of",
        "await document_of",
        "tests/flows/test_organisation_in_the_home.py::test_a_document_that_a_hand_was_in_is_no_off_switch",
    ),
    Mutant(
        "an organisation of another digest that ships under its name",
        "bot/live_roster.py",
        "found = shipped if shipped.digest == digest else None",
        "found = shipped",
        "tests/flows/test_organisation_in_the_home.py::test_where_no_copy_holds_nothing_is_guessed",
    ),
    Mutant(
        "an accused whom nobody clean is left for",
        "tips/organisation/document_checks.py",
        "code not in shut and alone:",
        "code not in shut or alone:",
        "tests/unit/test_organisation_documents.py::test_what_is_wrong_in_a_document_is_found",
    ),
    Mutant(
        "a search that is a first reading",
        "storage/cases.py",
        "        statement = readable(units).where(read).order_by",
        "        statement = readable(units).order_by",
        "tests/flows/test_desk_search.py::test_what_somebody_has_never_opened_is_not_gone_through",
    ),
    Mutant(
        "hits before the record",
        "tips/desk/search.py",
        "        await self._record(session, looked.count)",
        "        asyncio.get_running_loop().create_task(self._record(session, looked.count))",
        "tests/flows/test_desk_search.py::test_a_search_is_on_record_before_a_hit_is_shown",
    ),
    Mutant(
        "a search in what one keeps away from",
        "tips/desk/search.py",
        "            if _happened(bundle, kept_away):",
        "            if False:",
        "tests/flows/test_desk_search.py::test_who_keeps_away_from_a_case_finds_it_no_more",
    ),
    Mutant(
        "a search in what accuses the desk",
        "tips/desk/search.py",
        "if session.unit in reading_grants.shut_out(_keys(bundle, chain)):",
        "if False:",
        "tests/flows/test_desk_search.py::test_who_is_shut_out_finds_it_no_more",
    ),
    Mutant(
        "a hit that only looks read",
        "tips/desk/open_case.py",
        " if it.kind is ledger.Kind.READ and it.by == name)",
        " if it.kind is ledger.Kind.READ)",
        "tests/flows/test_desk_search.py::test_what_a_colleague_signed_is_no_reading_of_one_s_own",
    ),
    Mutant(
        "a hit by a reading that nobody signed",
        "tips/desk/search.py",
        "            except (errors.NotVerified, errors.NotOpened):\n                broken",
        "            except errors.NotOpened:\n                broken",
        "tests/flows/test_desk_search.py::test_a_reading_that_a_hand_wrote_opens_nothing",
    ),
    Mutant(
        "a comparison with what one has not read",
        "tips/desk/search.py",
        "for it in opened if last_reading(it.events, session.name) >= 0]",
        "for it in opened]",
        "tests/flows/test_corrections_and_links.py::test_only_what_somebody_has_read_is_compared",
    ),
    Mutant(
        "a comparison for who is shut out",
        "tips/desk/open_case.py",
        "    if session.unit in opened.shut_out:  # they",
        "    if False:  # they",
        "tests/flows/test_corrections_and_links.py::test_who_keeps_away_or_is_shut_out_compares_nothing",
    ),
    Mutant(
        "a comparison that is on no record",
        "tips/desk/search.py",
        "        await self._record(session, len(others))\n",
        "",
        "tests/flows/test_corrections_and_links.py::test_comparing_is_on_record_and_leaves_no_sketch_and_no_read_behind",
    ),
    Mutant(
        "pages of an action that are a first reading",
        "handlers/desk/routes.py",
        '            if await self.review.was_read(session, id_, whole=request.method == "GET"):',
        "            if True:",
        "tests/flows/test_case_page.py::test_nothing_of_a_case_is_told_to_who_has_no_reading_of_it_on_record",
    ),
    Mutant(
        "pages that tell of what came since it was read",
        "handlers/desk/routes.py",
        ', whole=request.method == "GET"):',
        "):",
        "tests/flows/test_case_page.py::test_what_others_added_is_read_before_a_page_tells_whom_it_shuts_out",
    ),
    Mutant(
        "a search in what came after the last reading",
        "tips/desk/open_case.py",
        "in_order(envelopes, events)[:stood])",
        "in_order(envelopes, events))",
        "tests/flows/test_desk_search.py::test_what_came_after_one_s_last_reading_is_not_found_before_it_is_read",
    ),
    Mutant(
        "one-time codes of hours",
        "tips/crypto/keys.py",
        "TOTP_DRIFT: Final = 1 ",
        "TOTP_DRIFT: Final = 100 ",
        "tests/flows/test_logins.py::test_a_code_counts_for_its_half_minute_and_the_ones_beside_it",
    ),
    Mutant(
        "a session without an end",
        "tips/people/logins.py",
        "        if stored.expires_at <= now or stored.seen_at",
        "        if stored.seen_at",
        "tests/flows/test_logins.py::test_half_a_day_after_its_login_a_session_ends_whatever_is_done_in_it",
    ),
    Mutant(
        "a case that climbs to whom it shuts out",
        "tips/cases/reading_grants.py",
        "        if {grant.envelope for grant in grants if grant.reader == reader} >= envelopes:",
        "        if envelopes:",
        "tests/flows/test_late_exclusion.py::test_a_late_case_climbs_past_whom_a_piece_of_it_shuts_out",
    ),
    Mutant(
        "an admin with a unit's seeds",
        "tips/organisation/roles.py",
        "    Role.ADMIN: _Rights(False, ",
        "    Role.ADMIN: _Rights(True, ",
        "tests/flows/test_keys_outlive_people.py::test_an_admin_of_an_office_that_receives_holds_none_of_its_seeds",
    ),
    Mutant(
        "the minute of a tip",
        "tips/intake/submission.py",
        "        received_at=deadlines.hour(now),",
        "        received_at=now,",
        "tests/flows/test_last_traces.py::test_no_time_beside_a_tip_is_finer_than_its_hour",
    ),
    Mutant(
        "deleted rows that stay in their pages",
        "storage/engine.py",
        "PRAGMA secure_delete=ON",
        "PRAGMA secure_delete=OFF",
        "tests/flows/test_last_traces.py::test_what_was_shredded_is_in_no_file_while_the_home_is_served",
    ),
    Mutant(
        "a log that keeps what was shredded",
        "storage/cases.py",
        "        if change.dropped or change.shut:",
        "        if change.shut and not change.dropped:",
        "tests/flows/test_last_traces.py::test_what_was_shredded_is_in_no_file_while_the_home_is_served",
    ),
    Mutant(
        "a log that keeps the keys of the accused",
        "storage/cases.py",
        "        if change.dropped or change.shut:",
        "        if change.dropped:",
        "tests/flows/test_last_traces.py::test_keys_that_the_clock_took_from_the_accused_are_in_no_file",
    ),
    Mutant(
        "a log that is emptied once or never",
        "storage/drafts.py",
        "        await self._database.empty_log()\n",
        "",
        "tests/flows/test_last_traces.py::test_what_a_long_reading_held_in_the_log_is_gone_minutes_after_it_ends",
    ),
    Mutant(
        "an exclusion cleared by one office",
        "tips/cases/clearing.py",
        "NEEDED: Final = 2 ",
        "NEEDED: Final = 1 ",
        "tests/flows/test_late_exclusion.py::test_two_of_one_branch_take_no_exclusion_back",
    ),
    Mutant(
        "two words of one branch",
        "tips/desk/actions/correcting.py",
        "other.branch == word.branch",
        "other.office == word.office",
        "tests/flows/test_late_exclusion.py::test_two_of_one_branch_take_no_exclusion_back",
    ),
    Mutant(
        "two offices of one branch count as two",
        "tips/cases/clearing.py",
        "len({it.branch for it in steps})",
        "len({it.office for it in steps})",
        "tests/flows/test_late_exclusion.py::test_an_exclusion_counts_until_two_branches_and_an_overseer_took_it_back",
    ),
    Mutant(
        "an exclusion cleared without an overseer",
        "tips/cases/clearing.py",
        " and any(it.role == Role.OVERSEER for it in steps)",
        "",
        "tests/flows/test_late_exclusion.py::test_an_exclusion_counts_until_two_branches_and_an_overseer_took_it_back",
    ),
    Mutant(
        "a held case opened before it is on record",
        "tips/desk/casework.py",
        "        await self.cases.apply(self.writer.signed(session, checked, step, Change(step.moved)))",
        "        _ = self.writer.signed(session, checked, step, Change(step.moved))",
        "tests/flows/test_recovery.py::test_a_held_case_stays_closed_where_its_opening_cannot_be_put_on_record",
    ),
    Mutant(
        "a held case given on that counts as read",
        "tips/cases/progress.py",
        '{"part": "held"}',
        '{"part": "all"}',
        "tests/flows/test_recovery.py::test_a_held_case_is_opened_by_two_offices_and_given_to_a_unit_with_a_key",
    ),
    Mutant(
        "a first reading that the quorum's opening hides",
        "tips/cases/progress.py",
        " and it.facts != OPENED_UNREAD",
        "",
        "tests/flows/test_recovery.py::test_a_held_case_is_opened_by_two_offices_and_given_to_a_unit_with_a_key",
    ),
    Mutant(
        "the quorum's shares for any role",
        "tips/people/recovery.py",
        "        self.check(session, task)\n        return",
        "        return",
        "tests/flows/test_recovery.py::test_who_may_not_open_what_is_held_is_told_so_and_nothing_is_on_record",
    ),
    Mutant(
        "a backup by any role",
        "tips/people/recovery.py",
        "        if not session.role.may_do(task):",
        "        if False:",
        "tests/flows/test_recovery.py::test_who_may_not_back_up_is_told_so_and_nothing_is_written",
    ),
    Mutant(
        "a held case opened by the accused",
        "tips/desk/casework.py",
        "        if session.unit in opened.excluded:\n            raise errors.NotFound",
        "        if False:\n            raise errors.NotFound",
        "tests/flows/test_recovery.py::test_who_belongs_to_an_accused_office_opens_nothing_for_the_quorum",
    ),
    Mutant(
        "a backup that is on no record",
        "bot/commands/recovery.py",
        "            await product.custody.record(Kind.BACKED_UP, session.name, session.signing)\n",
        "",
        "tests/flows/test_recovery.py::test_no_backup_is_written_that_is_not_on_record",
    ),
    Mutant(
        "a backup of several moments",
        "storage/backup.py",
        "                connection.exec_driver_sql(begin)",
        "                pass",
        "tests/flows/test_recovery.py::test_a_backup_is_of_one_moment_whatever_is_written_meanwhile",
    ),
    Mutant(
        "rows that no manifest names",
        "storage/backup.py",
        "if manifest and (manifest.ledger != state or Counter(manifest.rows) != counted):",
        "if False:",
        "tests/flows/test_recovery.py::test_rows_that_are_not_those_of_the_manifest_restore_nothing",
    ),
    Mutant(
        "a restored home that nobody audits",
        "bot/commands/recovery.py",
        "    if differences and not despite:",
        "    if False:",
        "tests/flows/test_recovery.py::test_what_the_ledger_says_is_destroyed_does_not_come_back",
    ),
    Mutant(
        "half a home that a failed restore leaves",
        "bot/commands/recovery.py",
        "        backup.empty(settings.database_url)\n",
        "",
        "tests/flows/test_recovery.py::test_what_is_not_as_it_was_signed_is_named_and_stops_a_restore",
    ),
    Mutant(
        "a new epoch by one admin's word",
        "tips/people/recovery.py",
        "if it in offices}) >= SIGNERS_NEEDED)",
        "if it in offices}) >= 1)",
        "tests/flows/test_recovery.py::test_a_restored_home_says_by_both_admins_from_which_ledger_it_goes_on",
    ),
    Mutant(
        "a header of an age file that nobody authenticates",
        "tips/crypto/age.py",
        "        if not hmac.compare_digest(self.mac, _mac(file_key, self.covered)):",
        "        if False:",
        "tests/unit/test_age.py::test_what_others_made_opens_or_does_not_as_they_say",
    ),
    Mutant(
        "a second form of the same base64",
        "tips/crypto/age.py",
        "    if _text(octets).encode() != text:",
        "    if False:",
        "tests/unit/test_age.py::test_what_others_made_opens_or_does_not_as_they_say",
    ),
    Mutant(
        "an age file that ends with an empty chunk",
        "tips/crypto/stream.py",
        "        if number and len(chunk) == TAG:",
        "        if False:",
        "tests/unit/test_age.py::test_what_others_made_opens_or_does_not_as_they_say",
    ),
    Mutant(
        "a group of digits that nothing checks",
        "tips/crypto/keys.py",
        "len(digits) != GROUP_DIGITS or _check_digit(place, digits[:-1]) != digits[-1]",
        "len(digits) != GROUP_DIGITS",
        "tests/unit/test_shares.py::test_each_wrong_digit_and_each_swap_is_found_and_its_group_named",
    ),
    Mutant(
        "groups of digits that may be swapped",
        "tips/crypto/keys.py",
        "    check = place % 10",
        "    check = 0",
        "tests/unit/test_shares.py::test_a_group_that_is_short_missing_swapped_or_too_many_is_named",
    ),
    Mutant(
        "a nightly backup on no record",
        "bot/backups.py",
        "            await self.custody.record(Kind.BACKED_UP, CLOCK, self.signing)\n",
        "",
        "tests/flows/test_nightly_backups.py::test_one_is_made_each_night_signed_by_the_clock_and_comes_back",
    ),
    Mutant(
        "the last backup, deleted because no newer one was made",
        "bot/backups.py",
        "            old.discard(max(old))",
        "            pass",
        "tests/flows/test_nightly_backups.py::test_one_that_fails_leaves_nothing_is_tried_in_an_hour_and_costs_no_earlier_one",
    ),
    Mutant(
        "the last backup, kept with what had to go",
        "tips/clock/backup_rotation.py",
        "    return any(deadlines.hour(last) <= it and _over(it, now) for it in destroyed)",
        "    return False",
        "tests/flows/test_nightly_backups.py::test_the_last_one_goes_too_where_it_holds_what_had_to_go",
    ),
    Mutant(
        "backups that are kept for a day more",
        "tips/clock/backup_rotation.py",
        "days=policy.backup_days()",
        "days=policy.backup_days() + 1",
        "tests/flows/test_nightly_backups.py::test_none_is_kept_for_longer_than_35_days",
    ),
    Mutant(
        "two processes at one backup",
        "bot/backups.py",
        "                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "                pass",
        "tests/flows/test_nightly_backups.py::test_two_processes_never_write_one_backup_twice",
    ),
    Mutant(
        "half a backup that is left",
        "bot/backups.py",
        "    except BaseException as error:",
        "    except OSError as error:",
        "tests/flows/test_recovery.py::test_a_backup_that_breaks_off_leaves_nothing_of_itself",
    ),
    Mutant(
        "old keys given back on no record",
        "bot/commands/recovery.py",
        "        await product.custody.record(Kind.RECLAIMED, session.name, session.signing, unit=unit)\n",
        "",
        "tests/flows/test_keys_outlive_people.py::test_who_may_not_or_is_not_on_record_brings_no_old_keys_back",
    ),
    Mutant(
        "a tally that goes on from the database alone",
        "storage/tallying.py",
        "        known = self._known or self._latest(execute, self._kept or self._book.load(self._name))\n",
        "        known = self._latest(execute, Tally((self._kept or self._book.load(self._name)).instance))\n",
        "tests/flows/test_tree.py::test_a_tally_that_is_put_back_is_missed_by_who_signed_it",
    ),
    Mutant(
        "leaves that nobody counts",
        "tips/transparency/heads.py",
        '"missing": str(max(total.count - there.count, 0))',
        '"missing": "0"',
        "tests/flows/test_tree.py::test_a_case_that_is_deleted_whole_before_the_hour_is_over_is_missed",
    ),
    Mutant(
        "a head that did not begin as the kept one",
        "tips/transparency/heads.py",
        "        head = self.read(row.note)\n        if head.size != row.size:",
        "        known, head = None, self.read(row.note)\n        if head.size != row.size:",
        "tests/flows/test_tree.py::test_a_history_that_was_written_anew_is_not_believed",
    ),
    Mutant(
        "a leaf whose event is gone",
        "tips/transparency/audit.py",
        "        elif blind is None or sequencing.dummy(blind) != leaf:",
        "        elif blind is not None and sequencing.dummy(blind) != leaf:",
        "tests/flows/test_tree.py::test_what_is_taken_away_later_is_named_by_its_leaf",
    ),
    Mutant(
        "a tally that the next process forgets",
        "bot/tree_files.py",
        "        new.replace(path)\n",
        "",
        "tests/flows/test_tree.py::test_what_a_process_counted_is_remembered_by_the_next_one",
    ),
    Mutant(
        "a proof that is not climbed",
        "tips/merkle/proofs.py",
        "        tree.verify_inclusion(leaf, self.index, head.size, self.hashes, head.root)\n",
        "",
        "tests/flows/test_filing.py::test_nothing_that_was_altered_shows_anything",
    ),
    Mutant(
        "a promise that is broken in silence",
        "tips/transparency/filing.py",
        "promise.by < self.clock.now()",
        "False",
        "tests/flows/test_filing.py::test_a_tip_that_was_taken_away_leaves_its_writer_a_promise_that_was_broken",
    ),
    Mutant(
        "figures that a recount believes",
        "tips/statistics/recount.py",
        "not _agrees(it, figures.least)",
        "False",
        "tests/flows/test_work_done.py::test_counts_that_a_hand_added_before_the_closing_are_named",
    ),
    Mutant(
        "a tally of somebody who is no process",
        "tips/transparency/heads.py",
        "self.roster().processes.get(tallies.process_of(signed), ())",
        "self.roster().verifiers(tallies.process_of(signed))",
        "tests/flows/test_tree_attacks.py::test_an_officer_signs_no_tally",
    ),
    Mutant(
        "a head beside one that the log signed",
        "tips/transparency/heads.py",
        "            return (found.origin, found.size) == (self.origin(), head.size)",
        "            return False and found",
        "tests/flows/test_tree_attacks.py::test_a_head_that_only_the_log_can_have_signed_is_not_signed_beside",
    ),
    Mutant(
        "a kept head that goes back",
        "bot/tree_files.py",
        "            if not heads.is_older(known, self.load()):",
        "            if True:",
        "tests/flows/test_tree_attacks.py::test_a_slow_reader_takes_no_kept_head_back",
    ),
    Mutant(
        "an event by nobody who can be one",
        "tips/cases/ledger.py",
        'not isinstance(plain["by"], str) or ',
        "",
        "tests/flows/test_tree_attacks.py::test_an_event_of_nothing_that_is_one_stops_no_case_no_page_and_no_audit",
    ),
    Mutant(
        "an hour for which an officer speaks",
        "tips/desk/audit.py",
        "            signers.check_beside(event, roster)\n",
        "",
        "tests/flows/test_tree_attacks.py::test_an_officer_speaks_for_no_hour_no_roster_and_no_period",
    ),
    Mutant(
        "a promise that nobody signed",
        "tips/transparency/filing.py",
        "    if promised:\n",
        "    if False:\n",
        "tests/flows/test_filing.py::test_a_promise_that_nobody_signed_makes_no_leaf_a_tip",
    ),
    Mutant(
        "an audit that reads the head last",
        "tips/desk/audit.py",
        "log_audit.check(clock, seen, held, now)",
        "log_audit.check(clock, await clock.believed(), held, now)",
        "tests/flows/test_tree_attacks.py::test_an_audit_beside_a_tick_misses_nothing",
    ),
    Mutant(
        "text that is no UTF-8 where tips are written",
        "storage/writer.py",
        "            self._connection.text_factory = loose_types.text_of\n",
        "",
        "tests/flows/test_tree_attacks.py::test_text_that_is_no_utf_8_in_a_tally_stops_no_tip",
    ),
)


def main(names: list[str]) -> None:
    """Try every mutant, or those whose name holds one of the words given; ends with 1 if a guard is held by nothing.

    `--passed` says that all tests have just passed, so that they are not run once more without a mutant.
    """
    passed = PASSED in names
    words = [it for it in names if it != PASSED]
    chosen = [it for it in MUTANTS if not words or any(word in it.name for word in words)]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        places: Queue[Path] = Queue()
        for number in range(AT_ONCE):
            places.put(copied(Path(folder) / f"checkout-{number}"))
        tests = {it.test for it in chosen}
        sound = tests if passed else passing(Path(folder) / "checkout-0", tests)
        found = list(pool.map(lambda it: tried(it, places) if it.test in sound else "unsound", chosen))
    for verdict, name in sorted(zip(found, (it.name for it in chosen), strict=True), key=lambda it: it[0] != "red"):
        print(f"{verdict:10} {name}")  # what is not red comes last, where it is looked for
    if set(found) != {"red"}:
        raise SystemExit(1)


def passing(place: Path, tests: set[str]) -> set[str]:
    """Those of these tests that pass while every guard stands: all at once, then each that did not by itself.

    A server that comes up late is no finding.
    """
    done = run(place, "-n", str(AT_ONCE), "-rA", *sorted(tests), seconds=SECONDS * AT_ONCE * 6)
    said = {"PASSED": set[str](), "FAILED": set[str](), "ERROR": set[str]()}
    for line in done.stdout.splitlines() if done else ():
        verdict, _, rest = line.partition(" ")
        if verdict in said:
            said[verdict].add(rest.partition(" - ")[0].partition("[")[0])
    good = (said["PASSED"] - said["FAILED"] - said["ERROR"]) & tests
    return good | {it for it in tests - good if passes(place, it)}


def tried(mutant: Mutant, places: Queue[Path]) -> str:
    """`red`: the test noticed; `green`: it did not; anything else is a mutant to be mended."""
    place = places.get()
    file = place / mutant.file
    text = file.read_text()
    try:
        if text.count(mutant.old) != 1:
            return "not found"
        file.write_text(text.replace(mutant.old, mutant.new))
        dated_anew(file)
        return "green" if passes(place, mutant.test) else "red"
    finally:
        file.write_text(text)
        dated_anew(file)
        places.put(place)


def dated_anew(file: Path) -> None:
    """Give a file a second that it never had: what is compiled of it is taken for its own by second and size."""
    second = next(SECOND)
    os.utime(file, (second, second))


def copied(place: Path) -> Path:
    """The checkout as it is, with an environment of its own that finds the same packages."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    compiled = [str(it.relative_to(ROOT)) for it in (ROOT / "locales").rglob("*.mo")]
    for name in {*listed.stdout.splitlines(), *compiled}:
        if (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name)
    (place / ".tools").symlink_to(ROOT / ".tools")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place / ".venv"], check=True)
    own = next((place / ".venv").glob("lib/python*/site-packages"))
    (own / "tinbao.pth").write_text(f"{place}\n{sysconfig.get_path('purelib')}\n")
    return place


def passes(place: Path, test: str) -> bool | None:
    """Whether a test of a copy passes; None: it could not be run."""
    done = run(place, "-x", test, seconds=SECONDS)
    return {0: True, 1: False}.get(done.returncode) if done else None


def run(place: Path, *words: str, seconds: int) -> subprocess.CompletedProcess[str] | None:
    """A copy's tests, as pytest says how they went; None: they took too long."""
    command = [place / ".venv" / "bin" / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    own = {
        key: value for key, value in os.environ.items() if not key.startswith(("TINBAO_", "VIRTUAL_ENV", "PYTHONDONT"))
    }
    try:
        return subprocess.run(command, cwd=place, env=own, capture_output=True, check=False, timeout=seconds, text=True)
    except subprocess.TimeoutExpired:
        return None


if __name__ == "__main__":
    main(sys.argv[1:])
