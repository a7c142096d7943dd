//! The whole way.
pub(crate) mod seams;
