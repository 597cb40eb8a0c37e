"""The desk: server-rendered pages for officers, heads, overseers, admins and auditors."""
