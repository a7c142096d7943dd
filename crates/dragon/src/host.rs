//! What the machine, or the part of it that this process may use, has to offer.

mod files;
mod memory;

pub(crate) use files::{FilesLimit, raise_files_limit};
#[cfg(test)]
pub(crate) use memory::Bound as MemoryBound;
pub(crate) use memory::{Available, available_memory};
