//! Test support: a tiny generated model, a server harness.
