"""One pass over a table of any size: `files` where they lie, `datasets` of a workspace."""
