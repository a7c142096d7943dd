//! What is written in the end: one model of all figures, as JSON, as Markdown and as HTML.

mod assemble;
mod columns;
pub mod compare;
pub mod curl;
pub mod html;
mod machine;
pub mod markdown;
pub mod model;
pub(crate) mod sentences;
mod store;
mod svg;

pub use self::assemble::{Run, assemble};
pub use self::store::{StoreError, read, write};
