//! `Debug` of messages that carry raw values: the name of the message and nothing else.
//!
//! The generator leaves `Debug` out for exactly these, see `tests.rs`.

use std::fmt;

use crate::proto;

impl fmt::Debug for proto::ingest_request::Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").finish_non_exhaustive()
    }
}

macro_rules! redacted {
    ($($message:ident)*) => {
        $(impl fmt::Debug for proto::$message {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($message)).finish_non_exhaustive()
            }
        })*

        /// Full names of the messages, for the generator.
        #[cfg(test)]
        pub(crate) const MESSAGES: &[&str] = &[$(concat!(".linkage.v1.", stringify!($message))),*];
    };
}

redacted! {
    Account Person Registration Document Address Handle Payment Tracker Image Attribute Listing Price Enforcement Right
    IngestRequest ResolveRequest BatchResolveRequest SearchRequest Hit ReviewRequest Judgement
}
