"""The book for operators, followed word for word in a Debian of its own: `make test-deploy`, as root."""
