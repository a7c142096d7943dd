//! The pages of a report, from made-up figures: what is in them, and what a person sees in a browser.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "how tests fail")]

mod browser;
mod comparison;
mod made_up;
mod pages;
