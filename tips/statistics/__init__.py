"""Counts that are published: each period is closed once, and nobody learns a small count from all that was ever told.

The way of a figure: a month is over, and everything is counted in `cells`, zeros too, with the sums that tie them
(margins, a district and its wards, a group and its categories; over time by `periods`). `suppression` hides what is
small, and as much more as it takes. It asks a `program`, the attacker's: all tables that agree with what is published.
Where that has, for a small cell, no table with 0 in it or none with k - 1, the cheapest change that gives one is
hidden as well. What comes of it is frozen: every page and export shows this, and a later period has to fit. `audit`
proves it, and can look at all that is frozen at any time.

What an attacker is taken to know:

- every cell that was ever shown, all sums, and how this is done;
- of each hidden cell, whether it is small. Its mark says so: "<k", or "hidden", which is k or more. Two marks serve
  readers better than one, for most hidden cells are small, and "fewer than 5" is an answer. They are also safer to
  reason about: who knows the method could often guess which is which, and so the proof gives it to the attacker.
- no hidden cell that is not small needs protection, as its count could have been shown: such cells get no interval of
  their own. What knowing one more closely would tell of small ones is in the proof.

What each small cell is promised: its protection interval is 0 to k - 1, whole. Both ends have a *witness*, a table that
agrees with everything published. Mixing two witnesses gives one for whatever lies between.

Who reckons in whole tips could know more: a witness may have halves in it where three tables meet (area, group and
time); one table of areas by groups is totally unimodular, and has none. The tests' attacker reckons in whole numbers.

Terms as in Hundepool et al., *Statistical Disclosure Control* (2012); the auditing problem and its programs as in
Fischetti and Salazar-Gonzalez (2000), Kelly, Golden and Assad (1992), Cox (1980, 1995).
"""
