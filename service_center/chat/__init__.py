"""The agents' side of the chat: the queue, a conversation, and the texts for answers."""
