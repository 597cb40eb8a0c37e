"""What `docs/permissions.md` says of roles, pages and actions is what rules."""

from scripts import draw_permissions


def test_the_committed_permissions_are_those_that_rule() -> None:
    """Whoever changes a table draws the page anew: `make drawings`."""
    assert draw_permissions.FILE.read_text("utf-8") == draw_permissions.drawn()
