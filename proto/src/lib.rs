//! The wire schemas of `linkage.v1` and `linkage.exchange.v1`, generated and checked in, and the conversions of the first.
//!
//! ```text
//! proto::Account ──TryFrom──► AccountDraft ──check──► Account ──From──► proto::Account
//! ```
//!
//! - [`proto`] is what the compiler made of `linkage/v1/*.proto`; the test `generated_code_is_up_to_date` makes it again
//!   and compares, and with `UPDATE=1` writes it.
//! - [`FILE_DESCRIPTOR_SET`] is for reflection.
//!
//! **Not here:** rules. A message becomes a draft, and `linkage_core::record` checks drafts of every origin.

/// Messages, enums, client and server of the package `linkage.v1`.
///
/// Messages that hold records, or are requests with records in them, print nothing in `Debug`, so that no log shows a
/// raw value.
#[allow(
    missing_docs,
    unused_qualifications,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated"
)]
pub mod proto {
    include!("gen/linkage.v1.rs");
}

/// Messages, clients and servers of the package `linkage.exchange.v1`: private matching. None of them holds a record.
#[allow(
    missing_docs,
    unused_qualifications,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated"
)]
pub mod exchange {
    include!("gen/linkage.exchange.v1.rs");
}

mod convert;
mod redacted;

#[cfg(test)]
mod tests;

pub use convert::{read_time, write_time};

/// The compiled schema with its imports, a serialised `google.protobuf.FileDescriptorSet`.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("gen/linkage.v1.bin");
