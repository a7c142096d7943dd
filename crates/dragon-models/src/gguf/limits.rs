//! How much a header may hold. Each limit is far above what published models need and low enough that a
//! hostile file costs little.

/// Bytes from the start of the file to the end of the tensor infos. The largest vocabularies published
/// (262,144 tokens with merges) take about 20 MB.
pub const MAX_HEADER_BYTES: u64 = 128 * 1024 * 1024;

/// Keys with values. Published models have 20 to 60.
pub const MAX_KEYS: u64 = 4_096;

/// Tensors. The largest mixtures of experts have about 2,000; infos are kept, at about 100 bytes each.
pub const MAX_TENSORS: u64 = 16_384;

/// Bytes of a key. The specification says 65,535; real ones have less than 100.
pub const MAX_KEY_BYTES: u64 = 1_024;

/// Bytes of a tensor's name: llama.cpp holds no longer one.
pub const MAX_TENSOR_NAME_BYTES: u64 = 63;

/// Bytes of one text value. The longest chat templates are near 30 kB.
pub const MAX_TEXT_BYTES: u64 = 1024 * 1024;

/// Bytes of all text values together, because they are kept in memory.
pub const MAX_KEPT_TEXT_BYTES: u64 = 4 * 1024 * 1024;

/// Elements of an array. They are counted, not kept; merges of large vocabularies come to half a million.
pub const MAX_ARRAY_ELEMENTS: u64 = 4 * 1024 * 1024;

/// Bytes of a text within an array: a token of a vocabulary. The longest real ones are runs of spaces.
pub const MAX_TOKEN_TEXT_BYTES: u64 = 64 * 1024;

/// Integers that [`super::read_integers`] fetches at most: one per layer, and no model has so many.
pub const MAX_FETCHED_INTEGERS: u64 = 4_096;

/// Dimensions of a tensor: ggml knows four.
pub const MAX_DIMENSIONS: u32 = 4;

/// Alignment of tensors in bytes. Files use 32; a page is the most that makes sense.
pub const MAX_ALIGNMENT: u64 = 65_536;

/// Every tensor must start at a multiple of this, in bytes from the start of the file: ggml maps the file
/// into memory, and aborts where a buffer is not aligned so.
pub const MAPPED_ALIGNMENT: u64 = 32;

/// Alignment where the file names none.
pub const DEFAULT_ALIGNMENT: u64 = 32;
