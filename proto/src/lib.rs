//! The wire schema of linkage.v1, generated and checked in, and its conversions
