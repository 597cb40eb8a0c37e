"""Take out one guard at a time, and see that the test which claims it turns red. `make mutants` runs it.

Each mutant is a copy of the checkout with one text replaced. A mutant whose test passes is a guard that nothing holds;
a text that is not found once is a mutant that has to be written anew.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
AT_ONCE = 2  # mutants that are tried side by side
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
        "accused = wishes.joined(accused, it.wished.shut_out)",
        "accused = wishes.joined(accused, ())",
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
        "        if session.unit in reading_grants.shut_out(opened.grants):  # until",
        "        if False:  # until",
        "tests/flows/test_promises.py::test_whoever_is_shut_out_after_sending_cannot_keep_the_case_or_pass_it_on",
    ),
    Mutant(
        "whoever is shut out is shown the case",
        "tips/desk/review.py",
        "        if session.unit in reading_grants.shut_out(opened.grants):  # they",
        "        if False:  # they",
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
        "pings=tuple(replace(ping(row, PingKind.NEW, now, self.random), unit=it, kind=PingKind.NEW, after=now)"
        " for it in (row.unit, *triage.route.excluded))",
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
        "    if not any(keys.signed_by(key, signed.signature, message) for key in verifiers(event.by)):",
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
        "        lifecycle.check(bundle.case, name, session.role)",
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
        "small counts that are shown",
        "tips/desk/statistics.py",
        "return len(secret) == 1 or 0 < sum(secret) <= SMALL",
        "return False",
        "tests/unit/test_statistics.py::test_no_sum_of_a_line_gives_a_hidden_count_away",
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
        "                failed[due.id] = type(error).__name__",
        "                raise RuntimeError from error",
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
        "answers.append(None if stored else errors.Stale())",
        "answers.append(None)",
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
        "half a language spoken",
        "locales/__init__.py",
        "if it.ready and not lacking(it.code))",
        "if it.ready and _own(it.code))",
        "tests/flows/test_languages.py::test_a_catalogue_that_lacks_a_text_serves_nobody",
    ),
    Mutant(
        "a box for a sign that no font has",
        "bot/poster/faces.py",
        "        if ord(sign) in face(named).charToGlyph:",
        "        if True:",
        "tests/unit/test_poster.py::test_a_sign_that_no_font_has_is_an_error_and_no_box",
    ),
    Mutant(
        "small counts of a poster shown",
        "tips/desk/statistics.py",
        "    return [Opens(period, area, shown[period, area])",
        "    return [Opens(period, area, str(counts[period, area]))",
        "tests/flows/test_posters.py::test_the_desk_sees_opens_with_small_counts_hidden",
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
)


def main(names: list[str]) -> None:
    """Try every mutant, or those whose name holds one of the words given; ends with 1 if a guard is held by nothing."""
    chosen = [it for it in MUTANTS if not names or any(name in it.name for name in names)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(tried, chosen))
    for mutant, verdict in zip(chosen, found, strict=True):
        print(f"{verdict:10} {mutant.name}")
    if set(found) != {"red"}:
        raise SystemExit(1)


def tried(mutant: Mutant) -> str:
    """`red`: the test noticed; `green`: it did not; anything else is a mutant to be mended."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "checkout"
        copy(place)
        file = place / mutant.file
        text = file.read_text()
        if text.count(mutant.old) != 1:
            return "not found"
        if passes(place, mutant.test) is not True:
            return "unsound"
        file.write_text(text.replace(mutant.old, mutant.new))
        return "green" if passes(place, mutant.test) else "red"


def copy(place: Path) -> None:
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


def passes(place: Path, test: str) -> bool | None:
    """Whether a test of a copy passes; None: it could not be run."""
    command = [place / ".venv" / "bin" / "python", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test]
    own = {key: value for key, value in os.environ.items() if not key.startswith(("TINBAO_", "VIRTUAL_ENV"))}
    try:
        done = subprocess.run(command, cwd=place, env=own, capture_output=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return None
    return {0: True, 1: False}.get(done.returncode)


if __name__ == "__main__":
    main(sys.argv[1:])
