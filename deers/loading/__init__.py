"""Many people at once into the registry: files of records (docs/deers-import.md), and invented people for measuring."""
