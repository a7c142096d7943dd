//! A simulator: admission with a model of an engine and with clients of all kinds, in virtual time. A referee looks
//! at every decision. Everything follows from a seed, which every failure prints.

mod asking;
mod engine;
mod fault;
mod referee;
mod rng;
mod room;
mod scenario;
mod service;
mod tests;
mod world;
