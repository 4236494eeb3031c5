"""The pages of cases: for the person who asked, and for the reviewers."""
