"""The desks that answer what people ask for: the pharmacy's, and the one that plans visits."""
