"""Chat with the service center: what visitors see, and the rules that hold for both sides."""
