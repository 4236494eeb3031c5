"""The ground floor, which every room may use and which knows no other room.

It holds numbers, form fields, template tags, words and paper.
"""
