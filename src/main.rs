//! The command line: hands its arguments to the library, returns its exit code.

fn main() {}
