"""Runs where it is asked for: it needs root, and some minutes."""

import os

if not os.environ.get("TINBAO_TEST_DEPLOY"):
    collect_ignore_glob = ["test_*.py"]
