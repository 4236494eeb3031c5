"""Loading of many people into the registry.

They come from files of records (docs/deers-import.md), or are invented for measuring.
"""
