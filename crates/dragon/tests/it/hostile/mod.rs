//! A real server and a real engine against clients and accidents that wish them ill.

mod asking;
mod bad_fields;
mod bad_json;
mod browsers;
mod cancel;
mod connections;
mod containment;
mod drain;
mod engine_death;
mod field_lists;
mod half_requests;
mod keys;
mod metrics;
mod parent_death;
mod protocol;
mod queue;
mod raw;
mod routes;
mod sharing;
mod slow_reader;
mod tokenizer;
mod whitelist;
