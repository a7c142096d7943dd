//! From the bytes of tokens to text that can be shown.
//!
//! Tokens are not characters: one may end in the middle of a UTF-8 sequence, of a stop string or of a
//! thinking tag. The assembler holds back exactly as much as it must and no more.

mod assembler;
mod stop;
mod thinking;
mod utf8;

pub use assembler::{Assembled, Assembler, Thinking};
pub use thinking::{CLOSE as THINK_CLOSE, OPEN as THINK_OPEN};
