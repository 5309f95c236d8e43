//! The gRPC service
