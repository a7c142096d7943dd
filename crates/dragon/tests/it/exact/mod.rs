//! What a client asks for is what it gets, to the token: the real server and its real engine, with the tiny
//! model whose answers are known from elsewhere, and at the end with the default model.

mod answers;
mod choices;
mod context;
mod deadlines;
mod defaults;
mod distribution;
mod greedy;
mod length;
mod logprobs;
mod penalties;
mod prefixes;
mod real_model;
mod seeds;
mod settings;
mod stops;
mod streams;
mod thinking;
