# What a firmware can do and how it words things. Feature code asks the profile, never the chip's
# name. once/start.py picks one from the rows it has and refines it by what the module answers.


class Profile:
    """name: the family; version: (major, minor) of AT. passive: the command that selects passive
    receive, None where there is none. send_max: most bytes of one AT+CIPSEND. sendl: it has
    AT+CIPSENDL."""
