//! What holds for the crate as a whole.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its input has failed")]

mod layers;
mod tokens;
mod world;
