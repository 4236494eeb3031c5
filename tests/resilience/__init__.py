"""Everything is killed while people and operators are at work. Then the database is read, and nothing may be lost.

`./run chaos` does it once for each kind of trouble, on a deployment of its own, and says what it found. The test does
it at random moments. One process has the people (`at_work.py`), with the settings of the site, and another one makes
the trouble (`trouble.py`), so that no trouble hits who counts.
"""
