//! Says whether a binary built for one CPU fits the CPU that it runs on.
