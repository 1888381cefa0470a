"""What parsers of foreign content raise: HTML and styles with people's words in them, files that people handed in.

Their documented errors are a part of it. On broken input they also stumble (a missing key, an object of another type, a
packed stream cut short), and all of that says the same: not readable. What says something else passes: no memory, a
recursion without end (both end the process, a fresh one tries again), errors of the database.
"""

import struct
import zlib

FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    SyntaxError,  # of xml.etree and Pillow
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
