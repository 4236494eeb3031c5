"""Samples for the previews: what each Premium page looks like, filled from the record of an invented person.

She was born in 1958 and has had type 2 diabetes for years. Treatment works: weight, blood pressure and blood sugar go
down. A sample is the context of its page, so that both go through the same template and cannot drift apart.
"""
