//! Kills engines under load, attacks the server, and judges every answer.
//!
//! The library is the judge ([`check`]), pure and tested with planted faults; the program `dragon-chaos` starts the
//! real server, loads it, kills its engines, and reports.

pub mod check;
