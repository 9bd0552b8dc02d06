"""Parts that engines share: child processes, hardware, settings, token offsets, the weights that answer.

Read first: `engine_process.py` (no engine process outlives its actor; `orphan_guard.py` is the watcher it starts).
`vllm_settings.py` holds the vLLM engine's config, `token_ends.py` where sampled tokens end in the text, `samples.py`
makes completions of vLLM's samples, `prompt_ids.py` remembers prompts, `weights.py` the swap of weights between calls,
`stand_in.py` what engines without a model share.
"""
