"""Model folders: embedded in a Python package, local, in an object store, or on the Hugging Face Hub.

Read first: `resolve.py` (names, the embedded model, content ids of folders). `model_store.py` brings a model from
anywhere to this machine and puts one into a store, `convert.py` makes a folder of a GGUF file, `files.py` holds
checksums and syncs.
"""
