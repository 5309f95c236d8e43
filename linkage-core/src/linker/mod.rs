//! The façade.
pub mod batch;
