"""The staff's figures: counted a day at a time, kept as groups of people too large to tell one, and shown as charts."""
