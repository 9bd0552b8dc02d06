"""Arrow types of chat messages, as `datasets` stores them and TRL reads them: role and content, and thoughts apart."""

from __future__ import annotations

import pyarrow as pa

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
THINKING_MESSAGES = pa.list_(
    pa.struct([("role", pa.string()), ("content", pa.string()), ("reasoning_content", pa.string())])
)
"""The same with what a model thought aloud, by the name that most chat templates of reasoning models read."""
