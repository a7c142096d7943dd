//! Spawns engine processes, talks to them, restarts them.
