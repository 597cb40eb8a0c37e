"""Facts, as data: each file names its source and date."""
