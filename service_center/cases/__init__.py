"""Cases at the desk: the reviewers' queue, and the comparison with DEERS."""
