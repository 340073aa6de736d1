"""The page of a conversation: its rows, what comes out of it, and a way to send.

Rows are the only source of messages. `announcements` only says up to which number messages were published, so a client
that lost its connection goes on from the number it has.
"""
