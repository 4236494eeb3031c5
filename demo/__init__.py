"""Everything invented: people, facts, records, their pages and their mail. Production code imports none of it."""
