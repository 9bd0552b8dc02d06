"""Arrow type of chat messages, as `datasets` stores them and TRL reads them: role and content."""

from __future__ import annotations

import pyarrow as pa

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
