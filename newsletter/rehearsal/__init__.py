"""What an issue would be if it were opened now: counted for every reader, and sent to none.

counts   what each block of readers adds; pure
speed    how long the mail service would take; pure
drawing  how many readers get how many papers, as bars; pure
running  goes through the readers, and keeps what was found
"""
