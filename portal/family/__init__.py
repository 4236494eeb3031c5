"""Family access: whose record a person may open beside their own, and what they may do there."""
