"""Everything invented: people, facts and records, their pages and their mail. Production code imports none of it."""
