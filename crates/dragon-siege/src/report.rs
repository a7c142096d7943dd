//! What is written in the end: one model of all figures, as JSON, as Markdown and as HTML.

pub mod curl;
pub mod model;
