//! The wire between processes: .proto files, generated code and conversions.
