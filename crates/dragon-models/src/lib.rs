//! Model files: the bounded GGUF reader, digests, memory estimates.
